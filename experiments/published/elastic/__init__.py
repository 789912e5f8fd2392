"""Stake that stretches: how much of it elastic restaking needs, and what it withstands."""

from ..experiment import Experiment, Level, Origin
from .figure import draw
from .run import run

EXPERIMENT = Experiment(
    id="elastic",
    title="Elastic restaking networks: least stake, largest budget, and sharing with the base chain",
    citation=(
        "R. Bar-Zur, I. Eyal (2025), Elastic Restaking Networks, ACM CCS, https://arxiv.org/abs/2503.00170; authors' "
        "code https://github.com/roibarzur/elastic-restaking-networks-code"
    ),
    level=Level.NUM,
    question=(
        "How often should stake be restaked? More degrees stand against a larger purse and fall off a cliff earlier "
        "when services misbehave."
    ),
    switched_off="Everything but equal validators on equal services. Uses model.security.elastic.",
    parameters={"seed": 1, "grid": 0.01, "general": True},
    run=run,
    draw=draw,
    short={"grid": 0.05, "general": False},
    seconds=10.0,
    notes=(
        "Figure 8, a base service with a threshold of its own, is not repeated; the general network tool, which it "
        "needs, is compared with the symmetric formula at three validators and three services instead, as in figure 7."
    ),
    origins={
        "Bar-Zur": Origin.FORMULA,
        "closed form": Origin.FORMULA,
    },
)
