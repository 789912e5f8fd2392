"""Stylised facts of restaking: what is measured on a run, and in which range history says it lies.

Ranges were fixed before any run was measured. A fact is an *input* when the scenario all but states it (an identity or
a published parameter) and *emergent* when only behaviour can bring it about. A measure returns NaN where a run cannot
tell: the horizon is too short, or a mechanism is absent.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

    from ..store import Run

Floats = NDArray[np.float64]

_SUPPLIES = "https://github.com/EconoDLT/RestakingDynamics ; https://arxiv.org/abs/2604.03274"

SALE_WINDOW_DAYS = 7
TOKEN_WINDOW_DAYS = 120
RETENTION_DAYS = 90
OUTSIDERS_DAYS = 60
DEPEG = 0.02
"""A day with a discount at least this deep is no quiet day; nor are the 30 days around it."""


@dataclass(frozen=True)
class Fact:
    """A regularity of the history and its range.

    Attributes:
        id: short name.
        text: the regularity, in one line.
        measure: what is computed on a run.
        low: lower end of the accepted range, in ``unit``.
        high: upper end.
        unit: unit of the range.
        kind: ``input`` or ``emergent``.
        source: public pages behind the range.
        value: the measurement on one run; NaN when it cannot be made.
    """

    id: str
    text: str
    measure: str
    low: float
    high: float
    unit: str
    kind: Literal["input", "emergent"]
    source: str
    value: "Callable[[Run], float]"


# --- what a run offers ------------------------------------------------------------------------------------------------


def _supply(run: "Run") -> "pd.DataFrame":
    return run.entity("lrt", "supply_eth").fillna(0.0)


def _second_half(values: Floats) -> Floats:
    return values[values.size // 2 :]


def first_claim(run: "Run", lrt: str) -> int | None:
    """Day of an LRT's first airdrop claim, None when it has none."""
    days = [int(season.claim) for season in run.scenario.seasons_of(lrt)]
    return days[0] if days else None


def change_after_claim(run: "Run", lrt: str, days: int) -> float:
    """Change of an LRT's supply from its first claim day to so many days later, as a fraction."""
    if lrt not in run.scenario.lrt:
        return math.nan
    claim, supply = first_claim(run, lrt), _supply(run)[lrt].to_numpy()
    if claim is None or not 0 <= claim <= claim + days < supply.size or supply[claim] < 1.0:
        return math.nan
    return float(supply[claim + days] / supply[claim] - 1.0)


def _base_yield(run: "Run") -> float:
    return 100.0 * float(run.daily["base_apr"].mean())


def _top3_share(run: "Run") -> float:
    return float(np.mean(_second_half(run.daily["lrt_top3_share"].to_numpy())))


def _end_concentration(run: "Run") -> float:
    return float(run.daily["lrt_hhi"].iloc[-1])


def _growth_of_concentration(run: "Run") -> float:
    claims = [claim for name in run.scenario.lrt if (claim := first_claim(run, name)) is not None and claim >= 0]
    hhi = run.daily["lrt_hhi"].to_numpy()
    if not claims or min(claims) >= hhi.size:
        return math.nan
    return float(hhi[-1] / hhi[min(claims)])


def _end_leader_share(run: "Run") -> float:
    return float(run.daily["lrt_leader_share"].iloc[-1])


def _lrt_share_of_restaked(run: "Run") -> float:
    share = run.daily["lrt_supply_eth"] / run.daily["restaked_eth"]
    return float(np.mean(_second_half(share.to_numpy())))


def _top_decile_share(run: "Run") -> float:
    supply = _supply(run)
    leader = str(supply.iloc[-1].idxmax())
    return float(run.entity("lrt", "top10_share")[leader].iloc[-1])


def _growth_before_snapshot(run: "Run") -> float:
    """Median over LRTs of supply at the first snapshot over supply 90 days before."""
    ratios = []
    supply = _supply(run)
    for name in run.scenario.lrt:
        for season in run.scenario.seasons_of(name)[:1]:
            values, end = supply[name].to_numpy(), int(season.end)
            if 90 <= end < values.size and values[end - 90] >= 1.0:
                ratios.append(values[end] / values[end - 90])
    return float(np.median(ratios)) if ratios else math.nan


