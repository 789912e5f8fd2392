"""What a close tells tomorrow's deciders, compiled: exits, waits, discounts and yields by venue."""

from .._compile import compiled
from ..state import FIRST_LST
from .redemption import expected_wait_days


@compiled
def close_exits(world, pools, mean_price, opening_days, day, restaking, churn, sweep_days, illiquidity, forget):
    """Expected waits of all restaking venues; openings, bargains and remembered discounts of the LRTs.

    Args:
        world: the world.
        pools: (V K,) ``POOL``, the first pools of all LRTs first.
        mean_price: (K,) mean price over NAV of the day's rounds.
        opening_days: (K,) believed days until redemption opens.
        day: day of the run.
        restaking: index of the first restaking venue.
        churn: ETH that may leave validation in a day.
        sweep_days: from exit to the withdrawal address.
        illiquidity: yearly charge while redemption is closed.
        forget: part of a remembered discount that a day leaves.
    """
    venues, lrts = world.venues, mean_price.size
    first = venues.size - lrts
    queue = 0.0
    for cohort in range(world.heads[0], day + 1):
        for column in range(world.exits.shape[1]):
            queue += world.exits[cohort, column]
    for venue in range(restaking, venues.size):
        book = world.books[venue]
        venues[venue]["wait_days"] = expected_wait_days(
            0.0,
            book["buffer"],
            book["claims"],
            book["exiting"],
            book["cooldown_days"],
            queue,
            churn,
            sweep_days,
            book["escrow_days"],
            book["parallel"] == 1,
        )
    for k in range(lrts):
        row = venues[first + k]
        row["opening_days"] = opening_days[k]
        bargain = 0.0
        for m in range(k, pools.size, lrts):
            bargain += max(0.0, 0.5 * (pools[m]["token"] * row["nav"] - pools[m]["eth"]))
        row["bargain"] = bargain
        row["illiquidity"] = 0.0 if row["redemption_open"] == 1 else illiquidity
        row["remembered_discount"] = max(max(0.0, 1.0 - mean_price[k]), row["remembered_discount"] * forget)


@compiled
def close_yields(world, base, restaking, fee_apr, token_apr, programme_rate, out):
    """Yields of the restaking venues by source, after the protocol's fee, per year.

    Args:
        world: the world.
        base: consensus yield plus MEV, per year.
        restaking: index of the first restaking venue.
        fee_apr: (R,) AVS customer fees, per year.
        token_apr: (R,) AVS tokens, per year.
        programme_rate: programme tokens, per year.
        out: (4, R) written: base, AVS fees, AVS tokens, programme tokens.
    """
    venues, lsts = world.venues, world.accepts.shape[1]
    for r in range(out.shape[1]):
        venue = restaking + r
        book = world.books[venue]
        kept = 1.0 - book["fee"]
        supply = book["shares"] * venues[venue]["nav"]
        own = kept * base * book["validators"]
        for lst in range(lsts):
            behind = venues[FIRST_LST + lst]
            own += world.lst_holdings[venue, lst] * behind["nav"] * behind["apr"]
        out[0, r] = own / supply if supply > 1.0 else kept * base
        out[1, r] = kept * fee_apr[r]
        out[2, r] = kept * token_apr[r]
        out[3, r] = kept * programme_rate
        venues[venue]["fee_yield"] = out[0, r] + out[1, r]
        venues[venue]["token_yield"] = out[2, r] + out[3, r]
