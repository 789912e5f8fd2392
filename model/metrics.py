"""Every series that a run records: its name, unit, label, meaning, and how a run is summed up in one value.

The order of :data:`METRICS` is the order of the recorder's columns. Reference pages, figures, tables and
``restaking explain`` read the same declarations, so a metric is described once.
"""

import functools
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Level = Literal["total", "lrt", "lst", "token", "operator", "avs", "venue"]
Summary = Literal["last", "mean", "max", "min", "sum", "none"]

LEVELS: tuple[Level, ...] = ("total", "lrt", "lst", "token", "operator", "avs", "venue")
"""``total`` is the economy as a whole (one value a day); the others are kinds of entities (one value each a day)."""

UNITS: dict[str, str] = {
    "ETH": "an amount of ETH",
    "ETH/day": "ETH in a day",
    "ETH/yr": "ETH in a year of 365 days",
    "ETH/share": "ETH for one share of a token",
    "ETH/token": "ETH for one governance token",
    "USD": "an amount of US dollars",
    "USD/ETH": "US dollars for one ETH",
    "shares": "shares of a token",
    "tokens": "governance tokens",
    "tokens/day": "governance tokens in a day",
    "1/yr": "a fraction per year of 365 days",
    "fraction": "a part of a whole, in [0, 1] unless the definition says otherwise",
    "ratio": "one amount over another",
    "index": "a number on a scale of its own",
    "days": "days",
    "count": "a whole number of things",
    "0/1": "no or yes",
}
"""Units of metrics and what they mean."""

_WHOLE_UNITS = ("count", "0/1")

NO_LRT = "while no LRT has supply"
NO_SUPPLY = "while the token has no supply"
NO_STAKE = "while no ETH is delegated to operators"
NO_PRIZE = "while there is nothing to attack: no AVS with stake and a prize"
NO_LENDERS = "while there are no lenders of ETH"
NOTHING_HELD = "before the first ETH-day"
NOT_LISTED = "before the token is listed"
NO_POOLS = "while fewer than two pools trade"


@dataclass(frozen=True, slots=True)
class Metric:
    """One recorded series.

    Attributes:
        name: name of the column.
        level: ``total``, or the kind of entity it is recorded for.
        unit: unit of the values. ``1/yr`` is a fraction per year, ``fraction`` lies in [0, 1] unless the definition
            says otherwise, ``count`` is a whole number and ``0/1`` is no or yes.
        label: axis or table label, without unit.
        definition: what is measured, precisely enough to compute it again.
        summary: how the daily values become the one value of a run; ``none``: not at all.
        missing: on which days there is nothing to measure, as an ending of "missing ..."; values are missing (NaN) then
            and no 0 stands in for them. Empty: there is a value on every day.

    An amount, a flow or a count of what does not exist is 0; a rate, price, share, ratio, index or wait of it is
    missing.
    """

    name: str
    level: Level
    unit: str
    label: str
    definition: str
    summary: Summary = "last"
    missing: str = ""

    @property
    def whole(self) -> bool:
        """Whether values are whole numbers."""
        return self.unit in _WHOLE_UNITS

    @property
    def optional(self) -> bool:
        """Whether there may be days on which there is nothing to measure, whose values are missing (NaN)."""
        return bool(self.missing)

    def summarise(self, values: NDArray[np.float64]) -> float:
        """The run's value of a daily series (days with NaN do not count); NaN when there is none.

        Args:
            values: the series, shape (days + 1,), first the state before the first day.
        """
        present = values[~np.isnan(values)]
        if self.summary == "none" or present.size == 0:
            return math.nan
        return float(_SUMMARIES[self.summary](present))


def _last(values: NDArray[np.float64]) -> float:
    return float(values[-1])


def _mean(values: NDArray[np.float64]) -> float:
    # Correctly rounded, hence the same on every machine whatever the order of the additions.
    return math.fsum(values.tolist()) / values.size


def _sum(values: NDArray[np.float64]) -> float:
    return math.fsum(values.tolist())