def _quiet_tracking_error(run: "Run") -> float:
    """90th percentile of the distance from NAV on quiet days of LRTs that redeem and that count."""
    discount, price = run.entity("lrt", "discount"), run.entity("lrt", "price")
    is_open, supply = run.entity("lrt", "redemption_open"), _supply(run)
    quiet = []
    for name in supply:
        deep = (discount[name].to_numpy() >= DEPEG).astype(float)
        near = np.convolve(deep, np.ones(61))[30 : 30 + deep.size] > 0.0
        counts = (is_open[name].to_numpy() > 0.0) & (supply[name].to_numpy() >= 1e4) & ~near
        quiet.append(np.abs(1.0 - price[name].to_numpy()[counts]))
    values = np.concatenate(quiet) if quiet else np.zeros(0)
    return float(np.quantile(values, 0.9)) if values.size else math.nan


def _points_premium(run: "Run") -> float:
    """Implied yield of LRTs above base, weighted by supply, over the days before the first token, percentage points."""
    claims = [claim for name in run.scenario.lrt if (claim := first_claim(run, name)) is not None and claim > 0]
    if not claims or not bool(run.scenario.stakers.points):
        return math.nan
    supply, implied = _supply(run).to_numpy(), run.entity("lrt", "implied_apr").fillna(0.0).to_numpy()
    days = slice(1, min(min(claims), supply.shape[0]))
    mean = (supply[days] * implied[days]).sum(axis=1) / np.maximum(supply[days].sum(axis=1), 1e-300)
    return 100.0 * float(np.mean(mean - run.daily["base_apr"].to_numpy()[days]))


def _premium_after_layer_token(run: "Run") -> float:
    """Premium of LRTs that is paid in tokens that trade, half a year after the layer's token does, points."""
    listing = run.scenario.restaking.token.listing_day
    if listing is None:
        return math.nan
    day = run.scenario.day_of(listing) + 182
    if not 0 <= day < len(run.daily):
        return math.nan
    row = run.daily.iloc[day]
    return 100.0 * float(row["premium_advertised"] - row["points_apr"])


def _customer_fees(run: "Run") -> float:
    fees = run.entity("avs", "fee_eth").iloc[-1].sum()
    return float(fees / run.daily["restaked_eth"].iloc[-1])


def _sold_within_a_week(run: "Run") -> float:
    """Median over tokens of the part of the first claim that is sold a week later."""
    sold = run.entity("token", "airdrop_sold_share")
    parts = []
    for name, terms in run.scenario.lrt.items():
        claim = first_claim(run, name)
        if claim is not None and 0 <= claim < len(sold) - SALE_WINDOW_DAYS and terms.token.id in sold:
            parts.append(float(sold[terms.token.id].iloc[claim + SALE_WINDOW_DAYS]))
    return float(np.median(parts)) if parts else math.nan


def _fall_of_tokens(run: "Run") -> float:
    """Median over tokens of the change from the high to the close 120 days later."""
    price, high = run.entity("token", "price_eth"), run.entity("token", "high_eth")
    falls = []
    for name in price:
        highs = high[name].to_numpy()[: len(price) - TOKEN_WINDOW_DAYS]
        if np.isfinite(highs).any():
            top = int(np.nanargmax(highs))
            falls.append(price[name].to_numpy()[top + TOKEN_WINDOW_DAYS] / highs[top] - 1.0)
    return float(np.median(falls)) if falls else math.nan


