"""How would they all get out? A counterfactual for one LRT and one day: channels, days, cost, and who waits.

A share of the holders is picked at random and wants nothing but out; everybody else goes on living as in the run, with
the same noise. A leaver does what a holder in a hurry does (:func:`..model.kernels.stakers.choose_exit`): it sells as
long as that costs less than waiting, redeems when nobody took its offer, and otherwise offers again tomorrow.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ..agents.cast import STAKER
from ..model.errors import RestakingError
from ..model.kernels.debts import owed_eth
from ..model.kernels.stakers import choose_exit
from ..model.state import INTENTION, NOBODY
from .folders.folder import Layout
from .forking import replay

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ..agents.cast import Cast
    from ..model.ecosystem import RestakingEcosystem
    from .casts import Maker
    from .store import Run

SHARES = (0.10, 0.25, 0.50, 1.00)
HURRY = 1.0
"""What a leaver gives, per year, for not having to wait (a discount of 2 % for a week)."""
MOST_DAYS = 180
ROUNDING = 1e-9
PATIENCE = 0.10
"""Price of waiting in the total cost, per year: what the money would earn elsewhere."""


LAYOUT = Layout("unwind", 1, "a way out")


class UnwindError(RestakingError, ValueError):
    """There is nothing to unwind, or no day to do it on."""


@dataclass
class Unwind:
    """The way out of a share of one LRT.

    Attributes:
        lrt: the token.
        day: first day on which the leavers want out.
        share: share of supply that wants out.
        eth: what they hold at NAV on that day (ETH).
        sold_eth: ETH of NAV that went through the pool.
        received_eth: what it fetched (ETH).
        redeemed_eth: ETH of claims paid.
        waiting_eth: ETH of claims still unpaid at the end.
        held_eth: ETH of NAV that found no way out at all.
        lost_eth: ETH that slashes and exploits took from the leavers on the way.
        out: share of the leavers' ETH that is out after 0, 1, 2, … days.
        waiting: ETH that is not out at the end, by archetype.
        deepest: deepest discount on the way.
        watched: days watched, fewer than asked for where the run ends before.
        cut_short: whether the run ended before.
    """

    lrt: str
    day: int
    share: float
    eth: float
    sold_eth: float = 0.0
    received_eth: float = 0.0
    redeemed_eth: float = 0.0
    waiting_eth: float = 0.0
    held_eth: float = 0.0
    lost_eth: float = 0.0
    out: list[float] = field(default_factory=list)
    waiting: dict[str, float] = field(default_factory=dict)
    deepest: float = 0.0
    watched: int = 0
    cut_short: bool = False

    @property
    def cost(self) -> float:
        """Discount paid, losses and the price of waiting, over what was held, as a fraction."""
        days_waited = sum(1.0 - part for part in self.out)
        lost = (self.sold_eth - self.received_eth + self.lost_eth) / max(self.eth, 1e-300)
        return lost + PATIENCE * days_waited / 365.0

    def days_until(self, part: float) -> float:
        """Days until a part of the leavers' ETH is out; infinite when it is not by the end."""
        for day, share in enumerate(self.out):
            if share >= part - 1e-9:
                return float(day)
        return math.inf

    def as_mapping(self) -> dict[str, Any]:
        """One row of the table."""
        gone = max(self.eth, 1e-300)
        return {
            "share": self.share,
            "eth": self.eth,
            "sold": self.sold_eth / gone,
            "redeemed": self.redeemed_eth / gone,
            "stuck": (self.waiting_eth + self.held_eth) / gone,
            "lost": self.lost_eth / gone,
            "discount_paid": 1.0 - self.received_eth / self.sold_eth if self.sold_eth > 0.0 else 0.0,
            "deepest_discount": self.deepest,
            "days_half": self.days_until(0.5),
            "days_95": self.days_until(0.95),
            "cost": self.cost,
        }


