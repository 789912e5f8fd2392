"""A disappointing token plan meets closed withdrawals, loops and a choice of oracles."""

from ..experiment import Experiment, Level, Origin
from .figure import draw
from .run import run

EXPERIMENT = Experiment(
    id="ezeth",
    title="Incentive disappointment and the depeg of April 2024: oracle, redemption and depth decide who is liquidated",
    citation=(
        "H. O. Sevim, C. F. Torres (2026), Financial Dynamics and Interconnected Risk of Liquid Restaking, "
        "https://arxiv.org/abs/2604.03274, and press of 24 April 2024, "
        "https://dlnews.com/articles/defi/renzos-ezeth-loses-ether-peg-drops-79-in-under-one-hour"
    ),
    level=Level.REL,
    question=(
        "Who is hurt when holders of a token without withdrawals are disappointed? Lenders whose oracle averages "
        "over venues liquidate only the most leveraged; redemption that is open, or a deeper pool, makes the discount "
        "smaller and shorter."
    ),
    switched_off="Random hazards. Runs of the scenario depeg-2024, forked before the sales.",
    parameters={"seed": 1, "seeds": 60, "stakers": 2_000, "fork_day": 76, "sold": 0.012},
    run=run,
    draw=draw,
    short={"seeds": 4, "stakers": 1_000},
    seconds=150.0,
    known_misses=("a pool twice as deep", "a pool half as deep"),
    notes=(
        "The rules on pools twice and half as deep miss their 59 of 60 seeds: some waves stop where patient buyers or "
        "the sellers' own limits stand, at the same price whatever the depth. "
        "Branches share their past: they are forked from the same run before withdrawals matter, and differ in one "
        "thing each. The price that counts as the spot low is the pool's lowest of the day, the oracle's low is what "
        "the lending market read. Loans are of ETH, as in the markets whose liquidations were reported. "
        "Leverage is collateral over equity at NAV when the first liquidation of a day came."
    ),
    origins={
        "definition": Origin.FORMULA,
        "press": Origin.PUBLISHED,
    },
)
