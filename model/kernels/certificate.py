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
def certified_slack(stake, secured, profit_share, threshold, own):
    """Largest slack gamma* that the per-operator condition certifies, at most :data:`MOST_SLACK`, and who binds it.

    Corollary 2 of Durvasula and Roughgarden (2025), arXiv:2407.21785, with a profit from corruption in proportion to
    the ETH that answers to a service.

    Args:
        stake: (O,) ETH delegated to each operator.
        secured: (O, S) ETH of each operator that answers to each service; an edge where it is positive.
        profit_share: (S,) profit of an attack over the ETH that answers to each service.
        threshold: share of a service's stake that suffices for an attack.
        own: (O,) written: the slack that each operator's own condition allows; gamma* is the smallest.

    Returns:
        gamma* and the index of the first operator that binds it, -1 when nothing does.
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
    slack, binding = MOST_SLACK, -1
    for o in range(operators):
        load = 0.0
        for s in range(services):
            if secured[o, s] > 0.0:
                load += price[s]
        own[o] = MOST_SLACK
        if load > 0.0 and stake[o] > 0.0:
            own[o] = min(MOST_SLACK, 1.0 / load - 1.0)
        if own[o] < slack:
            slack, binding = own[o], o
    return slack, binding
