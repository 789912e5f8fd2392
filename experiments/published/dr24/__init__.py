"""How far a shock spreads through a restaking network."""

from ..experiment import Experiment, Level, Origin
from .figure import draw
from .run import run

EXPERIMENT = Experiment(
    id="dr24",
    title="Robust restaking networks: slack bounds what a shock takes down",
    citation=(
        "N. Durvasula, T. Roughgarden (2025), Robust Restaking Networks, ITCS, LIPIcs 325, 48:1-48:21, "
        "https://doi.org/10.4230/LIPIcs.ITCS.2025.48; arXiv:2407.21785"
    ),
    level=Level.NUM,
    question=(
        "Stake that secures many services can be worth attacking. How much dearer than its prizes must every attack be "
        "so that a small loss stays small? With ten percent of slack losing a thousandth takes less than 1.1 percent."
    ),
    switched_off="Everything but operators, services and their edges. Uses model.security, in exact arithmetic.",
    parameters={"seed": 7, "graphs": 1_500, "psi": "1/5"},
    run=run,
    draw=draw,
    short={"graphs": 200},
    seconds=40.0,
    notes=(
        "The vectors are the paper's constructions in exact fractions. Theorem 5, the guarantee for a part of the "
        "network against stable attacks, is not judged: the definition of an attack header was not to be had."
    ),
    origins={
        "Durvasula": Origin.FORMULA,
        "Durvasula, Roughgarden (2025), theorem 1, corollary 2, claim 1": Origin.PUBLISHED,
    },
)