def _posted_share(run: "Run") -> float:
    posted = run.daily["lrt_posted_share"].to_numpy()
    return float(np.mean(posted[posted.size // 2 :]))


def _peak_share(run: "Run") -> float:
    supply = run.daily["lrt_supply_eth"].to_numpy()
    return float(run.daily["lrt_share_of_staked"].to_numpy()[int(supply.argmax())])


def _peak_supply(run: "Run") -> float:
    return float(run.daily["lrt_supply_eth"].max()) / 1e6


# --- the facts --------------------------------------------------------------------------------------------------------

_CONCENTRATION = (
    "https://the-web3-telegraph-newsletter.beehiiv.com/p/renzo-ezeth-depeg-disaster-went-wrong-3c4d ; " + _SUPPLIES
)

FACTS: tuple[Fact, ...] = (
    Fact(
        "SF01",
        "Staking yields about three percent and falls as stake grows",
        "mean of consensus yield plus MEV",
        2.6,
        4.0,
        "percent/yr",
        "input",
        "https://www.datawallet.com/crypto/ethereum-staking-statistics-and-trends",
        _base_yield,
    ),
    Fact(
        "SF02",
        "Three LRTs hold nearly everything",
        "share of the three largest LRTs, mean over the second half",
        0.72,
        0.96,
        "fraction",
        "input",
        _CONCENTRATION,
        _top3_share,
    ),
    Fact(
        "SF03a",
        "The LRT market ends concentrated",
        "HHI of LRT supplies at the end",
        0.40,
        0.60,
        "index",
        "emergent",
        _CONCENTRATION,
        _end_concentration,
    ),
    Fact(
        "SF03b",
        "It is more concentrated than when the first token came",
        "HHI at the end over HHI at the first claim",
        1.4,
        math.inf,
        "ratio",
        "emergent",
        _CONCENTRATION,
        _growth_of_concentration,
    ),
    Fact(
        "SF03c",
        "One LRT leads",
        "share of the largest LRT at the end",
        0.55,
        1.0,
        "fraction",
        "emergent",
        _CONCENTRATION,
        _end_leader_share,
    ),
    Fact(
        "SF04",
        "Most restaked ETH comes through LRTs",
        "LRT supply over restaked ETH, mean over the second half",
        0.60,
        0.85,
        "fraction",
        "emergent",
        "https://ournetwork.xyz/p/on-270-restaking ; https://inceptionlrt.com/blog/eigenlayer-infrastructure",
        _lrt_share_of_restaked,
    ),
    Fact(
        "SF06",
        "A tenth of the holders owns most of an LRT",
        "share of the top 10 percent of the leader's holders at the end",
        0.80,
        0.95,
        "fraction",
        "input",
        "https://cointeeth.com/en/news/who-is-eligible-to-receive-ether-fi-s-ethfi-airdrop-how-to",
        _top_decile_share,
    ),
    Fact(
        "SF07",
        "Supply explodes before a points snapshot",
        "supply at the first snapshot over supply 90 days before, median of LRTs that old",
        2.0,
        16.0,
        "ratio",
        "emergent",
        _SUPPLIES,
        _growth_before_snapshot,
    ),
    Fact(
        "SF08a",
        "A token that disappoints empties a protocol that redeems (Puffer)",
        "change of supply, first claim to 90 days later",
        -0.95,
        -0.65,
        "fraction",
        "emergent",
        _SUPPLIES,
        lambda run: change_after_claim(run, "puffer", RETENTION_DAYS),
    ),
    Fact(
        "SF08b",
        "Closed redemption delays the exit (Renzo)",
        "change of supply, first claim to 90 days later",
        -0.70,
        -0.35,
        "fraction",
        "emergent",
        _SUPPLIES,
        lambda run: change_after_claim(run, "renzo", RETENTION_DAYS),
    ),
    Fact(
        "SF08b30",
        "As long as redemption is closed supply stands still (Renzo)",
        "change of supply, first claim to 30 days later",
        -0.05,
        0.10,
        "fraction",
        "emergent",
        _SUPPLIES,
        lambda run: change_after_claim(run, "renzo", 30),
    ),
    Fact(
        "SF08c",
        "Use in lending holds deposits after the token (Kelp)",
        "change of supply, first claim to 90 days later",
        -0.35,
        -0.05,
        "fraction",
        "emergent",
        _SUPPLIES,
        lambda run: change_after_claim(run, "kelp", RETENTION_DAYS),
    ),
    Fact(
        "SF09",
        "A first airdrop that pays well draws outsiders in (ether.fi)",
        "change of supply, first claim to 60 days later",
        0.3,
        1.2,
        "fraction",
        "emergent",
        _SUPPLIES,
        lambda run: change_after_claim(run, "etherfi", OUTSIDERS_DAYS),
    ),
    Fact(
        "SF14",
        "In quiet times an LRT that redeems stays within a percent of NAV",
        "90th percentile of the distance from NAV, redemption open, no depeg within 30 days",
        0.0,
        0.01,
        "fraction",
        "emergent",
        "https://risk-staging.gauntlet.network/applied-research/eigenlayer/assets/"
        "0xa1290d69c65a6fe4df752f95823fae25cb99e5a7?fullscreen=lrt_slippage_curves",
        _quiet_tracking_error,
    ),
    Fact(
        "SF17",
        "While points run, implied yields are an order above base",
        "implied LRT yield less base, mean over the days before the first token",
        8.0,
        50.0,
        "points/yr",
        "emergent",
        "https://docs.thetanuts.finance/v3-protocol-upgrade/pendle-pt-strategies ; https://www.odaily.news/post/5193025",
        _points_premium,
    ),
    Fact(
        "SF18",
        "Token incentives then give about one point",
        "LRT premium paid in traded tokens and fees, half a year after the layer's token trades",
        0.8,
        1.6,
        "points/yr",
        "emergent",
        "https://www.creddit.xyz/assets/weeth",
        _premium_after_layer_token,
    ),
    Fact(
        "SF19",
        "Customers pay next to nothing for the stake they rent",
        "AVS customer fees a year over restaked ETH at the end",
        5e-5,
        1e-3,
        "1/yr",
        "input",
        "http://blockeden.xyz/forum/t/the-yield-illusion-where-does-restaking-apy-actually-come-from/599",
        _customer_fees,
    ),
    Fact(
        "SF20",
        "Airdropped tokens are sold fast",
        "share of the first claim sold within 7 days, median of tokens",
        0.35,
        0.70,
        "fraction",
        "input",
        "https://arxiv.org/abs/2312.02752 ; https://encryptopedia.org/airdrop-analysis-by-flipside-crypto/",
        _sold_within_a_week,
    ),
    Fact(
        "SF21",
        "Governance tokens lose most of their value within months",
        "token price, high to the close 120 days later, median of tokens",
        -0.85,
        -0.40,
        "fraction",
        "emergent",
        "https://www.dwf-labs.com/research/441-liquid-restaking-and-tokens-lrt-overview-of-top-protocols-and-earning-mechanics",
        _fall_of_tokens,
    ),
    Fact(
        "SF26a",
        "LRTs hold a minor part of all stake",
        "LRT supply over staked ETH at the sector's peak",
        0.06,
        0.16,
        "fraction",
        "emergent",
        _SUPPLIES,
        _peak_share,
    ),
    Fact(
        "SF26b",
        "The sector peaks at some millions of ETH",
        "largest LRT supply, million ETH",
        2.8,
        4.5,
        "M ETH",
        "emergent",
        _SUPPLIES,
        _peak_supply,
    ),
    Fact(
        "SF25",
        "Loops dominate the use of LRTs as collateral",
        "share of LRT supply posted in lending markets, mean over the second half",
        0.25,
        0.7,
        "fraction",
        "emergent",
        "https://gov.instadapp.io/t/deploy-rseth-markets-on-fluid-ethereum/1073",
        _posted_share,
    ),
)

ELSEWHERE: tuple[tuple[str, str], ...] = (
    ("SF10, SF12, SF13", "a forced depeg with redemption closed and open: `restaking reproduce depeg`"),
    ("SF24", "exit time in a stress quarter: the stress of September 2025 lies beyond the default horizon"),
)
"""Facts that a run of ``season-2024`` cannot show, and why."""
