"""Who owns how much at the start: stratified Pareto wealth, with whales split into sleeves.

With a tail exponent near 1, independent draws hand a third of all wealth to one staker in one run and to nobody in
the next, and a finer population is a different economy. Here each archetype's wealth lies on a fixed quantile grid;
the seed decides only *who* stands where. The number of stakers is then resolution, not economics.
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .pareto import bounded_pareto, lorenz_bins, pareto_grid
from .randomness import SeedTree

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

LARGEST_SLEEVE_ROWS_SHARE = 0.5
"""At most this share of all rows goes to further sleeves; where that is too little, sleeves get larger."""

TOP = 0.1
"""Share of an archetype's owners whose wealth *as a group* is what the Pareto distribution says at any resolution."""

_SLACK = 2.0
_SEARCHES = 32
_WHOLE = 1e-9


@dataclass(frozen=True)
class _Owners:
    """Owners before they are split into sleeves, archetype by archetype, largest first within each."""

    wealth: Floats
    archetype: NDArray[np.uint8]

    def sleeves(self, limit: float) -> Integers:
        """Number of equal sleeves of at most ``limit`` ETH for each owner, at least 1."""
        return np.maximum(np.ceil(self.wealth / limit - _WHOLE), 1.0).astype(np.int64)

    def rows(self, limit: float) -> int:
        """Rows that the owners take when they are split into sleeves of at most ``limit`` ETH."""
        return int(self.sleeves(limit).sum())


def stratified_pareto(
    count: int,
    total_eth: float,
    alpha: float,
    largest_share: float,
    sleeve_share: float,
    archetype_population_shares: ArrayLike,
    archetype_wealth_shares: ArrayLike,
    seeds: SeedTree,
    iid: bool = False,
) -> tuple[Floats, NDArray[np.uint8], NDArray[np.int32]]:
    """Wealth, archetype and owner of every staker row.

    Owners are dealt to archetypes by population share. Each archetype's wealth is a quantile grid of a truncated Pareto
    distribution (:func:`archetype_grid`) that adds up to the archetype's wealth share and whose largest holder has at
    most ``largest_share`` of *all* wealth. Owners above ``sleeve_share`` of all wealth are then split into equal
    sleeves, rows of their own that decide by themselves but share an owner; there are so many fewer owners that the
    rows still number ``count``. Finally the rows are permuted by the seed.

    Two constraints give way in small populations, where they cannot hold:

    * The largest holders of an archetype become more alike as their number falls (below some 600 owners at the
      default shares); where even equal wealth exceeds ``largest_share``, wealth is equal.
    * Further sleeves take at most half of the rows. Where that does not suffice, the limit of a sleeve rises to the
      smallest one that does.

    Args:
        count: number of rows (N), at least the number of archetypes with a positive population share.
        total_eth: wealth of the whole population, ETH.
        alpha: Pareto tail exponent of wealth within an archetype.
        largest_share: largest owner's share of all wealth, in (0, 1].
        sleeve_share: largest row's share of all wealth, in (0, 1].
        archetype_population_shares: shares of the owners, shape (A,), any positive sum.
        archetype_wealth_shares: shares of the wealth, shape (A,), any positive sum.
        seeds: seed tree of the run.
        iid: draw wealth independently from the unbounded Pareto distribution instead, without cap and sleeves (each
            archetype still adds up to its share). The naive population, for comparison.

    Returns:
        ``wealth`` in ETH (float64, (N,)) whose sum is ``total_eth``; ``archetype`` (uint8, (N,)); ``owner`` (int32,
        (N,)): dense numbers from 0 in order of first appearance, shared by the sleeves of one owner.
    """
    population = _checked_shares("archetype_population_shares", archetype_population_shares)
    wealth = _checked_shares("archetype_wealth_shares", archetype_wealth_shares)
    _check(count, total_eth, alpha, largest_share, sleeve_share, population, wealth)
    amounts = wealth * total_eth
    if iid:
        return _independent(count, alpha, population, amounts, seeds)
    owners, sleeves = _divide(count, alpha, largest_share * total_eth, sleeve_share * total_eth, population, amounts)
    order = seeds.generator("wealth.rows").permutation(count)
    source = np.repeat(np.arange(sleeves.size), sleeves)[order]
    rows = (owners.wealth / sleeves)[source]
    return rows, owners.archetype[source], _by_first_appearance(source)


