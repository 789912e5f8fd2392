"""Several shared-security providers: the weakest one against all of them pooled."""

from ..experiment import Experiment, Level, Origin
from .figure import draw
from .run import run

EXPERIMENT = Experiment(
    id="ssp",
    title="Several shared-security providers: a service is as safe as the weakest, or as all of them pooled",
    citation=(
        "A. Nag, D. Bodani, A. Kumar (2025), Economic Security of Multiple Shared Security Protocols, "
        "https://arxiv.org/abs/2505.03843"
    ),
    level=Level.REL,
    question=(
        "What does a service gain by taking security from several providers? Kept apart, an attacker needs only the "
        "weakest of them; pooled, it needs its share of everything."
    ),
    switched_off=(
        "Everything but operators, stakes and one service. Uses model.security: the exact slack, the best attack and "
        "the certificate."
    ),
    parameters={"seed": 1, "seeds": 60, "operators": 3, "fewest": 2, "most": 5, "largest": 30},
    run=run,
    draw=draw,
    short={"seeds": 20},
    seconds=3.0,
    notes=(
        "Only the abstract and the introduction were to be had: the two architectures are built here as restaking "
        "networks, on providers that this experiment draws, and their costs are what the search for attacks finds. "
        "Utility bounds and the market equilibrium are not repeated."
    ),
    origins={
        "Nag": Origin.PUBLISHED,
        "definition of the cost": Origin.CONSTRUCTION,
    },
)