_SUMMARIES: dict[str, Callable[[NDArray[np.float64]], float]] = {
    "last": _last,
    "mean": _mean,
    "max": lambda values: float(values.max()),
    "min": lambda values: float(values.min()),
    "sum": _sum,
}


_Row = tuple[str, str, str, Summary, str] | tuple[str, str, str, Summary, str, str]
"""Name, unit, label, summary, definition and, where values may be missing, when."""


def _level(level: Level, *rows: _Row) -> tuple[Metric, ...]:
    return tuple(
        Metric(
            name=row[0],
            level=level,
            unit=row[1],
            label=row[2],
            summary=row[3],
            definition=row[4],
            missing=row[5] if len(row) == 6 else "",
        )
        for row in rows
    )


_TOTAL = _level(
    "total",
    (
        "eth_staked",
        "ETH",
        "ETH staked",
        "last",
        "ETH at work on validators: those of all venues' books and those of stakers outside the population. "
        "The entry queue earns nothing yet and does not count, the exit queue does not count any more.",
    ),
    (
        "base_apr",
        "1/yr",
        "Base yield of staking",
        "mean",
        "Consensus issuance per staked ETH, issuance_coefficient * sqrt(D) / D for D staked ETH, plus MEV and tips, "
        "before any fee.",
    ),
    (
        "lrt_supply_eth",
        "ETH",
        "Supply of liquid restaking tokens",
        "last",
        "Sum over LRTs of shares times NAV.",
    ),
    (
        "restaked_eth",
        "ETH",
        "Restaked ETH",
        "last",
        "Sum over all restaking venues (native, LST restaking, LRTs) of shares times NAV: the stake that secures AVSs, "
        "each ETH once.",
    ),
    (
        "lrt_share_of_staked",
        "fraction",
        "LRTs' share of staked ETH",
        "max",
        "lrt_supply_eth over eth_staked.",
    ),
    (
        "gross_tvl_eth",
        "ETH",
        "Gross TVL",
        "last",
        "What dashboards add up: supplies (shares times NAV) of solo staking, LSTs and restaking venues, so that an "
        "ETH counts again in every protocol it passes through.",
    ),
    (
        "net_unique_eth",
        "ETH",
        "Unique ETH behind the TVL",
        "last",
        "gross_tvl_eth less the LSTs that restaking venues hold, at NAV: each ETH once.",
    ),
    (
        "lrt_hhi",
        "index",
        "Concentration of LRTs (HHI)",
        "mean",
        "Herfindahl-Hirschman index of LRT supplies: sum of squared shares, 1/n to 1.",
        NO_LRT,
    ),
    ("lrt_gini", "index", "Inequality of LRTs (Gini)", "mean", "Gini coefficient of LRT supplies.", NO_LRT),
    (
        "lrt_leader_share",
        "fraction",
        "Share of the largest LRT",
        "mean",
        "Supply of the largest LRT over that of all.",
        NO_LRT,
    ),
    (
        "lrt_top3_share",
        "fraction",
        "Share of the three largest LRTs",
        "mean",
        "Supply of the three largest LRTs over that of all.",
        NO_LRT,
    ),
    (
        "operator_hhi",
        "index",
        "Concentration of operators (HHI)",
        "mean",
        "Herfindahl-Hirschman index of the restaked ETH delegated to node operators.",
        NO_STAKE,
    ),
    (
        "operator_nakamoto",
        "count",
        "Nakamoto coefficient of operators",
        "last",
        "Fewest operators that together hold more than a third of the delegated ETH.",
        NO_STAKE,
    ),
    (
        "operator_top7_share",
        "fraction",
        "Share of the seven largest operators",
        "mean",
        "Delegated ETH of the seven largest operators over that of all.",
        NO_STAKE,
    ),
    (
        "avs_hhi",
        "index",
        "Concentration of secured stake over AVSs (HHI)",
        "mean",
        "Herfindahl-Hirschman index of the ETH that secures each active AVS.",
        "while no AVS has stake",
    ),
    (
        "governance_hhi",
        "index",
        "Concentration of governance (HHI)",
        "mean",
        "Herfindahl-Hirschman index over recipients of a protocol's latest airdrop, its votes in circulation; the "
        "highest among protocols. Taken once a week.",
        "before the first airdrop",
    ),
    (
        "premium_advertised",
        "1/yr",
        "Advertised premium of LRTs over staking",
        "mean",
        "Supply-weighted mean of the LRTs' advertised_apr less base_apr: what a page would show, points at the value "
        "that their holders expect.",
        NO_LRT,
    ),
    (
        "premium_promised",
        "1/yr",
        "Promised premium of LRTs over staking",
        "last",
        "premium_advertised so far, as the mean over all ETH-days of all LRTs: what premium_earned is to be held "
        "against.",
        NOTHING_HELD,
    ),
    (
        "premium_earned",
        "1/yr",
        "Earned premium of LRTs over staking",
        "last",
        "ETH that holders of all LRTs received so far over their ETH-years (see the LRTs' earned_apr), less base_apr "
        "over the same ETH-days. Below 0 where fees and losses exceed what restaking paid.",
        NOTHING_HELD,
    ),
    (
        "premium_airdrops",
        "1/yr",
        "Earned by airdrops",
        "last",
        "The part of premium_earned that came as airdrops, own and the restaking layer's: what recipients sold at the "
        "ETH that it fetched, what they keep at the pool's price, over the ETH-years of all LRTs so far.",
        NOTHING_HELD,
    ),
    (
        "points_apr",
        "1/yr",
        "Expected yield of points",
        "mean",
        "Supply-weighted mean over LRTs of the expected value of the points that a day earns.",
        NO_LRT,
    ),
    (
        "avs_fee_apr",
        "1/yr",
        "Yield from AVS customers' fees",
        "mean",
        "Supply-weighted mean over LRTs of AVS rewards paid from customers' fees, net of commissions and fees.",
        NO_LRT,
    ),
    (
        "avs_token_apr",
        "1/yr",
        "Yield from AVS tokens",
        "mean",
        "Supply-weighted mean over LRTs of AVS rewards paid in newly emitted tokens, at what buyers pay for them.",
        NO_LRT,
    ),
    (
        "programme_apr",
        "1/yr",
        "Yield from the restaking layer's programme",
        "mean",
        "Supply-weighted mean over LRTs of the layer's token programme, at what buyers pay for the token.",
        NO_LRT,
    ),
    (
        "sustainable_share",
        "fraction",
        "Share of the LRTs' premium that survives without emissions",
        "mean",
        "AVS customers' fees over all that restaking adds to the yield of staking (AVS fees, AVS tokens, programme, "
        "points at the value that holders expect), supply-weighted over LRTs.",
        "where restaking adds nothing",
    ),
    (
        "restaking_degree",
        "ratio",
        "Restaking degree",
        "mean",
        "ETH that secures AVSs, counted once for each AVS, over ETH delegated to operators: how many AVSs a "
        "delegated ETH answers to.",
        NO_STAKE,
    ),
    (
        "certified_slack",
        "ratio",
        "Certified slack",
        "min",
        "How much dearer than its prizes every attack on AVSs provably is (gamma*), when attacking an AVS brings "
        "its profit_share of the ETH that answers to it and takes a third of that. Where operators allocate parts of "
        "their stake (unique, elastic), those parts count. Below 0 nothing is proven; 100 is the most that "
        "is told apart.",
        NO_PRIZE,
    ),
    (
        "binding_operator_share",
        "fraction",
        "Stake of the binding operator",
        "mean",
        "Share of all operators' stake that the operator has whose own condition sets the certified slack (the first "
        "of several). Operators' own slacks are in the entities.",
        "where nothing binds, or a service by itself",
    ),
    (
        "shock_loss_bound",
        "fraction",
        "Bound on the loss after a shock",
        "max",
        "Most that all of restaked ETH can lose when a hundredth of it is lost first and attacks follow: "
        "0.01 * (1 + 1 / certified_slack), at most 1, which is all; 1 as well where nothing is certified and "
        "where stake is elastic, for which the bound is not proven.",
        NO_PRIZE,
    ),
    (
        "entry_queue_eth",
        "ETH",
        "Validator entry queue",
        "max",
        "ETH that waits to be activated on validators.",
    ),
    (
        "exit_queue_eth",
        "ETH",
        "Validator exit queue",
        "max",
        "ETH that waits to leave validators, that of outsiders included.",
    ),
    (
        "exit_queue_days",
        "days",
        "Wait in the validator exit queue",
        "max",
        "Exit queue over the day's exit churn: the wait of who joins last.",
    ),
    (
        "claims_eth",
        "ETH",
        "Redemption claims not yet paid",
        "max",
        "ETH owed to redeemers of all venues.",
    ),
    (
        "lrt_claims_eth",
        "ETH",
        "Redemption claims on LRTs",
        "max",
        "The part of claims_eth that is owed by LRTs: what waits to be redeemed from them.",
    ),
    (
        "aware_share",
        "fraction",
        "Stakers who know of restaking",
        "last",
        "Share of stakers (by number) that have heard of restaking.",
    ),
    (
        "restaker_share",
        "fraction",
        "Stakers who restake",
        "last",
        "Share of stakers (by number) with a restaking position.",
    ),
    (
        "staker_gini",
        "index",
        "Inequality of stakers (Gini)",
        "last",
        "Gini coefficient of the stakers' wealth at NAV, claims included. Taken once a week.",
    ),
    (
        "belief_fdv_ratio",
        "ratio",
        "Expected valuation of a new token",
        "last",
        "Believed fully diluted value of a protocol token at listing over the protocol's TVL.",
        "in an economy without LRTs",
    ),
    (
        "airdrop_retention",
        "ratio",
        "Retention after the first airdrop",
        "last",
        "Supply of the LRTs whose first airdrop has been claimed, over their supply on that day.",
        "before the first claim",
    ),
    (
        "sentiment",
        "index",
        "Sentiment of outside buyers",
        "mean",
        "Multiplier of outside buying of tokens; 1 in normal times.",
    ),
    (
        "worst_discount",
        "fraction",
        "Deepest discount of an LRT",
        "max",
        "Largest discount of the day among LRTs (see discount); 0 when none traded below NAV.",
        NO_LRT,
    ),
    (
        "widest_pool_gap",
        "fraction",
        "Widest gap between pools of an LRT",
        "max",
        "Largest difference, over NAV, between the closing prices of two pools of the same LRT.",
        "while no LRT has two pools that trade",
    ),
    (
        "lrt_posted_share",
        "fraction",
        "LRTs posted as collateral",
        "mean",
        "Part of all LRT supply that borrowers have posted on lending markets, their loops included.",
        NO_LRT,
    ),
    ("loans_eth", "ETH", "Loans against LRTs", "max", "All loans against LRTs, stablecoins at the day's price of ETH."),
    (
        "loop_leverage",
        "ratio",
        "Leverage of loops",
        "max",
        "Collateral of all borrowers over their equity at NAV.",
        "while nobody borrows, or no borrower has equity",
    ),
    ("eth_borrow_apr", "1/yr", "Borrow rate of ETH", "mean", "Rate of ETH loans at the day's utilisation.", NO_LENDERS),
    (
        "lending_utilisation",
        "fraction",
        "Utilisation of lent ETH",
        "mean",
        "Lent ETH over all ETH that lenders supply.",
        NO_LENDERS,
    ),
    ("lenders_eth", "ETH", "ETH of lenders", "last", "What lenders of ETH own: cash and loans less reserves."),
    (
        "liquidated_eth",
        "ETH",
        "Liquidated collateral",
        "last",
        "Collateral that liquidators have sold so far, at NAV, cumulative.",
    ),
    (
        "unsafe_loans_eth",
        "ETH",
        "Unsafe loans",
        "max",
        "Loans above their liquidation threshold at the close: what liquidators left because it did not pay.",
    ),
    (
        "bad_debt_eth",
        "ETH",
        "Bad debt",
        "last",
        "Loans written off because their collateral was gone, cumulative; lenders bear it once reserves are spent.",
    ),
    (
        "treasury_ruined_share",
        "fraction",
        "Treasuries ruined",
        "last",
        "Part of the stakers with bills in dollars, by head, who could not pay one because nothing was left.",
        "where nobody has bills in dollars",
    ),
    (
        "losses_eth",
        "ETH",
        "Losses",
        "last",
        "What slashes, hacks and attacks took so far, cumulative: the sum over causes, and over bearers.",
    ),
    (
        "losses_of_stakers_eth",
        "ETH",
        "Losses of stakers",
        "last",
        "The part of it that stakers of all archetypes bore.",
    ),
    (
        "losses_of_lenders_eth",
        "ETH",
        "Losses of lenders",
        "last",
        "The part that lenders bore: bad debt, borrowed against tokens without backing, claims that were cut.",
    ),
    ("attacks", "count", "Attacks", "last", "Services that operators have corrupted because it paid, cumulative."),
    (
        "coverage_ratio",
        "ratio",
        "Security needed over stake",
        "max",
        "Stand-alone stake that services would need against corruption, sum of profit over threshold, over the stake "
        "delegated. At most 1 wherever the certificate holds; above 1 says that stake is shared or indivisible.",
        NO_PRIZE,
    ),
    (
        "shock_loss_bound_small",
        "fraction",
        "Loss bound, shock of 0.1 %",
        "max",
        "As shock_loss_bound, for a shock that takes 0.1 % of stake first.",
        NO_PRIZE,
    ),
    (
        "shock_loss_bound_large",
        "fraction",
        "Loss bound, shock of 5 %",
        "max",
        "As shock_loss_bound, for a shock that takes 5 % of stake first.",
        NO_PRIZE,
    ),
    ("eth_usd", "USD/ETH", "Price of ETH", "last", "Price of ETH at the start of the day."),
    (
        "paid_by_issuance_eth",
        "ETH",
        "Paid by issuance",
        "last",
        "Consensus rewards paid so far, cumulative: all holders of ETH bear them as dilution.",
    ),
    (
        "paid_by_users_eth",
        "ETH",
        "Paid by users",
        "last",
        "MEV, tips and AVS customers' fees paid so far, cumulative.",
    ),
    (
        "paid_by_token_buyers_eth",
        "ETH",
        "Paid by token buyers",
        "last",
        "ETH that outside buyers have spent on governance and AVS tokens so far, cumulative: the only source of what "
        "token rewards are worth.",
    ),
    (
        "slashed_eth",
        "ETH",
        "Slashed",
        "last",
        "ETH destroyed by slashing so far, cumulative: by the base layer and by AVSs.",
    ),
    (
        "exploited_eth",
        "ETH",
        "Lost to exploits",
        "last",
        "ETH taken in contract exploits, cumulative.",
    ),
    (
        "arbitrage_capital_eth",
        "ETH",
        "Capital of arbitrageurs",
        "min",
        "Free ETH of arbitrageurs and patient capital at the close; what is locked in claims does not count.",
    ),
    (
        "idle_eth",
        "ETH",
        "Idle ETH of stakers",
        "last",
        "ETH of the population that is neither staked nor restaked, money between two moves included.",
    ),
    (
        "ledger_residual_eth",
        "ETH",
        "Residual of the ETH ledger",
        "last",
        "ETH in all accounts less what should be there: initial ETH plus named inflows less named outflows. Nothing "
        "but rounding.",
    ),
)

