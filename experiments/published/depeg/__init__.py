"""A wave of sales with redemption closed and open: the depeg of April 2024 as a mechanism."""

from ..experiment import Experiment, Level, Origin
from .figure import draw
from .run import run

EXPERIMENT = Experiment(
    id="depeg",
    title="Redemption closed or open: the same sales, a depeg or a dip",
    citation=(
        "What is published is the history: Bankless (2024), Renzo madness, https://www.bankless.com/renzo-madness; "
        "LRT supplies by day, https://github.com/EconoDLT/RestakingDynamics and https://arxiv.org/abs/2604.03274; "
        "risk desks on LRTs that redeem, https://governance.aave.com/t/arfc-updating-weeth-risk-parameters/17402"
    ),
    level=Level.DIST,
    question=(
        "How deep does an LRT fall when its holders sell and nobody can redeem? With the same sales and the same noise "
        "a closed redemption leaves the price to pools and patient buyers; beyond what they take it falls through."
    ),
    switched_off=(
        "Hazards and all other LRTs; lending, so that nobody is liquidated. The scenario depeg-2024 on the whole "
        "model: stakers, pools, arbitrage, patient capital, redemption."
    ),
    parameters={
        "seed": 1,
        "seeds": 20,
        "sold": 0.012,
        "crash_sold": 0.05,
        "map_seeds": 3,
        "map_sold": (0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1),
        "map_depth": (0.0025, 0.005, 0.01, 0.02, 0.04),
        "map_patient": (0.0, 0.01, 0.04),
    },
    run=run,
    draw=draw,
    short={
        "seeds": 6,
        "map_seeds": 1,
        "map_sold": (0.002, 0.02, 0.1),
        "map_depth": (0.005, 0.01, 0.02),
        "map_patient": (0.0, 0.01, 0.04),
    },
    seconds=120.0,
    notes=(
        "The wave itself is set: every holder wants 1.2 % of its position out in a day, at any price while redemption "
        "is closed, down to what waiting costs it while redemption is open. What follows is not set. A crash of ETH is "
        "stood in for by a wave four times as large, since nothing here is priced in dollars. The accepted ranges are "
        "those of the stylised facts of the 2024 season, fixed before any run. Supply does not stand still here: in a "
        "world of one LRT all who hear of restaking come to it; in the 2024 season, with five, ezETH's supply moves by "
        "one percent in the thirty days after its depeg (restaking validate, SF08b30)."
    ),
    known_misses=("change of supply in 30 days, redemption closed (median of absolute values)",),
    origins={
        "hourly means": Origin.PUBLISHED,
        "weETH, wstETH": Origin.PUBLISHED,
        "daily supplies": Origin.PUBLISHED,
        "": Origin.CONSTRUCTION,
    },
)
