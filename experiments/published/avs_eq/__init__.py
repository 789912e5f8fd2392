"""Budgets of AVSs split by allocation: the equilibrium, and what more stake or a higher degree changes."""

from ..experiment import Experiment, Level, Origin
from .figure import draw
from .run import run

EXPERIMENT = Experiment(
    id="avs-eq",
    title="Proportional AVS rewards: more stake divides a fixed budget, more restaking changes nothing",
    citation=(
        "G. Tullock (1980), Efficient rent seeking, the contest behind rewards pro rata to allocation; N. Durvasula, "
        "T. Roughgarden (2024), Robust restaking networks, https://arxiv.org/abs/2407.21785, and public simulations, "
        "https://github.com/Risk-Aware-Restaking/simulations, which find best responses by search"
    ),
    level=Level.NUM,
    question=(
        "Where do operators put their stake when services pay pro rata? In proportion to the budgets; every allocated "
        "unit earns the same, so restaking it once more dilutes as much as it adds."
    ),
    switched_off=("Slashing, capacity, tastes and all of the operators' other motives. Uses model.contest."),
    parameters={
        "seed": 1,
        "starts": 10,
        "rounds": 60,
        "degrees": (1.0, 1.5, 4.0, 16.0),
        "stakes": (0.5, 1.0, 2.0, 4.0),
    },
    run=run,
    draw=draw,
    short={"starts": 3},
    seconds=3.0,
    notes=(
        "The closed form follows from the concavity of each operator's reward; with unequal caps by degree there is "
        "none that is known."
    ),
    origins={
        "v = 2": Origin.FORMULA,
        "converges": Origin.FORMULA,
        "independent": Origin.FORMULA,
        "equal reward": Origin.FORMULA,
    },
)