_LRT = _level(
    "lrt",
    ("supply_eth", "ETH", "Supply", "last", "Shares times NAV."),
    ("shares", "shares", "Shares", "last", "Supply of the token."),
    (
        "nav",
        "ETH/share",
        "Net asset value",
        "last",
        "ETH behind one share: validators, entry and exit queues, buffer and LSTs at their NAV, less claims.",
        NO_SUPPLY,
    ),
    ("price", "ratio", "Price over NAV", "min", "Market price over NAV at the day's close.", NO_SUPPLY),
    (
        "discount",
        "fraction",
        "Discount",
        "max",
        "1 - price / NAV at the lowest price of the day; 0 at par or above.",
        NO_SUPPLY,
    ),
    (
        "depth_1pct",
        "fraction",
        "Cost of selling 1 % of supply",
        "max",
        "Relative shortfall against NAV of selling 1 % of supply into the pools at once; 1 when they cannot.",
        NO_SUPPLY,
    ),
    (
        "depth_10pct",
        "fraction",
        "Cost of selling 10 % of supply",
        "max",
        "Relative shortfall against NAV of selling 10 % of supply into the pools at once; 1 when they cannot.",
        NO_SUPPLY,
    ),
    ("pool_eth", "ETH", "ETH in the pools", "min", "ETH reserve of the LRT's pools at the close."),
    (
        "pool_gap",
        "fraction",
        "Gap between pools",
        "max",
        "Largest difference, over NAV, between the closing prices of the LRT's pools.",
        NO_POOLS,
    ),
    ("buffer_eth", "ETH", "Buffer", "min", "Liquid ETH kept for redemptions."),
    ("queue_eth", "ETH", "Redemption queue", "max", "Claims of redeemers not yet paid."),
    (
        "queue_days",
        "days",
        "Wait for redemption",
        "max",
        "Expected days from a request today to its payment.",
        "while redemption is closed or the token has no supply",
    ),
    ("redemption_open", "0/1", "Redemption open", "none", "1 while the token can be redeemed."),
    (
        "base_apr",
        "1/yr",
        "Staking",
        "mean",
        "Yield of staking that reaches holders, net of the protocol's fee.",
        NO_SUPPLY,
    ),
    (
        "avs_fee_apr",
        "1/yr",
        "AVS fees",
        "mean",
        "AVS rewards from customers' fees, net of commissions and fees.",
        NO_SUPPLY,
    ),
    (
        "avs_token_apr",
        "1/yr",
        "AVS tokens",
        "mean",
        "AVS rewards in emitted tokens at what buyers pay, net.",
        NO_SUPPLY,
    ),
    (
        "programme_apr",
        "1/yr",
        "Programme",
        "mean",
        "The restaking layer's token programme at what buyers pay, net.",
        NO_SUPPLY,
    ),
    (
        "points_apr",
        "1/yr",
        "Points",
        "mean",
        "Expected value of the points a day earns, own and the layer's: an opinion until the airdrop.",
        NO_SUPPLY,
    ),
    (
        "advertised_apr",
        "1/yr",
        "Advertised yield",
        "mean",
        "Sum of all sources, points at the value that holders expect.",
        NO_SUPPLY,
    ),
    (
        "promised_apr",
        "1/yr",
        "Promised yield",
        "last",
        "Mean of advertised_apr over all ETH-days so far: what earned_apr is to be held against.",
        NOTHING_HELD,
    ),
    (
        "earned_apr",
        "1/yr",
        "Earned yield",
        "last",
        "ETH that holders received so far over the ETH-years that they held so far, a day counting by what was held "
        "on it: growth of NAV, losses included, and airdrops from the day of their claim, sold tokens at the ETH that "
        "they fetched and kept ones at the pool's price of the day. Airdrops for ETH-days before the run are left out; "
        "points not paid yet count nothing. The sum of the seven yields that follow.",
        NOTHING_HELD,
    ),
    (
        "earned_staking_apr",
        "1/yr",
        "Earned: staking",
        "last",
        "Staking rewards in it, net of the protocol's fee.",
        NOTHING_HELD,
    ),
    ("earned_avs_fee_apr", "1/yr", "Earned: AVS fees", "last", "AVS customers' fees in it, net.", NOTHING_HELD),
    (
        "earned_avs_token_apr",
        "1/yr",
        "Earned: AVS tokens",
        "last",
        "AVS tokens in it, at what they fetched, net.",
        NOTHING_HELD,
    ),
    (
        "earned_programme_apr",
        "1/yr",
        "Earned: programme",
        "last",
        "The layer's programme in it, at what it fetched, net.",
        NOTHING_HELD,
    ),
    (
        "earned_loss_apr",
        "1/yr",
        "Earned: losses",
        "last",
        "Slashes, exploits and unbacked supply in it, below 0; fees of instant redemption that those who stay keep are "
        "in it, too.",
        NOTHING_HELD,
    ),
    ("earned_airdrop_apr", "1/yr", "Earned: airdrops", "last", "Airdrops of its own token in it.", NOTHING_HELD),
    (
        "earned_layer_airdrop_apr",
        "1/yr",
        "Earned: the layer's airdrops",
        "last",
        "Airdrops of the restaking layer in it, by its part of the layer's ETH-days.",
        NOTHING_HELD,
    ),
    (
        "nav_apr",
        "1/yr",
        "Yield through NAV",
        "mean",
        "Growth of NAV over the last 30 days (since it has supply, before), per year: losses included, airdrops not.",
        f"before its first day is over, and {NO_SUPPLY}",
    ),
    (
        "risk_adjusted_apr",
        "1/yr",
        "Risk-adjusted yield",
        "mean",
        "earned_apr less the loss from exploits that is expected per year.",
        NOTHING_HELD,
    ),
    (
        "implied_apr",
        "1/yr",
        "Implied yield",
        "mean",
        "Yield as its holders see it: base_apr and avs_fee_apr in full; tokens, programme and points times their "
        "belief in such promises (mean weighted by what they hold, taken once a week; zero while nobody holds).",
        NO_SUPPLY,
    ),
    ("integration", "fraction", "DeFi integration", "last", "Stock of integrations, 0 none to 1 everywhere."),
    ("trust", "ratio", "Trust in its campaigns", "last", "Factor on the protocol's promises, 1 before any airdrop."),
    ("holders", "count", "Holders", "last", "Stakers that hold the token. Counted once a week."),
    (
        "top10_share",
        "fraction",
        "Share of the largest tenth of holders",
        "last",
        "What the largest 10 % of holders have of all that stakers hold. Taken once a week.",
        "while nobody holds the token",
    ),
    ("minted_eth", "ETH/day", "Minted", "sum", "Deposits of the day."),
    ("redeemed_eth", "ETH/day", "Redeemed", "sum", "Redemptions requested in the day."),
    ("sold_eth", "ETH/day", "Sold", "sum", "Sales of the day in the pool, at what they fetched."),
    ("bought_eth", "ETH/day", "Bought", "sum", "Purchases of the day in the pool, at what they cost."),
    (
        "remembered_discount",
        "fraction",
        "Remembered discount",
        "max",
        "Deepest daily mean discount, fading with the stakers' memory.",
        NO_SUPPLY,
    ),
    (
        "operator_hhi",
        "index",
        "Operators (HHI)",
        "mean",
        "Herfindahl-Hirschman index of its delegation to operators.",
        NO_SUPPLY,
    ),
    (
        "posted_share",
        "fraction",
        "Posted as collateral",
        "mean",
        "Part of the supply that borrowers have posted on lending markets.",
        NO_SUPPLY,
    ),
    (
        "loan_ltv",
        "fraction",
        "Loan to value",
        "last",
        "Largest new loan over collateral; 0 while not listed or frozen.",
        f"while no market lends against LRTs, and {NO_SUPPLY}",
    ),
    (
        "oracle_low",
        "ratio",
        "Oracle price",
        "min",
        "Lowest price over NAV that the lending market's oracle read during the day.",
        "on days without loans on it",
    ),
    (
        "liquidated_leverage",
        "ratio",
        "Lowest leverage liquidated",
        "none",
        "Lowest leverage at NAV among the day's liquidations.",
        "on days without a liquidation",
    ),
)

