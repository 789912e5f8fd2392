"""When is a staking reward fair?"""

from ..experiment import Experiment, Level, Origin
from .figure import draw
from .run import run

EXPERIMENT = Experiment(
    id="fair",
    title="Fairness of staking rewards: how small a block reward has to be",
    citation=(
        "Y. Huang, J. Tang, Q. Cong, A. Lim, J. Xu (2021), Do the rich get richer? Fairness analysis for blockchain "
        "incentives, SIGMOD, https://doi.org/10.1145/3448016.3457285"
    ),
    level=Level.NUM,
    question=(
        "How likely is it that a staker's share stays where it began? With rewards small against the stake very; that "
        "is why compounding in an LRT of thousands of validators is fair and a jackpot is not."
    ),
    switched_off="Everything but one staker, its stake and constant rewards. Uses model.urn.",
    parameters={"seed": 1, "share": 0.2, "tolerance": 0.1, "failure": 0.1, "runs": 4_000, "steps": 4_000},
    run=run,
    draw=draw,
    short={"runs": 1_000, "steps": 2_000},
    seconds=2.0,
    origins={
        "Huang": Origin.FORMULA,
    },
)
