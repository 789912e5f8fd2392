"""The shape of the world's state: one structured record type per kind of thing.

Every compiled kernel, every agent view and every recorder reads the same records, so a field is declared
here once, with its unit, and nowhere else. Amounts are ETH, rates are fractions per year, times are days.
"""

import numpy as np

NOBODY = 255
"""Value of a venue column (``satellite``, ``pending_route``, ``pending_target``) that points nowhere."""

IDLE, SOLO, FIRST_LST = 0, 1, 2
"""Venue indices that every scenario shares; LSTs follow, then native restaking, LST restaking and the LRTs."""

KIND_IDLE, KIND_SOLO, KIND_LST, KIND_NATIVE, KIND_LST_RESTAKING, KIND_LRT = range(6)

STAKER = np.dtype(
    [
        ("core", "u1"),  # venue of the part that is not restaked: idle ETH, solo staking or an LST
        ("satellite", "u1"),  # restaking venue held beside the core, NOBODY when none
        ("archetype", "u1"),  # index into the scenario's archetypes
        ("aware", "u1"),  # 1 once restaking is known to this staker
        ("pending_route", "u1"),  # venue whose exit queue holds the pending claim, NOBODY when none
        ("pending_target", "u1"),  # where the pending ETH goes when it is paid
        ("wallets", "u2"),  # number of wallets: caps, tiers and filters act per wallet
        ("core_shares", "f8"),  # shares of the core venue (ETH when the core is idle ETH)
        ("satellite_shares", "f8"),  # shares of the satellite venue
        ("pending_amount", "f8"),  # ETH claimed at request and not paid yet
        ("pending_day", "i4"),  # cohort of the claim: the day of the request
        ("touched_day", "i4"),  # day on which points and exposure were last settled
        ("exposure", "f4"),  # loss-free days of own restaking exposure, as of touched_day
        ("token_belief", "f4"),  # h in [0, 1]: how far token and campaign rewards are taken at face value
        ("risk_aversion", "f4"),  # perceived restaking risk before learning, per year
        ("integration_value", "f4"),  # what full DeFi integration of a token is worth, per year
        ("switching_cost", "f4"),  # multiplier of moving costs
        ("social_influence", "f4"),  # weight of neighbours' choices, per year
    ],
    align=True,
)

VENUE = np.dtype(
    [
        ("kind", "u1"),
        ("launched", "u1"),
        ("deposit_open", "u1"),
        ("redemption_open", "u1"),
        ("accepts_eth", "u1"),
        ("fee_yield", "f8"),  # yield without emissions: base yield net of fees plus AVS customer fees, per year
        ("token_yield", "f8"),  # AVS token and programme rewards at market value, per year
        ("points_yield", "f8"),  # expected value of this venue's own points, per year (an opinion)
        ("layer_points_yield", "f8"),  # expected value of the restaking layer's points, per year (an opinion)
        ("integration", "f8"),  # E6 stock in [0, 1]
        ("risk", "f8"),  # perceived-risk multiplier
        ("unfamiliarity", "f8"),  # charge for young, unaudited, little-integrated names, per year
        ("illiquidity", "f8"),  # charge while redemption is closed, per year
        ("variance", "f8"),  # yearly variance of returns incl. jump losses, for sizing
        ("nav", "f8"),  # ETH per share
        ("price", "f8"),  # market price over NAV at the last close
        ("remembered_discount", "f8"),
        ("bargain", "f8"),  # ETH-worth of the token that its pool holds to sell below NAV
        ("wait_days", "f8"),  # expected days from redemption request to payment
        ("opening_days", "f8"),  # believed days until redemption opens, 0 when open
        ("attention", "f8"),  # multiplier of holders' attention (1 when nothing happened)
        ("apr", "f8"),  # realised yield of the day, per year, without campaign points
        ("following", "f8"),  # share of all staked core assets that is here, 0 for idle ETH and restaking venues
        ("ltv", "f8"),  # largest ETH loan on the token over its value at the oracle's price; 0: no new loans
        ("ltv_stable", "f8"),  # the same for loans of stablecoins
        ("threshold", "f8"),  # ETH loan over value from which the collateral may be taken
        ("threshold_stable", "f8"),  # the same for loans of stablecoins
        ("oracle_price", "f8"),  # what lending markets believe the token is worth, over NAV
        ("borrow_apr", "f8"),  # cost of an ETH loan on the token, per year
        ("borrow_apr_stable", "f8"),  # cost of a stablecoin loan on the token, per year
    ],
    align=True,
)