_LST = _level(
    "lst",
    ("supply_eth", "ETH", "Supply", "last", "Shares times NAV."),
    ("shares", "shares", "Shares", "last", "Supply of the token."),
    ("nav", "ETH/share", "Net asset value", "last", "ETH behind one share.", NO_SUPPLY),
    ("apr", "1/yr", "Yield", "mean", "Yield that reached holders in the day.", NO_SUPPLY),
    ("buffer_eth", "ETH", "Buffer", "min", "Liquid ETH kept for redemptions."),
    ("queue_eth", "ETH", "Redemption queue", "max", "Claims of redeemers that are not yet paid."),
)

_TOKEN = _level(
    "token",
    ("price_eth", "ETH/token", "Price", "last", "Price in the token's pool at the close.", NOT_LISTED),
    (
        "high_eth",
        "ETH/token",
        "High",
        "last",
        "Highest price since the row before, the listing price included.",
        NOT_LISTED,
    ),
    ("fdv_eth", "ETH", "Fully diluted value", "last", "Price times total supply.", NOT_LISTED),
    ("circulating", "tokens", "Circulating supply", "last", "Tokens that can be sold: claimed, unlocked or emitted."),
    ("sold_today", "tokens/day", "Sold", "sum", "Tokens sold into the pool since the row before, by whomever."),
    ("buyers_spent_eth", "ETH", "Spent by outside buyers", "last", "ETH from outside buyers, cumulative."),
    (
        "airdrop_sold_share",
        "fraction",
        "Airdrop sold",
        "last",
        "Share of the claimed airdrops that was sold so far.",
        "before the first claim",
    ),
    ("pool_eth", "ETH", "ETH in the pool", "last", "ETH reserve of the token's pool at the close."),
)

