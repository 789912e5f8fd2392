"""Random graphs for up to a million stakers: compiled edge generators and the packing of edges into rows.

Every draw is counter-based (edge number and attempt), so a graph depends on nothing but its inputs. An edge that is
there already is drawn again, which a filter of node pairs decides; graphs therefore have exactly as many edges as
asked for, unless they are too dense for that.
"""

import numpy as np
from numpy.typing import NDArray

from .._compile import compiled
from .draws import mix, uniform
from .sorting import stable_order

Edges = tuple[NDArray[np.int32], NDArray[np.int32]]

ATTEMPTS = 32
"""Draws for one edge before it is given up; reached only where nearly all possible edges exist."""

EXACT_NODES = 4096
"""Up to this many nodes existing pairs are kept exactly (2 MB), beyond it in a Bloom filter."""

_BANDS = 256
_LONG = 48
_TILE = 512


@compiled
def pair_filter(nodes: int, edges: int) -> NDArray[np.uint64]:
    """Empty filter of node pairs that already exist: one bit per possible pair, or a Bloom filter in large graphs.

    The Bloom filter has one 64-bit word for every one or two edges and puts the three bits of a pair into one word,
    so that a look costs one memory access. It errs only by calling some 0.1 % of new pairs known; those are drawn
    again, like true repetitions, and no pair ever occurs twice.
    """
    if nodes <= EXACT_NODES:
        return np.zeros(nodes * nodes // 64 + 1, dtype=np.uint64)
    words = 1
    while 2 * words < edges:
        words *= 2
    return np.zeros(words, dtype=np.uint64)


@compiled
def add_pair(known: NDArray[np.uint64], nodes: int, a: int, b: int) -> bool:
    """Add the unordered pair of nodes to the filter; False when it is known."""
    low = np.uint64(min(a, b))
    high = np.uint64(max(a, b))
    one = np.uint64(1)
    sixty_three = np.uint64(63)
    if nodes <= EXACT_NODES:
        cell = low * np.uint64(nodes) + high
        word = cell >> np.uint64(6)
        bits = one << (cell & sixty_three)
    else:
        mixed = mix((low << np.uint64(32)) | high)
        word = (mixed >> np.uint64(18)) & np.uint64(known.size - 1)
        bits = one << (mixed & sixty_three)
        bits |= one << ((mixed >> np.uint64(6)) & sixty_three)
        bits |= one << ((mixed >> np.uint64(12)) & sixty_three)
    if known[word] & bits == bits:
        return False
    known[word] |= bits
    return True


@compiled
def other_end(
    edge: int,
    attempt: int,
    one: int,
    ends: NDArray[np.int32],
    first: NDArray[np.int64],
    groups: NDArray[np.uint8],
    homophily: float,
    coin_key: np.uint64,
    end_key: np.uint64,
) -> np.int32:
    """Draw the second end of an edge; arguments as for :func:`hub_edges`, written without branches."""
    draw = edge * ATTEMPTS + attempt
    group = groups[one]
    own = int(first[group + 1] - first[group])
    inside = np.int64(uniform(coin_key, draw) < homophily) * np.int64(own > 0)
    low = inside * int(first[group])
    span = ends.size + inside * (own - ends.size)
    position = int(low + int(uniform(end_key, draw) * span))
    return ends[position]


@compiled
def hub_edges(
    starts: NDArray[np.int32],
    ends: NDArray[np.int32],
    first: NDArray[np.int64],
    groups: NDArray[np.uint8],
    homophily: float,
    coin_key: np.uint64,
    end_key: np.uint64,
) -> Edges:
    """Edges between nodes that occur in proportion to their expected degree, preferably inside groups.

    Each entry of ``starts`` begins one edge; its other end is an entry of ``ends`` drawn uniformly, with probability
    ``homophily`` among those of the same group, else among all. A node's degree is so half certain, half Poisson (Chung
    and Lu 2002, one end stratified), and nobody whose expected degree is at least 2 stands alone.

    Args:
        starts: int32 node numbers, each about half its expected degree times.
        ends: int32 node numbers in proportion to expected degree, sorted by group.
        first: int64, position in ``ends`` at which each group begins, with the length of ``ends`` appended.
        groups: uint8 group of each node.
        homophily: probability that the second end is drawn inside the group of the first.
        coin_key: uint64 key of the draws that decide whether.
        end_key: uint64 key of the draws that decide where.

    Returns:
        ``(a, b)`` int32 arrays of distinct unordered pairs, no node with itself.
    """
    count = starts.size
    a = np.empty(count, dtype=np.int32)
    b = np.empty(count, dtype=np.int32)
    known = pair_filter(groups.size, count)
    drawn = np.empty(_TILE, dtype=np.int32)
    made = 0
    for base in range(0, count, _TILE):
        tile = min(_TILE, count - base)
        for k in range(tile):  # a loop of its own, so that the scattered reads overlap
            drawn[k] = other_end(base + k, 0, starts[base + k], ends, first, groups, homophily, coin_key, end_key)
        for k in range(tile):
            one, other = starts[base + k], drawn[k]
            attempt = 0
            while other == one or not add_pair(known, groups.size, one, other):
                attempt += 1
                if attempt == ATTEMPTS:
                    break
                other = other_end(base + k, attempt, one, ends, first, groups, homophily, coin_key, end_key)
            if attempt < ATTEMPTS:
                a[made] = one
                b[made] = other
                made += 1
    return a[:made], b[:made]


@compiled
def ring_edges(reach: NDArray[np.int64], rewiring: float, coin_key: np.uint64, end_key: np.uint64) -> Edges:
    """Small world of Watts and Strogatz (1998): a ring of near neighbours, some edges led elsewhere at random.

    Edges that stay are laid first, so that a rewired one cannot take the place of an edge that is still there.

    Args:
        reach: int64, how many next nodes clockwise each node is tied to (half the degree).
        rewiring: probability that an edge keeps its first end only.
        coin_key: uint64 key of the draws that decide whether.
        end_key: uint64 key of the draws that decide where.

    Returns:
        ``(a, b)`` int32 arrays of distinct unordered pairs, no node with itself.
    """
    nodes = reach.size
    count = reach.sum()
    a = np.empty(count, dtype=np.int32)
    b = np.empty(count, dtype=np.int32)
    led_away = np.empty(count, dtype=np.int64)
    origin = np.empty(count, dtype=np.int32)
    known = pair_filter(nodes, count)
    made = 0
    away = 0
    edge = 0
    for one in range(nodes):
        for step in range(1, reach[one] + 1):
            other = (one + step) % nodes
            if uniform(coin_key, edge) < rewiring:
                led_away[away] = edge
                origin[away] = one
                away += 1
            elif other != one and (add_pair(known, nodes, one, other) or 2 * step < nodes):
                # Pairs less than half the ring apart occur once only, whatever the filter says.
                a[made] = one
                b[made] = other
                made += 1
            edge += 1
    for k in range(away):
        for attempt in range(ATTEMPTS):
            other = int(uniform(end_key, led_away[k] * ATTEMPTS + attempt) * nodes)
            if other != origin[k] and add_pair(known, nodes, origin[k], other):
                a[made] = origin[k]
                b[made] = other
                made += 1
                break
    return a[:made], b[:made]


@compiled
def _sort(row: NDArray[np.int32]) -> None:
    """Sort in place: by insertion while short, which most rows are."""
    if row.size > _LONG:
        entries = row.astype(np.float64)
        places = stable_order(entries)
        for k in range(row.size):
            row[k] = entries[places[k]]
        return
    for i in range(1, row.size):
        entry = row[i]
        k = i
        while k > 0 and row[k - 1] > entry:
            row[k] = row[k - 1]
            k -= 1
        row[k] = entry


@compiled
def pack_rows(nodes: int, a: NDArray[np.int32], b: NDArray[np.int32]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Symmetric compressed rows of an edge list, neighbours ascending.

    Arcs are first parted into 256 bands of rows, then laid into their rows band by band: each step then works in the
    cache, which at a million nodes is several times faster than laying every arc into its row at once.

    Returns:
        ``(indptr, indices)``, int64 of shape (nodes + 1,) and int32 of shape (2 * edges,).
    """
    shift = 0
    while (nodes - 1) >> shift >= _BANDS:
        shift += 1
    start = np.zeros(_BANDS + 1, dtype=np.int64)
    for edge in range(a.size):
        start[(a[edge] >> shift) + 1] += 1
        start[(b[edge] >> shift) + 1] += 1
    for band in range(_BANDS):
        start[band + 1] += start[band]
    place = start.copy()
    rows = np.empty(2 * a.size, dtype=np.int32)
    columns = np.empty(2 * a.size, dtype=np.int32)
    for edge in range(a.size):
        one, other = a[edge], b[edge]
        k = place[one >> shift]
        place[one >> shift] = k + 1
        rows[k] = one
        columns[k] = other
        k = place[other >> shift]
        place[other >> shift] = k + 1
        rows[k] = other
        columns[k] = one
    indptr = np.zeros(nodes + 1, dtype=np.int64)
    for arc in range(rows.size):
        indptr[rows[arc] + 1] += 1
    for node in range(nodes):
        indptr[node + 1] += indptr[node]
    following = indptr.copy()
    indices = np.empty(2 * a.size, dtype=np.int32)
    for arc in range(rows.size):
        k = following[rows[arc]]
        following[rows[arc]] = k + 1
        indices[k] = columns[arc]
    for node in range(nodes):
        _sort(indices[indptr[node] : indptr[node + 1]])
    return indptr, indices
