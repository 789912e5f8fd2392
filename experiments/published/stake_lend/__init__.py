"""Stake or lend: where the stake goes when lending pays."""

from ..experiment import Experiment, Level, Origin
from .figure import draw
from .run import run

EXPERIMENT = Experiment(
    id="stake-lend",
    title="Staking against lending: a transition at equal yields, and rewards that keep the stake",
    citation=(
        "T. Chitra (2021), Competitive equilibria between staking and on-chain lending, Cryptoeconomic Systems, "
        "https://arxiv.org/abs/2001.00919"
    ),
    level=Level.REL,
    question=(
        "What happens to the security of a chain when lending its token pays more than staking it? The stake leaves, "
        "gently where holders fear risk and at once where they do not: restaking against DeFi yields in small."
    ),
    switched_off=(
        "Everything but mean-variance holders between a staking reward and a lending pool. Uses model.portfolio."
    ),
    parameters={
        "seed": 1,
        "seeds": 60,
        "holders": 400,
        "rewards": 0.03,
        "base_rate": 0.01,
        "slope": 0.12,
        "staking_variance": 0.02,
        "lending_variance": 0.03,
        "aversion": 0.5,
        "aversion_sigma": 0.6,
        "demands": (0.02, 0.05, 0.1, 0.2, 0.3, 0.4),
        "years": 18,
    },
    run=run,
    draw=draw,
    short={"seeds": 20},
    seconds=8.0,
    notes=(
        "The paper's parameter values were not to be had: the smallest model with its mechanism, rules instead of "
        "numbers, over seeds that draw the holders' risk aversions. How much stake leaves depends on ours: with "
        "holders four times as averse, and four halvings instead of six, a quarter leaves and not a third."
    ),
    origins={
        "Chitra": Origin.PUBLISHED,
    },
)
