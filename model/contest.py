"""Fixed budgets split by allocation: how operators place their stake, and what that leaves for each unit.

Services with budgets ``r_s`` pay operators pro rata to the stake allocated to them; an operator with stake ``sigma``
may allocate it ``d`` times over. It is a concave Tullock contest with one equilibrium: everybody allocates in
proportion to the budgets, every allocated unit earns the same, and the yield of stake is ``sum r / sum sigma`` whatever
the degree.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

_STEPS = 200


def rewards_of(allocations: ArrayLike, budgets: ArrayLike) -> Floats:
    """What each operator earns, shape (V,).

    Args:
        allocations: (V, S) stake of each operator allocated to each service, not negative.
        budgets: (S,) what each service pays; one that nobody serves pays nothing.
    """
    stakes, pays = np.asarray(allocations, dtype=np.float64), np.asarray(budgets, dtype=np.float64)
    total = stakes.sum(axis=0)
    shares = np.divide(stakes, total, out=np.zeros_like(stakes), where=total > 0.0)
    return np.asarray(shares @ pays)


def best_response(others: ArrayLike, budgets: ArrayLike, capacity: float) -> Floats:
    """Allocation of one operator that earns most, given what the others allocate, shape (S,).

    ``w_s = max(0, sqrt(r_s W_s / m) - W_s)``; the multiplier m is found by bisection so that the capacity is used.

    Args:
        others: (S,) what all others allocate to each service, above 0.
        budgets: (S,) what each service pays.
        capacity: stake times degree.

    Raises:
        ValueError: nobody else serves a service that pays: any positive allocation would take all of it.
    """
    given, pays = np.asarray(others, dtype=np.float64), np.asarray(budgets, dtype=np.float64)
    if bool(((given <= 0.0) & (pays > 0.0)).any()):
        raise ValueError("every service that pays must be served by somebody else")
    ratio = np.divide(pays, given, out=np.zeros_like(pays), where=given > 0.0)
    low, high = 0.0, float(ratio.max())
    for _ in range(_STEPS):
        multiplier = 0.5 * (low + high)
        used = np.maximum(np.sqrt(pays * given / max(multiplier, 1e-300)) - given, 0.0).sum()
        low, high = (multiplier, high) if used > capacity else (low, multiplier)
    return np.asarray(np.maximum(np.sqrt(pays * given / high) - given, 0.0))


def equilibrium(stakes: ArrayLike, budgets: ArrayLike, degree: float) -> Floats:
    """The equilibrium in closed form, ``w = d sigma_v r_s / sum r``, shape (V, S)."""
    pays = np.asarray(budgets, dtype=np.float64)
    return np.asarray(degree * np.outer(np.asarray(stakes, dtype=np.float64), pays / pays.sum()))


def iterate(start: ArrayLike, stakes: ArrayLike, budgets: ArrayLike, degree: float, rounds: int) -> Floats:
    """Allocations after so many rounds in which the operators respond one after the other, shape (V, S)."""
    allocations = np.array(start, dtype=np.float64)
    for _ in range(rounds):
        for operator, stake in enumerate(np.asarray(stakes, dtype=np.float64)):
            others = allocations.sum(axis=0) - allocations[operator]
            allocations[operator] = best_response(others, budgets, degree * float(stake))
    return allocations