def unwind(
    run: "Run",
    day: int,
    lrt: str,
    *,
    shares: Sequence[float] = SHARES,
    days: int = MOST_DAYS,
    progress: Callable[[int, int], None] | None = None,
    agents: "Cast | Mapping[str, type] | None" = None,
    model: "Maker | None" = None,
) -> list[Unwind]:
    """How shares of an LRT would get out from a day of a run on.

    Args:
        run: the run.
        day: first day of the exit.
        lrt: id of the token.
        shares: shares of supply that want out, in (0, 1]; each a counterfactual of its own.
        days: how long to watch, at most to the run's horizon.
        progress: called with the shares done and their number.
        agents: the classes of its agents, when they were not the shipped ones.
        model: the maker of its model, when it was not the shipped one.

    Raises:
        UnwindError: the LRT, the day or a share does not exist, or nobody holds the token on that day.
        CastError: classes or maker are not those that the run was made with.
    """
    known = list(run.scenario.lrt)
    if lrt not in known:
        raise UnwindError(f"there is no LRT {lrt!r} in this run; LRTs: {', '.join(known)}")
    horizon = int(run.manifest["horizon"])
    if not 0 <= day < horizon:
        raise UnwindError(f"{day} is not a day before the end of the run; allowed: 0 to {horizon - 1}")
    if not shares or not all(0.0 < share <= 1.0 for share in shares):
        raise UnwindError("shares must lie above 0 and at most at 1")
    found = []
    for number, share in enumerate(shares, start=1):
        with replay(run, day, agents=agents, model=model) as ecosystem:
            found.append(_one(ecosystem, known.index(lrt), lrt, float(share), min(days, horizon - day)))
            found[-1].cut_short = days > horizon - day
        if progress is not None:
            progress(number, len(shares))
    return found


def _one(model: "RestakingEcosystem", k: int, lrt: str, share: float, days: int) -> Unwind:
    venue = model.first_lrt + k
    rows = model.world.stakers
    leavers = _pick(model, venue, share)
    nav = float(model.venues["nav"][venue])
    held = float(rows["satellite_shares"][leavers].sum()) * nav
    if held <= 0.0:
        raise UnwindError(f"nobody holds {lrt} on day {model.day}")
    result = Unwind(lrt, model.day, share, held, out=[0.0], watched=days)
    claims: dict[int, tuple[float, int]] = {}  # ETH not paid yet and day of the request, by row
    tried: set[int] = set()
    for _ in range(days):
        _day(model, k, leavers, result, claims, tried)
        outstanding = _held(rows, leavers, venue) * nav + sum(eth for eth, _ in claims.values())
        result.out.append(1.0 - min(outstanding / held, 1.0))
        result.deepest = max(result.deepest, 1.0 - float(model.exchange.fills.lrts["lowest_price"][k]))
        if outstanding <= 1e-6 * held:
            break
    scale, left_nav = model.world.claims_scale[venue], float(model.venues["nav"][venue])
    due = {row: eth * float(scale[day]) for row, (eth, day) in claims.items()}
    result.held_eth = _held(rows, leavers, venue) * left_nav
    result.waiting_eth = sum(due.values())
    result.lost_eth += sum(eth for eth, _ in claims.values()) - result.waiting_eth
    result.lost_eth += _held(rows, leavers, venue) * max(nav - left_nav, 0.0)
    archetypes = list(model.scenario.stakers.archetypes)
    for row in leavers:
        left = due.get(int(row), 0.0)
        if rows["satellite"][row] == venue:
            left += float(rows["satellite_shares"][row]) * left_nav
        if left > 0.0:
            name = archetypes[int(rows["archetype"][row])]
            result.waiting[name] = result.waiting.get(name, 0.0) + left
    return result


def _pick(model: "RestakingEcosystem", venue: int, share: float) -> Any:
    """Holders drawn at random as long as they fit into the share of supply, at least the smallest of all."""
    rows = model.world.stakers
    holders = np.flatnonzero((rows["satellite"] == venue) & (rows["pending_route"] == NOBODY))
    if share >= 1.0:
        return holders
    order = model._seeds.generator("unwind").permutation(holders)
    held = rows["satellite_shares"][order]
    room = share * float(held.sum()) * (1.0 + ROUNDING)
    chosen = []
    for place, shares in enumerate(held.tolist()):
        if shares <= room:
            room -= shares
            chosen.append(place)
    if not chosen and order.size:
        chosen = [int(np.argmin(held))]
    return np.sort(order[chosen])


def _held(rows: Any, leavers: Any, venue: int) -> float:
    inside = leavers[rows["satellite"][leavers] == venue]
    return float(rows["satellite_shares"][inside].sum())


