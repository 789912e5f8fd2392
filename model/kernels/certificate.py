"""The certificate of a restaking network on every day of a run, compiled.

The same as :func:`..security.certificate.certificate_of_arrays` on the network that a run writes, without building it;
a test compares them.
"""

import numpy as np

from .._compile import compiled

PROFIT_SHARE, THRESHOLD = 0.01, 1.0 / 3.0
"""What an attack on a service brings over the ETH that answers to it, where nothing else is said, and the share of
stake that it takes (assumptions)."""
MOST_SLACK = 100.0
"""Slack that stands for "nothing to attack": no service has stake behind it."""


@compiled
def certified_slack(stake, secured, profit_share, threshold):
    """Largest slack gamma* that the per-operator condition certifies, at most :data:`MOST_SLACK`.

    Corollary 2 of Durvasula and Roughgarden (2025), arXiv:2407.21785, with a profit from corruption in proportion to
    the ETH that answers to a service.

    Args:
        stake: (O,) ETH delegated to each operator.
        secured: (O, S) ETH of each operator that answers to each service; an edge where it is positive.
        profit_share: (S,) profit of an attack over the ETH that answers to each service.
        threshold: share of a service's stake that suffices for an attack.
    """
    operators, services = secured.shape
    price = np.zeros(services)
    for s in range(services):
        behind, answering = 0.0, 0.0
        for o in range(operators):
            if secured[o, s] > 0.0:
                behind += stake[o]
                answering += secured[o, s]
        if behind > 0.0:
            price[s] = profit_share[s] * answering / (threshold * behind)
    slack = MOST_SLACK
    for o in range(operators):
        load = 0.0
        for s in range(services):
            if secured[o, s] > 0.0:
                load += price[s]
        if load > 0.0 and stake[o] > 0.0:
            slack = min(slack, 1.0 / load - 1.0)
    return slack
