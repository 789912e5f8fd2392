"""The certificate of a restaking network on every day of a run, compiled.

The same as :func:`..security.certificate.certificate` on the network that a run writes, without building it; a test
compares them.
"""

from .._compile import compiled

PROFIT_SHARE, THRESHOLD = 0.01, 1.0 / 3.0
"""What an attack on a service brings over the ETH that answers to it, where nothing else is said, and the share of
stake that it takes (assumptions)."""
MOST_SLACK = 100.0
"""Slack that stands for "nothing to attack": no service has stake behind it."""
ROUNDING = 1e-12
"""Operators whose conditions differ by no more bind together; the first of them is named."""


@compiled
def certified_slack(stake, secured, profit_share, threshold, pooled, own):
    """Largest slack gamma* that the per-operator condition certifies, at most :data:`MOST_SLACK`, and who binds it.

    Corollary 2 of Durvasula and Roughgarden (2025), arXiv:2407.21785, with a profit from corruption in proportion to
    the ETH that answers to a service: a unit of it carries ``profit_share / threshold`` of the prize, and an operator
    is charged for all that answers. Where operators allocate parts of their stake, what answers must also be worth
    each service's prize by itself (see :func:`..security.certificate.certificate`).

    Args:
        stake: (O,) ETH of each operator.
        secured: (O, S) ETH of each operator that answers to each service.
        profit_share: (S,) profit of an attack over the ETH that answers to each service.
        threshold: share of what answers to a service that suffices for an attack.
        pooled: whether the whole stake of an operator answers to each of its services.
        own: (O,) written: the slack that each operator's own condition allows.

    Returns:
        gamma* and the index of the first operator that binds it, -1 when nothing does or a service by itself.
    """
    operators, services = secured.shape
    slack = MOST_SLACK
    for o in range(operators):
        load = 0.0
        for s in range(services):
            load += secured[o, s] * profit_share[s] / threshold
        own[o] = MOST_SLACK
        if load > 0.0 and stake[o] > 0.0:
            own[o] = min(MOST_SLACK, stake[o] / load - 1.0)
        slack = min(slack, own[o])
    for s in range(0 if pooled else services):
        answered = False
        for o in range(operators):
            answered = answered or secured[o, s] > 0.0
        if answered and profit_share[s] > 0.0:
            slack = min(slack, threshold / profit_share[s] - 1.0)
    if slack >= MOST_SLACK:
        return slack, -1
    for o in range(operators):
        if own[o] <= slack + ROUNDING * (1.0 + abs(slack)):
            return slack, o
    return slack, -1