def _day(
    model: "RestakingEcosystem",
    k: int,
    leavers: Any,
    result: Unwind,
    claims: dict[int, tuple[float, int]],
    tried: set[int],
) -> None:
    """One day of the model in which the leavers do nothing but leave."""
    venue, rows, exchange = model.first_lrt + k, model.world.stakers, model.exchange
    model.news()
    model.accrue()
    rows["aware"][leavers] = 0  # they decide nothing else
    model.decide()
    _file(model, venue, leavers, tried)
    nav = float(model.venues["nav"][venue])
    model.queue()
    asked = (rows["pending_route"][leavers] == venue) & (rows["pending_day"][leavers] == model.day)
    for row in leavers[asked]:
        claims[int(row)] = (float(rows["pending_amount"][row]), model.day)
    scale = model.world.claims_scale[venue]
    for row, (eth, asked_on) in list(claims.items()):
        left = float(rows["pending_amount"][row]) if rows["pending_route"][row] == venue else 0.0
        result.redeemed_eth += (eth - left) * float(scale[asked_on])
        result.lost_eth += (eth - left) * (1.0 - float(scale[asked_on]))
        if left > 0.0:
            claims[row] = (left, asked_on)
        else:
            del claims[row]
    orders = exchange.orders[: exchange.filed].copy()
    model.trade()
    mine = orders[(orders["venue"] == venue) & (orders["bucket"] >= 0) & np.isin(orders["row"], leavers)]
    for order in mine:
        offered = exchange.sells[k, order["bucket"]]
        part = float(order["amount"] / offered) if offered > 0.0 else 0.0
        result.sold_eth += part * float(exchange.fills.sold_shares[k, order["bucket"]]) * nav
        result.received_eth += part * float(exchange.fills.sold_eth[k, order["bucket"]])
    model.faults()
    model.settle()
    model.record()


def _file(model: "RestakingEcosystem", venue: int, leavers: Any, tried: set[int]) -> None:
    """Leavers sell or redeem all they have; who has offered in vain redeems when that is possible."""
    rows = model.world.stakers
    intended = set(model._intentions["row"][: model._intended].tolist())
    holding = leavers[(rows["satellite"][leavers] == venue) & (rows["pending_route"][leavers] == NOBODY)]
    if holding.size == 0:
        return
    way_out = _way_out(model, venue)
    opened = bool(model.venues["redemption_open"][venue])
    for row in holding.tolist():
        if row in intended:
            continue
        sell, limit = way_out(row)
        owed = float(owed_eth(model.world, row))
        if owed > 0.0 and not (opened and row in tried):  # never below what pays the loan back
            collateral = float(rows["satellite_shares"][row] * model.venues["nav"][venue])
            model.file_intention(row, NOBODY, 0.0, sell, min(limit, max(1.0 - owed / max(collateral, 1e-300), 0.0)))
            tried.add(row)
            continue
        if opened and row in tried:  # nobody took the offer: another day in the market costs more than the queue
            model.file_intention(row, NOBODY, 0.0)
            continue
        model.file_intention(row, NOBODY, 0.0, sell, limit)
        tried.add(row)


def _way_out(model: "RestakingEcosystem", venue: int) -> Callable[[int], tuple[int, float]]:
    """How a leaver gets out, by row: 1 to sell or 0 to redeem, and the largest discount; own stakers are asked."""
    row_of = model.venues[venue]
    if STAKER in model._in_python:
        return lambda row: model.stakers.view(row).choose_exit(row_of, HURRY)
    wish = np.zeros(1, INTENTION)
    choose_exit(row_of, HURRY, 0.0, 0.0, model.staker_terms[0], wish[0])
    same_for_all = int(wish["sell"][0]), float(wish["limit"][0])
    return lambda row: same_for_all


# --- words and pictures -----------------------------------------------------------------------------------------------


def unwind_table(found: Sequence[Unwind]) -> "pd.DataFrame":
    """One row for each share."""
    import pandas as pd

    return pd.DataFrame([one.as_mapping() for one in found])


