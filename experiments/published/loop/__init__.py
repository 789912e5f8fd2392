"""Leverage staking: what loops earn, where they are liquidated, and whom their liquidation takes along."""

from ..experiment import Experiment, Level, Origin
from .figure import draw
from .run import run

EXPERIMENT = Experiment(
    id="loop",
    title="Leverage staking: beyond a critical share of loops, a sale liquidates everybody",
    citation=(
        "X. Xiong, Z. Wang, X. Chen, W. Knottenbelt, M. Huth (2023), Leverage Staking with Liquid Staking Derivatives "
        "(LSDs): Opportunities and Risks, https://arxiv.org/abs/2401.08610"
    ),
    level=Level.NUM,
    question=(
        "Who is hurt when leveraged holders are liquidated? With few loops a sale liquidates a handful of borrowers; "
        "beyond a critical share the loops' own liquidations sell into the pool that prices everybody's collateral, "
        "and ordinary borrowers go with them. Rules that let a liquidator act only when it pays, an oracle that looks "
        "at more than one pool, and arbitrage between two liquidations keep it at a handful."
    ),
    switched_off=(
        "Stakers, redemption and everything else of a run. Uses model.markets.leverage, model.kernels.debts and "
        "model.markets.contagion; the last table is a day of the run's own trading rounds (model.kernels.trading)."
    ),
    parameters={"seed": 1, "seeds": 60, "loops": (0, 5, 10, 20, 50), "relational_sale": 203_000.0},
    run=run,
    draw=draw,
    short={"seeds": 20},
    seconds=4.0,
    notes=(
        "The paper's stress figures rest on chain data of 2020 to 2023; the table of sales against loops is a "
        "deterministic construction on its mechanism (one StableSwap pool, Aave's terms of the time, spot price as the "
        "oracle after every sale). The paper's counts of positions differ between its versions (262 in the first, 442 "
        "in the last) and are not reproduced."
    ),
    origins={
        "section 4": Origin.FORMULA,
        "sections 7 and 9, construction": Origin.CONSTRUCTION,
        "model rules": Origin.CONSTRUCTION,
    },
)
