"""Security of a restaking network by definition: every coalition, every shock, every byzantine set, one by one."""

import itertools
from collections.abc import Iterable, Iterator
from fractions import Fraction

Stakes = dict[str, Fraction]
Services = dict[str, tuple[Fraction, Fraction]]
Edges = tuple[tuple[str, str], ...]


def subsets(names: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """All subsets, the empty one first."""
    pool = tuple(names)
    for size in range(len(pool) + 1):
        yield from itertools.combinations(pool, size)


def attacked(stakes: Stakes, services: Services, edges: Edges, coalition: Iterable[str]) -> list[str]:
    """Services of which the coalition holds enough."""
    inside = set(coalition)
    found = []
    for name, (_, threshold) in services.items():
        on = [operator for operator, service in edges if service == name and operator in stakes]
        total = sum((stakes[operator] for operator in on), Fraction(0))
        held = sum((stakes[operator] for operator in on if operator in inside), Fraction(0))
        if held >= threshold * total:
            found.append(name)
    return found


def best_net_profit(stakes: Stakes, services: Services, edges: Edges) -> Fraction:
    """Largest prizes less stake over all coalitions (the empty one takes what nobody secures)."""
    best = Fraction(0)
    for coalition in subsets(stakes):
        prizes = sum((services[name][0] for name in attacked(stakes, services, edges, coalition)), Fraction(0))
        best = max(best, prizes - sum((stakes[name] for name in coalition), Fraction(0)))
    return best


def slack(stakes: Stakes, services: Services, edges: Edges) -> Fraction | None:
    """Least cost over prizes of all attacking coalitions, less 1; None without prizes."""
    ratios = []
    for coalition in subsets(stakes):
        prizes = sum((services[name][0] for name in attacked(stakes, services, edges, coalition)), Fraction(0))
        if prizes > 0:
            ratios.append(sum((stakes[name] for name in coalition), Fraction(0)) / prizes)
    return min(ratios) - 1 if ratios else None


def worst_loss(stakes: Stakes, services: Services, edges: Edges, psi: Fraction) -> Fraction:
    """The shock's share and the largest valid attack after the worst shock, over all stake."""
    total = sum(stakes.values(), Fraction(0))
    worst = Fraction(0)
    for gone in subsets(stakes):
        if sum((stakes[name] for name in gone), Fraction(0)) > psi * total:
            continue
        left = {name: stake for name, stake in stakes.items() if name not in gone}
        for coalition in subsets(left):
            cost = sum((left[name] for name in coalition), Fraction(0))
            prizes = sum((services[name][0] for name in attacked(left, services, edges, coalition)), Fraction(0))
            if prizes > cost:
                worst = max(worst, cost)
    return psi + worst / total


def best_elastic_profit(
    stakes: dict[str, float],
    services: dict[str, tuple[float, float]],
    allocations: dict[tuple[str, str], float],
) -> float:
    """Largest net profit of an elastic attack: for every set of services the cheapest way, as a linear programme.

    Operators that give more than their stake lose all of it; with them chosen, the rest is a covering problem whose
    cheapest solution takes the committed operators' allocations for nothing.
    """
    best = 0.0
    names = list(stakes)
    for chosen in subsets(services):
        if not chosen:
            continue
        prizes = sum(services[name][0] for name in chosen)
        for whole in subsets(names):
            cost = sum(stakes[name] for name in whole)
            for name in chosen:
                total = sum(amount for (_, service), amount in allocations.items() if service == name)
                free = sum(allocations.get((operator, name), 0.0) for operator in whole)
                cost += max(services[name][1] * total - free, 0.0)
            best = max(best, prizes - cost)
    return best