_OPERATOR = _level(
    "operator",
    ("stake_eth", "ETH", "Stake", "last", "Restaked ETH that all venues delegate, and its own."),
    ("avs_count", "count", "AVSs served", "last", "AVSs that the operator runs."),
    ("commission", "fraction", "Commission", "last", "Part of AVS rewards that the operator keeps."),
    ("faults", "count", "Faults", "last", "Faults since the start, cumulative."),
    ("reward_eth", "ETH/day", "Rewards", "sum", "Commission earned in the day, at what tokens fetch."),
    (
        "certified_slack",
        "ratio",
        "Own slack",
        "min",
        "Slack that the operator's own condition allows; the smallest is the network's, its operator binds it; 100 "
        "is the most that is told apart.",
        "where the operator answers to nothing that is worth an attack",
    ),
)

_AVS = _level(
    "avs",
    ("stake_eth", "ETH", "Securing stake", "last", "ETH of the operators that run the AVS."),
    ("target_eth", "ETH", "Security target", "last", "Stake that the AVS wants."),
    ("reward_eth", "ETH/yr", "Rewards", "mean", "Rate of rewards to operators and stakers, tokens at what they fetch."),
    ("fee_eth", "ETH/yr", "Rewards from fees", "mean", "The part of the rewards that customers' fees pay."),
    (
        "service_level",
        "fraction",
        "Service level",
        "mean",
        "Share of demand that the AVS could serve.",
        "while the AVS is not active",
    ),
    ("active", "0/1", "Active", "none", "1 from arrival to end."),
    ("operators", "count", "Operators", "last", "Operators that run the AVS."),
)

