"""Splitting one operator into two before an attack: when it pays."""

from ..experiment import Experiment, Level, Origin
from .figure import draw
from .run import run

EXPERIMENT = Experiment(
    id="sybil",
    title="Sybil-proofness: splitting an operator pays where the network is uneven, under either rule of slashing",
    citation=(
        "T. Chitra, P. Penna, M. Schneider (2025), On Sybil-proofness in Restaking Networks, "
        "https://arxiv.org/abs/2509.18338"
    ),
    level=Level.REL,
    question=(
        "Does it pay to run one operator as two, so that one attacks and the other keeps its stake, or both attack? "
        "Not where all services give way at once; where some give way earlier, the attack has stake to spare on them."
    ),
    switched_off="Everything but one attack on a random network. Uses model.security.sybil.",
    parameters={
        "seed": 1,
        "seeds": 60,
        "sizes": (200, 800, 3200, 12800, 51200),
        "heterogeneity": (0.0, 0.025, 0.05, 0.1),
        "services": 16,
        "density": 0.5,
        "threshold": 1.0 / 3.0,
        "large": 0.05,
    },
    run=run,
    draw=draw,
    seconds=12.0,
    notes=(
        "Only the abstract and summaries by others were to be had. The marginal rule is the one that a public summary "
        "gives. The multiplicative rule (the same slashing of a group, shared by stake), the coalition, the sharing of "
        "prizes, the edges of the block model and all numbers are ours, as model.security.sybil says; the theorems "
        "themselves are not checked. That neither rule stops both kinds of attack is shown on the block model only, "
        "and for these two rules, not for every rule. The operator that splits is one of four large ones, added to the "
        "random graph: two of each block, which secure all services of their block. Its gains vanish on Erdos-Renyi "
        "graphs because it is large beside the random differences between services: a tiny operator is never missed "
        "in an attack of many, and can keep its stake out of it on any network. And two identities that both attack "
        "gain under marginal slashing because few attackers secure exactly the same services; in a group of k the "
        "gain falls as 1/k. (It has 2 to 3 members on average; the third is why one attacker gains more under the "
        "marginal rule at the largest size.) Where one of two attacks, the operator chooses the sizes. If it could "
        "only split into equal halves, it would gain 0.7 % of its stake in the largest block model on average and not "
        "28 %: the attack there can do without 45 % of its stake, not without half. There is no short variant: 12 "
        "seeds are too few for the mean gain on Erdos-Renyi graphs to fall at every step (0.103, 0.023, 0.025, 0.009, "
        "0.003)."
    ),
    origins={
        "Chitra": Origin.PUBLISHED,
        "slashing by stake as defined here": Origin.CONSTRUCTION,
    },
)
