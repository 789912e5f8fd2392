"""The EigenLayer condition: a network that meets it could be taken apart into separate systems."""

from ..experiment import Experiment, Level, Origin
from .figure import draw
from .run import run

EXPERIMENT = Experiment(
    id="cert",
    title="The per-operator certificate: what it certifies could be had by separate stakes",
    citation=(
        "EigenLayer (2023), EigenLayer: The Restaking Collective, appendix B; N. Durvasula, T. Roughgarden (2024), "
        "Robust Restaking Networks, https://arxiv.org/abs/2407.21785; A. Mamageishvili, B. Sudakov (2025), The Cost of "
        "Secure Restaking vs. Proof-of-Stake, https://arxiv.org/abs/2505.24440"
    ),
    level=Level.NUM,
    question=(
        "Does restaking save capital? Not where the certificate holds: the stake of each operator can be divided among "
        "its services so that each has what it would need alone. Networks that are secure without the certificate can "
        "do with less, but mostly because operators cannot be divided."
    ),
    switched_off="Everything but the network. Uses model.security.certificate and model.security.attacks, exactly.",
    parameters={"seed": 1, "networks": 2_000, "small": 600},
    run=run,
    draw=draw,
    short={"networks": 300, "small": 120},
    seconds=8.0,
    notes=(
        "The constants of the square-root bounds of Mamageishvili and Sudakov are not reproduced. Coverage above one "
        "is not a saving by itself: one operator of stake 1 alone on a service with prize 1 and threshold 1/3 is "
        "exactly secure at three."
    ),
    origins={
        "Durvasula": Origin.PUBLISHED,
        "": Origin.CONSTRUCTION,
    },
)