_VENUE = _level(
    "venue",
    ("supply_eth", "ETH", "Supply", "last", "What stakers can hold there: shares times NAV; for idle ETH the amount."),
    ("holders", "count", "Holders", "last", "Stakers with a position there. Counted once a week."),
    (
        "apr",
        "1/yr",
        "Yield",
        "mean",
        "Yield of the day without campaign points; of idle ETH 0.",
        "while nobody holds anything there",
    ),
)

METRICS: tuple[Metric, ...] = (*_TOTAL, *_LRT, *_LST, *_TOKEN, *_OPERATOR, *_AVS, *_VENUE)
"""All metrics, level by level, in recording order."""


@functools.cache
def metrics_of(level: str) -> tuple[Metric, ...]:
    """Metrics of a level in recording order.

    Raises:
        ValueError: there is no such level.
    """
    if level not in LEVELS:
        raise ValueError(f"there is no level {level!r} of metrics; levels: {', '.join(LEVELS)}")
    return tuple(metric for metric in METRICS if metric.level == level)


def meant_by(name: str, metrics: Iterable[Metric]) -> list[Metric]:
    """Those of some metrics that a name means: ``lrt_hhi``, or ``lrt.nav`` where several kinds have one so called."""
    return [metric for metric in metrics if name in (metric.name, f"{metric.level}.{metric.name}")]


def metric(name: str, level: str = "total") -> Metric:
    """The metric of that name.

    Raises:
        KeyError: the level has no such metric.
    """
    for candidate in metrics_of(level):
        if candidate.name == name:
            return candidate
    raise KeyError(f"{level} has no metric {name!r}")