BOOK = np.dtype(
    [
        ("shares", "f8"),  # supply of the venue's token
        ("validators", "f8"),  # ETH at work on validators
        ("entry", "f8"),  # ETH in the validator entry queue
        ("exiting", "f8"),  # ETH in the exit queue, sweep or restaking escrow
        ("buffer", "f8"),  # liquid ETH
        ("claims", "f8"),  # ETH owed to redeemers
        ("treasury", "f8"),  # ETH of the protocol itself (fees)
        ("fee", "f8"),  # fraction of rewards
        ("buffer_fraction", "f8"),  # target of the buffer as a fraction of supply
        ("cooldown_days", "f8"),
        ("escrow_days", "f8"),  # 0 where no restaking escrow applies
        ("parallel", "u1"),  # escrow runs beside (1) or after (0) the validator exit
        ("restaked", "u1"),  # 1 when the book's stake secures AVSs
        ("instant_fee", "f8"),  # fee at an empty buffer, linear in emptiness
        ("deposit_cap", "f8"),  # ETH, 0 without cap
        ("report_lag_days", "f8"),  # after a slash, days until the loss shows in NAV
        ("unreported", "f8"),  # losses that NAV does not show yet, ETH
        ("report_day", "f8"),  # day on which it will
        ("minted", "f8"),  # flows of the day, ETH
        ("redeemed", "f8"),
        ("sold", "f8"),
        ("bought", "f8"),
    ],
    align=True,
)

POOL = np.dtype(
    [
        ("eth", "f8"),  # ETH reserve
        ("token", "f8"),  # LRT reserve, shares
        ("amplification", "f8"),
        ("fee", "f8"),
    ],
    align=True,
)

ARBITRAGEUR = np.dtype(
    [
        ("eth", "f8"),  # free capital, ETH
        ("locked", "f8"),  # ETH claimed from redemption queues
        ("required_return", "f8"),  # per year
        ("gas_eth", "f8"),  # cost of one round trip, ETH
        ("patient", "u1"),  # 1: buys while redemption is closed and waits for the opening
        ("multiple", "f8"),  # patient capital: multiple of the required return at which it buys
        ("speed", "f8"),  # order of acting: higher first
        ("profit", "f8"),  # realised, ETH, cumulative
    ],
    align=True,
)

STAKER_TERMS = np.dtype(
    [
        ("attention_key", "u8"),  # streams of draws, one key each
        ("core_key", "u8"),
        ("choice_key", "u8"),
        ("participation_key", "u8"),
        ("news_key", "u8"),
        ("neighbour_key", "u8"),
        ("first", "i4"),  # venue index of native restaking, the first restaking venue
        ("restaking_venues", "i4"),
        ("aware_news", "f8"),  # daily probability of hearing the news
        ("aware_word_of_mouth", "f8"),  # and of hearing it from a neighbour who restakes
        ("familiarity_days", "f8"),
        ("familiarity_floor", "f8"),
        ("decision_noise", "f8"),  # scale of the logit over venues, per year
        ("participation_noise", "f8"),  # scale of the logit in or out, per year
        ("switching_entry", "f8"),  # fraction of what moves
        ("switching_rotation", "f8"),
        ("yearly", "f8"),  # 365 / horizon over which moving costs are spread
        ("gas_eth", "f8"),
        ("discount_memory_weight", "f8"),
        ("buyer_pull", "f8"),
        ("buyer_pull_cap", "f8"),
        ("resize_band", "f8"),
        ("merton_gamma", "f8"),
        ("patience", "f8"),  # what waiting for redemption costs a seller, per year
        ("core_attention", "f8"),  # daily probability of reconsidering the part not restaked
        ("loop_key", "u8"),
        ("loop_attention", "f8"),  # daily probability that a looper looks at its leverage
        ("loop_margin", "f8"),  # part of the largest loan that a looper keeps as a cushion
        ("loop_band", "f8"),  # relative change of leverage that is not worth the trouble
        ("stable_leverage", "f8"),  # largest leverage of those who borrow stablecoins
        ("stable_limit", "f8"),  # cost of a stablecoin loan at which nobody bets on ETH with it, per year
        ("loop_variance", "f8"),  # yearly variance of the carry that a looper allows for
    ],
    align=True,
)
"""What all stakers share when they decide (see ``scenario.stakers`` for meaning and sources)."""

ARCHETYPE = np.dtype(
    [
        ("attention", "f8"),  # daily probability of reconsidering when nothing happened
        ("satellite_cap", "f8"),  # largest restaked part of wealth
        ("minimum_redemption_quality", "f8"),
        ("leverage_cap", "f8"),  # largest leverage of a loop, 1: borrows nothing
    ],
    align=True,
)

INTENTION = np.dtype(
    [
        ("row", "i4"),
        ("target", "u1"),  # restaking venue, NOBODY to go back to the core; another core asset to exchange the core
        ("sell", "u1"),  # 1: sell the satellite on the market, 0: redeem it
        ("share", "f8"),  # part of wealth to be restaked
        ("limit", "f8"),  # largest discount to NAV that a sale accepts; what a loan earns, per year
        ("leverage", "f8"),  # collateral over equity that a looper wants, 0: not about a loop
    ],
    align=True,
)
"""What a staker wants done; the model carries all of a day's intentions out together."""

ORDER = np.dtype(
    [
        ("row", "i4"),
        ("bucket", "i4"),  # discount bucket of a sale, -1 for a purchase
        ("venue", "u1"),
        ("target", "u1"),  # where the proceeds of a sale go
        ("amount", "f8"),  # shares offered, or ETH that wants to buy
    ],
    align=True,
)
"""A staker's order of the day; unfilled orders expire at night."""