def unwind_paragraph(found: Sequence[Unwind], redemption_open: bool) -> str:
    """The answer in a paragraph."""
    first, last = found[0], found[-1]
    state = "open" if redemption_open else "closed"
    words = [
        f"{first.lrt} on day {first.day}, redemption {state}: {first.share:.0%} of the supply ({first.eth:,.0f} ETH) is"
        f" {_out(first, 0.95)}, at a cost of {first.cost:.2%}{_so_far(first)}; {first.sold_eth / first.eth:.0%} of it"
        " goes through the pool."
    ]
    if last is not first:
        words.append(
            f"Of {last.share:.0%} ({last.eth:,.0f} ETH) half is {_out(last, 0.5)} and 95% {_out(last, 0.95)}, at"
            f" {last.cost:.2%}{_so_far(last)}; {last.sold_eth / last.eth:.0%} is sold,"
            f" {last.redeemed_eth / last.eth:.0%} redeemed, and the price falls to {1.0 - last.deepest:.3f} of NAV."
        )
    stuck = last.waiting_eth + last.held_eth
    if stuck > 0.01 * last.eth:
        most = max(last.waiting, key=lambda name: last.waiting[name])
        words.append(f"{stuck / last.eth:.0%} is still in at the end, most of it of the archetype {most}.")
    if last.lost_eth > 0.001 * last.eth:
        words.append(f"{last.lost_eth / last.eth:.0%} is lost to slashes and exploits on the way.")
    if first.cut_short:
        words.append(f"The run ends {_days(first.watched)} after that day; what comes later is not watched.")
    return " ".join(words)


def _out(one: Unwind, part: float) -> str:
    days = one.days_until(part)
    return f"not out after {_days(one.watched)}" if math.isinf(days) else f"out within {_days(days)}"


def _so_far(one: Unwind) -> str:
    """What is said of a cost that leaves out those who are not out."""
    return "" if one.waiting_eth + one.held_eth <= 0.01 * one.eth else " so far"


def _days(days: float) -> str:
    return f"{days:.0f} day{'' if days == 1 else 's'}"


def unwind_figure(found: Sequence[Unwind]) -> "tuple[Figure, dict[str, Axes]]":
    """How much is out after so many days, and through which channel."""
    from .figures import style

    return style.styled(_draw)(found)


def _draw(found: Sequence[Unwind]) -> "tuple[Figure, dict[str, Axes]]":
    from .figures import style

    fig, axes = style.canvas([["paths", "channels"]], height=3.3, widths=(1.5, 1.0), share_x=False)
    paths, channels = axes["paths"], axes["channels"]
    last = max(len(one.out) for one in found) - 1
    labels = []
    for number, one in enumerate(found):
        colour = style.PALETTE[number % len(style.PALETTE)]
        padded = [*one.out, *[one.out[-1]] * (last + 1 - len(one.out))]
        paths.plot(range(last + 1), padded, color=colour)
        labels.append((padded[-1], f"{one.share:.0%} leave", colour))
    paths.set(xlabel="days", ylim=(0.0, 1.05), xlim=(0.0, max(last, 1)))
    style.percent_axis(paths.yaxis)
    style.end_labels(paths, labels)
    style.caption(paths, "Part of the leavers' ETH that is out")
    left = np.zeros(len(found))
    y = np.arange(len(found))
    parts = (
        ("sold", style.PALETTE[1], [one.sold_eth / one.eth for one in found]),
        ("redeemed", style.PALETTE[0], [one.redeemed_eth / one.eth for one in found]),
        ("still in", style.MUTED, [(one.waiting_eth + one.held_eth) / one.eth for one in found]),
    )
    for name, colour, values in parts:
        channels.barh(y, values, left=left, color=colour, height=0.6, label=name)
        left = left + np.array(values)
    for number, one in enumerate(found):
        channels.text(1.03, number, f"cost {style.percent(one.cost)}", va="center", fontsize=7, color=style.MUTED)
    channels.set_yticks(y, [f"{one.share:.0%}" for one in found])
    channels.set(xlim=(0.0, 1.38), ylim=(-0.6, len(found) - 0.1))
    channels.grid(visible=False)
    channels.set_xticks([0.0, 0.5, 1.0])
    style.percent_axis(channels.xaxis)
    channels.legend(loc="upper center", bbox_to_anchor=(0.4, -0.1), ncols=3)
    style.caption(channels, "Through which channel")
    one = found[-1]
    style.headline(
        fig,
        f"{one.share:.0%} of {one.lrt} from day {one.day}: half is {_out(one, 0.5)}, at {one.cost:.1%}",
    )
    return fig, axes
