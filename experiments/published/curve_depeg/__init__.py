"""The discount of stETH in June 2022, read off the balances of its pool."""

from ..experiment import Experiment, Level, Origin
from .figure import draw
from .run import run

EXPERIMENT = Experiment(
    id="curve-depeg",
    title="stETH in June 2022: the pool's balances tell the discount",
    citation=(
        "M. Egorov (2019), StableSwap, https://curve.finance/files/stableswap-paper.pdf; Nansen (2022), On-chain "
        "forensics: demystifying stETH's de-peg, "
        "https://www.nansen.ai/research/on-chain-forensics-demystifying-steth-depeg; ForkLog (2022), "
        "https://forklog.com/en/news/since-early-may-the-largest-steth-liquidity-pool-has-shrunk-sevenfold"
    ),
    level=Level.NUM,
    question=(
        "How far does a staking token fall when its pool runs one-sided and nobody can redeem? The balances decide; "
        "with redemption the fall ends where waiting pays."
    ),
    switched_off=(
        "Everything but one pool and those who sell into it. Uses model.markets.stableswap, the pool in which every "
        "LRT trades, and its best arbitrage."
    ),
    parameters={
        "seed": 1,
        "amplification": 50.0,
        "fee": 0.0004,
        "start_eth": 800_000.0,
        "end_eth": 111_300.0,
        "end_steth": 491_000.0,
        "days": 40,
        "required_return": 0.20,
        "queue_days": 14.0,
    },
    run=run,
    draw=draw,
    seconds=2.0,
    notes=(
        "Balances between the reported dates are not seen: withdrawals and sales are spread evenly in the logarithm "
        "from an even pool of 1.6 million ETH in early May to the balances reported in mid-June, which does not touch "
        "the compared numbers. Withdrawals were closed in 2022; the twin with redemption is a counterfactual at a "
        "required return of 20 % a year and a queue of 14 days."
    ),
    origins={
        "ForkLog": Origin.PUBLISHED,
        "Egorov": Origin.FORMULA,
        "Nansen (2022)": Origin.PUBLISHED,
        "Nansen (2022): low": Origin.FORMULA,
        "does not fit": Origin.CONSTRUCTION,
        "no-arbitrage bound": Origin.CONSTRUCTION,
    },
)