def archetype_grid(count: int, alpha: float, total: float, largest: float) -> Floats:
    """Wealth of the ``count`` owners of one archetype, richest first.

    The top tenth together holds ``0.1**(1 - 1/alpha)`` of the total, as in the unbounded Pareto distribution: 0.88 at
    alpha 1.06, which is how that exponent was read off published wallets. Among the top tenth wealth is a bounded
    Pareto grid that ends at ``largest``; below it owners have their bins of the Lorenz curve. One bounded
    distribution for everybody would have to lower the top tenth's share with every owner fewer (0.77 at a million
    owners, 0.47 at five hundred), so that the number of stakers would not be resolution alone.

    The tenth is widened where it could not hold its wealth at half the cap each. At ``alpha <= 1``, where the mean is
    infinite and there is no Lorenz curve, everybody is on the bounded grid.

    Args:
        count: number of owners.
        alpha: tail exponent.
        total: wealth of the archetype, ETH.
        largest: cap on one owner's wealth, ETH.
    """
    if count == 0 or total <= 0.0 or alpha <= 1.0:
        return pareto_grid(count, alpha, total, largest)
    bins = lorenz_bins(count, alpha) * total
    roomy = np.arange(1, count + 1) * largest >= _SLACK * np.cumsum(bins)
    # Room per owner is linear and the Lorenz curve concave: once there is room, there is room from there on.
    top = max(int(np.argmax(roomy)) + 1 if roomy.any() else count, round(TOP * count), 1)
    head = pareto_grid(top, alpha, float(bins[:top].sum()), largest)
    return np.concatenate((head, bins[top:]))


def _checked_shares(name: str, shares: ArrayLike) -> Floats:
    values = np.asarray(shares, dtype=np.float64)
    if values.ndim != 1 or not 1 <= values.size <= 255:
        raise ValueError(f"{name} must be a list of 1 to 255 shares")
    if not np.all(np.isfinite(values)) or values.min() < 0.0 or values.sum() <= 0.0:
        raise ValueError(f"{name} must be non-negative with a positive sum, found {values.tolist()}")
    normalised: Floats = values / values.sum()
    return normalised


def _check(
    count: int,
    total_eth: float,
    alpha: float,
    largest_share: float,
    sleeve_share: float,
    population: Floats,
    wealth: Floats,
) -> None:
    if population.size != wealth.size:
        raise ValueError(f"{population.size} population shares but {wealth.size} wealth shares")
    ownerless = np.flatnonzero((population == 0.0) & (wealth > 0.0))
    if ownerless.size:
        raise ValueError(f"archetype {ownerless[0]} has wealth but no population")
    needed = int(np.count_nonzero(population))
    if count < needed:
        raise ValueError(f"count must be at least {needed}, one per archetype, found {count}")
    if not (np.isfinite(total_eth) and total_eth >= 0.0):
        raise ValueError(f"total_eth must be non-negative, found {total_eth:g}")
    if not alpha > 0.0:
        raise ValueError(f"alpha must be positive, found {alpha:g}")
    for name, share in (("largest_share", largest_share), ("sleeve_share", sleeve_share)):
        if not 0.0 < share <= 1.0:
            raise ValueError(f"{name} must lie in (0, 1], found {share:g}")


def _heads(count: int, population: Floats) -> Integers:
    """Deal ``count`` owners to archetypes: one for each that has a population, then by largest remainders."""
    present = (population > 0.0).astype(np.int64)
    quota = population * count
    heads = np.maximum(np.floor(quota).astype(np.int64), present)
    while heads.sum() > count:  # the guaranteed owners came on top: take them back where most are above quota
        heads[np.argmax(np.where(heads > present, heads - quota, -np.inf))] -= 1
    missing = int(count - heads.sum())
    order = np.argsort(-(quota - heads), kind="stable")
    heads[order[:missing]] += 1
    return heads


