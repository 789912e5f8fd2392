"""Paying for restaking security: a concave adversary, rewards chosen greedily, operators that rebalance."""

from ..experiment import Experiment, Level, Origin
from .figure import draw
from .run import run

EXPERIMENT = Experiment(
    id="cp24",
    title="Paying for restaking security: attacks stay small when prizes add up to less than their sum",
    citation=(
        "T. Chitra, M. Pai (2024), How much should you pay for restaking security?, https://arxiv.org/abs/2408.00928; "
        "regret: T. Chitra (2024), https://warpcast.com/pinged/0x559e8896"
    ),
    level=Level.REL,
    question=(
        "How much security does a service have to buy? Less than the certificate asks for, if attackers cannot sell "
        "everything at once: then attacks stay small however large the network, cascades end early, and modest rewards "
        "in the right places make a few services at a time safe."
    ),
    switched_off=(
        "Everything but the network, and stake that follows rewards. Uses model.security.submodular, "
        "model.security.rewards and model.security.rebalancing, by enumeration."
    ),
    parameters={
        "seed": 1,
        "seeds": 60,
        "powers": ("1", "3/4", "1/2", "1/4"),
        "degree": 3,
        "sizes": (4, 8, 12, 16),
        "cover": "5/4",
        "cascade_size": 6,
        "cascade_cover": "3/2",
        "paid_size": 5,
        "paid_degree": 2,
        "paid_cover": "3/5",
        "paid_spread": 0.4,
        "paid_power": "1/2",
        "at_once": 3,
        "unit": 25,
        "operators": 20,
        "services": 6,
        "rounds": 6_000,
        "yield_per_round": 0.02,
        "volatility": 0.3,
    },
    run=run,
    draw=draw,
    short={},
    seconds=45.0,
    notes=(
        "Only the abstract, the introduction and the author's public summary were to be had: no constant, parameter or "
        "figure of the paper is compared, and its theorems are not checked. Ours are the profit, a power of the sum of "
        "the prizes with the smallest prize as the unit; the bound on the size of attacks that follows from it; the "
        "random networks; rewards as a submodular cover (Wolsey 1982) with stake that follows them in proportion; and "
        "the game of rebalancing. That cascades do not get longer at a lower power holds for every network, since "
        "fewer attacks pay; that they get shorter, and by how much, does not. Each round of a cascade is judged by "
        "itself: had the attackers of all rounds to sell together, cascades would be shorter still. Sizes and levels "
        "were chosen on seeds from 1001 on, so that attacks and cascades exist at power 1, and the rules set then; the "
        "60 seeds of the run were not looked at. Rebalancing makes regret flat, not attacks rare: stake that leaves a "
        "service for better rewards can open it to attack, and in this game services are attacked more often with "
        "rebalancing than without (table regret_slopes)."
    ),
    origins={
        "Chitra, Pai": Origin.PUBLISHED,
        "bound derived here": Origin.CONSTRUCTION,
        "Nemhauser": Origin.PUBLISHED,
        "Chitra (2024)": Origin.PUBLISHED,
        "Freund": Origin.PUBLISHED,
    },
)