ETH_LOAN, STABLE_LOAN = 0, 1
"""Assets that can be borrowed; rows of the ``LENDER`` table."""

SPOT, TWAP, MEAN, NAV = range(4)
"""What a lending market's oracle reads: the pool, its time-weighted average, a mean over venues, or redemption."""
ORACLES = ("spot", "twap", "mean", "nav")

LENDER = np.dtype(
    [
        ("cash", "f8"),  # not lent, in units of the asset
        ("claims", "f8"),  # what lenders own: cash and loans less reserves
        ("reserves", "f8"),  # the market's own part of the interest
        ("debt_shares", "f8"),  # all loans, in shares that interest makes worth more
        ("index", "f8"),  # units of the asset per debt share
        ("price", "f8"),  # units of the asset per ETH
        ("borrow_apr", "f8"),
        ("supply_apr", "f8"),
        ("base", "f8"),  # borrow rate when nothing is lent, per year
        ("slope_1", "f8"),  # rise of the rate up to the optimal utilisation
        ("slope_2", "f8"),  # and beyond it
        ("optimal", "f8"),  # utilisation at the kink
        ("reserve_factor", "f8"),  # part of the interest that reserves keep
        ("required", "f8"),  # supply rate at which lenders neither come nor go, per year
        ("capacity", "f8"),  # most that lenders would ever supply
        ("bad_debt", "f8"),  # written off so far
    ],
    align=True,
)
"""One asset's lenders, shared by all LRTs that serve as collateral."""

COLLATERAL = np.dtype(
    [
        ("ltv", "f8"),  # of new loans of ETH; 0 when not listed or frozen
        ("ltv_stable", "f8"),  # of new loans of stablecoins
        ("threshold", "f8"),  # ETH debt over collateral above which a position may be liquidated
        ("threshold_stable", "f8"),  # the same for debt in stablecoins
        ("bonus", "f8"),  # what a liquidator gets beyond what it repays
        ("close_factor", "f8"),  # part of a debt that one liquidation may repay
        ("cap_eth", "f8"),  # most of the token that may be posted
        ("oracle", "u1"),  # SPOT, TWAP, MEAN or NAV
        ("oracle_once", "u1"),  # the oracle moves once per round, not after every trade
        ("profitable_only", "u1"),  # liquidators act only when proceeds after impact cover the repayment
        ("interleaved", "u1"),  # arbitrageurs trade between two liquidations
        ("oracle_weight", "f8"),  # weight of this pool in the mean over venues
        ("oracle_keep", "f8"),  # part of the slow price that a round leaves
        ("slow_price", "f8"),  # time-weighted price over NAV
        ("oracle_price", "f8"),  # what the market believes a token is worth, over NAV
        ("lowest_oracle", "f8"),  # of the day
        ("liquidations", "f8"),  # of the day: how many,
        ("seized_shares", "f8"),  # collateral sold,
        ("proceeds_eth", "f8"),  # what it brought,
        ("repaid_eth", "f8"),  # loans repaid with it,
        ("repaid_stable_eth", "f8"),  # of them loans of stablecoins,
        ("spent_gas_eth", "f8"),  # and gas burned
        ("gas_eth", "f8"),  # gas of one liquidation
        ("lowest_leverage", "f8"),  # lowest leverage among those liquidated today, 0 when nobody was
    ],
    align=True,
)
"""An LRT as collateral: its terms, its oracle, and what the day's liquidations did."""

POSITION = np.dtype(
    [
        ("row", "i4"),  # staker; below 0 somebody outside the population
        ("asset", "u1"),
        ("lrt", "u1"),
        ("collateral", "f8"),  # shares
        ("free", "f8"),  # shares that are not on offer by their owner today
        ("debt", "f8"),  # units of the asset
        ("seized", "f8"),  # shares, today
        ("repaid", "f8"),  # units of the asset, today
        ("written_off", "f8"),  # units of the asset, today
    ],
    align=True,
)
"""A loan on the day it may be liquidated."""

ACCOUNTS = np.dtype(
    [
        # where ETH can be, besides books, pools and arbitrageurs
        ("stakers", "f8"),  # idle ETH, money between two moves, purchase orders of the day
        (
            "claims_paid",
            "f8",
        ),  # paid by the books, on its way to those who asked; 0 after the day's queue
        ("claimants", "f8"),  # proceeds of airdropped tokens not yet credited
        ("operators", "f8"),  # commissions
        ("token_pools", "f8"),  # ETH side of the governance tokens' pools
        ("liquidators", "f8"),  # what liquidations brought those who carried them out
        # named flows in, cumulative
        ("initial", "f8"),
        ("issued", "f8"),  # consensus rewards
        ("users", "f8"),  # MEV, tips and AVS customers
        ("token_buyers", "f8"),  # outside buyers of governance and AVS tokens
        ("outside_in", "f8"),  # liquidity providers, lenders, arbitrage and patient capital, ETH bought with loans
        # named flows out, cumulative
        ("burned", "f8"),  # slashing
        ("gas", "f8"),  # burned as gas
        ("exploited", "f8"),
        ("outside_out", "f8"),
    ],
    align=True,
)