def _owners(count: int, alpha: float, largest: float, population: Floats, amounts: Floats) -> _Owners:
    heads = _heads(count, population)
    grids = [archetype_grid(int(n), alpha, float(w), largest) for n, w in zip(heads, amounts, strict=True)]
    return _Owners(np.concatenate(grids), np.repeat(np.arange(heads.size, dtype=np.uint8), heads))


def _divide(
    count: int, alpha: float, largest: float, limit: float, population: Floats, amounts: Floats
) -> tuple[_Owners, Integers]:
    """Owners, and the number of sleeves of each, such that the sleeves number ``count``."""
    if amounts.sum() <= 0.0:
        owners = _owners(count, alpha, largest, population, amounts)
        return owners, np.ones(count, dtype=np.int64)

    def owners_of(heads: int) -> _Owners:
        return _owners(heads, alpha, largest, population, amounts)

    fewest = max(count - int(LARGEST_SLEEVE_ROWS_SHARE * count), int(np.count_nonzero(population)))
    fitting = _fitting(count, fewest, limit, owners_of)
    owners = fitting or owners_of(fewest)
    if fitting is None:
        limit = _relaxed_limit(owners, count, limit)
    sleeves = owners.sleeves(limit)
    return owners, _fill(owners, sleeves, count - int(sleeves.sum()))


def _fitting(count: int, fewest: int, limit: float, owners_of: Callable[[int], _Owners]) -> _Owners | None:
    """As many owners as fit into ``count`` rows with all their sleeves; None when not even the fewest do.

    Each owner fewer frees a row and changes the number of sleeves hardly at all, so stepping back by the overshoot
    ends after two or three looks. What it leaves free, if anything, goes to further sleeves.
    """
    heads = count
    for _ in range(_SEARCHES):
        owners = owners_of(heads)
        excess = owners.rows(limit) - count
        if excess <= 0:
            return owners
        if heads == fewest:
            return None
        heads = max(heads - excess, fewest)
    return None


def _relaxed_limit(owners: _Owners, count: int, limit: float) -> float:
    """Smallest sleeve (to 1e-6 relative) from ``limit`` upwards at which the rows number at most ``count``."""
    low, high = limit, max(float(owners.wealth.max()), limit)
    while high > low * (1.0 + 1e-6):
        middle = (low * high) ** 0.5
        if owners.rows(middle) > count:
            low = middle
        else:
            high = middle
    return high


def _fill(owners: _Owners, sleeves: Integers, spare: int) -> Integers:
    """Spend spare rows on the largest sleeves, one at a time; ties go to the earlier owner."""
    if spare <= 0:
        return sleeves
    candidates = np.argsort(-owners.wealth / sleeves, kind="stable")[:spare]
    heap = [(-owners.wealth[i] / sleeves[i], int(i)) for i in candidates]
    heapq.heapify(heap)
    sleeves = sleeves.copy()
    for _ in range(spare):
        _, i = heap[0]
        sleeves[i] += 1
        heapq.heapreplace(heap, (-owners.wealth[i] / sleeves[i], i))
    return sleeves


def _by_first_appearance(source: Integers) -> NDArray[np.int32]:
    """Rename owners to 0, 1, 2 ... in the order in which their first rows stand."""
    first = np.full(int(source.max()) + 1, source.size, dtype=np.int64)
    np.minimum.at(first, source, np.arange(source.size))
    names = np.empty(first.size, dtype=np.int32)
    names[np.argsort(first, kind="stable")] = np.arange(first.size, dtype=np.int32)
    return names[source]


def _independent(
    count: int, alpha: float, population: Floats, amounts: Floats, seeds: SeedTree
) -> tuple[Floats, NDArray[np.uint8], NDArray[np.int32]]:
    heads = _heads(count, population)
    archetype = np.repeat(np.arange(heads.size, dtype=np.uint8), heads)
    seeds.generator("wealth.rows").shuffle(archetype)
    sizes = bounded_pareto(seeds.generator("wealth.draws").random(count), alpha, np.inf)
    sums = np.bincount(archetype, weights=sizes, minlength=heads.size)
    scale = np.divide(amounts, sums, out=np.zeros_like(sums), where=sums > 0.0)
    return sizes * scale[archetype], archetype, np.arange(count, dtype=np.int32)
