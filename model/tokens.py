"""Governance tokens: what they are worth is what their pool pays.

A token is minted at zero ETH. On its listing day outside liquidity providers seed a constant-product pool at the price
that the listing valuation implies; from then on the price moves with those who sell (airdrop recipients, programme
rewards, insiders whose tokens unlock) against outside buyers with a finite budget that decays (E11). Recipients sell
by a mixture of fast and slow ones, after Messias, Yaish, Livshits, "Airdrops: Giving Money Away Is Harder Than It
Seems" (arXiv:2312.02752).
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .kernels.constant_product import output

FAST_SELLERS = 0.6
"""Weight of recipients who sell within hours; with it the mixture meets the quartiles of 1inch in the paper's data."""
INSIDERS_SELL = 0.3
"""Part of unlocked insider tokens that reaches the market (assumption)."""
CREDIT_EVERY_DAYS = 30


def sold_share(days: float, terms: Any) -> float:
    """Part of claimed tokens that recipients have sold ``days`` after the claim, in [0, 1].

    Args:
        days: time since the claim.
        terms: ``scenario.campaigns``.
    """
    if days <= 0.0:
        return 0.0
    fast = _normal_cdf(math.log(days / terms.sale_farmer_median_days) / terms.sale_spread)
    slow = _normal_cdf(math.log(days / terms.sale_user_median_days) / terms.sale_spread)
    return float(terms.sale_ever * terms.sale_fraction * (FAST_SELLERS * fast + (1.0 - FAST_SELLERS) * slow))


def _normal_cdf(z: float) -> float:
    return 0.5 * math.erfc(-z * math.sqrt(0.5))


class TokenMarket:
    """One governance token and its pool against ETH.

    Args:
        terms: the scenario's ``TokenParameters``.
        fee: fee of the pool, as a fraction.

    Attributes:
        eth: ETH side of the pool.
        tokens: token side of the pool.
        circulating: tokens that have left the treasury.
        buyers_spent: ETH that outside buyers have paid so far.
        sold_today: tokens sold into the pool since the last record.
        high: highest price since the last record, ETH per token.
    """

    def __init__(self, terms: Any, fee: float) -> None:
        self.terms = terms
        self.fee = fee
        self.listed_on: int | None = None
        self.listing_fdv = 0.0
        self.eth = self.tokens = self.circulating = self.buyers_spent = self.sold_today = 0.0
        self.high = 0.0
        self.airdropped = self.airdrop_sold = self.float_sold = 0.0

    @property
    def listed(self) -> bool:
        """Whether the token trades."""
        return self.listed_on is not None

    @property
    def price(self) -> float:
        """ETH per token, 0 before the listing."""
        return self.eth / self.tokens if self.tokens > 0.0 else 0.0

    @property
    def fdv(self) -> float:
        """Fully diluted value, ETH."""
        return self.price * self.terms.supply

    def list(self, day: int, fdv: float) -> float:
        """Open the pool at a valuation; returns the ETH that liquidity providers bring."""
        self.listed_on, self.listing_fdv = day, fdv
        self.eth = self.terms.pool_eth_fraction * fdv
        self.tokens = self.terms.pool_eth_fraction * self.terms.supply
        self.circulating += self.tokens + self.terms.other_float * self.terms.supply
        self.high = self.price
        return self.eth

    def sell(self, tokens: float) -> float:
        """Sell tokens into the pool; returns the ETH."""
        eth = float(output(self.tokens, self.eth, tokens, self.fee))
        if eth > 0.0:
            self.tokens += tokens
            self.eth -= eth
            self.sold_today += tokens
        return eth

    def buy(self, eth: float) -> float:
        """Buy tokens from the pool; returns the tokens."""
        tokens = float(output(self.eth, self.tokens, eth, self.fee))
        if tokens > 0.0:
            self.eth += eth
            self.tokens -= tokens
            self.buyers_spent += eth
            self.high = max(self.high, self.price)
        return tokens

    def recorded(self) -> None:
        """Begin a new record: what is counted or remembered since the last one starts anew."""
        self.sold_today, self.high = 0.0, self.price

    def budget(self, day: int, sentiment: float) -> float:
        """What outside buyers spend today, ETH."""
        if self.listed_on is None:
            return 0.0
        faded = 0.5 ** ((day - self.listed_on) / self.terms.buyers_half_life_days)
        return float(self.terms.buyers_budget / 365.0 * self.listing_fdv * faded * sentiment)

    def float_to_sell(self, day: int, terms: Any) -> float:
        """Tokens that holders of the other float (launch pools, early grants) bring to market today.

        They sell as airdrop recipients do.

        Args:
            day: day of the run.
            terms: ``scenario.campaigns``.
        """
        if self.listed_on is None:
            return 0.0
        due = sold_share(day - self.listed_on + 1.0, terms) * self.terms.other_float * self.terms.supply
        return max(due - self.float_sold, 0.0)

    def unlocked(self, day: int) -> float:
        """Insider tokens that come to market today."""
        if self.listed_on is None:
            return 0.0
        age = day - self.listed_on - self.terms.unlock_start_days
        months = 1.0 / max(self.terms.unlock_per_month, 1e-9)
        if age < 0 or age > 30.0 * months:
            return 0.0
        locked = max(0.0, 1.0 - self.terms.other_float - self.terms.pool_eth_fraction) * 0.5 * self.terms.supply
        return float(INSIDERS_SELL * locked * self.terms.unlock_per_month / 30.0)


class Airdrop:
    """One season's allocation on its way to those who earned it.

    Args:
        allocation: (N,) tokens by staker.
        claim_day: day from which the tokens can be sold.
        claimable: part that is claimable at once.
        vesting_days: days over which the rest vests.
    """

    def __init__(self, allocation: NDArray[np.float64], claim_day: int, claimable: float, vesting_days: int) -> None:
        self.rows = np.flatnonzero(allocation)
        self.allocation = allocation[self.rows]
        self.total = float(self.allocation.sum())
        self.claim_day, self.claimable, self.vesting_days = claim_day, claimable, vesting_days
        self.sold = 0.0
        self.proceeds = self.credited = 0.0

    def vested(self, day: int) -> float:
        """Part of the allocation that its owners can sell by ``day``."""
        if day < self.claim_day:
            return 0.0
        if self.vesting_days <= 0:
            return self.claimable if self.claimable < 1.0 and day == self.claim_day else 1.0
        return self.claimable + (1.0 - self.claimable) * min(1.0, (day - self.claim_day) / self.vesting_days)

    def to_sell(self, day: int, terms: Any) -> float:
        """Tokens that recipients bring to market today."""
        due = self.vested(day) * sold_share(day - self.claim_day + 1.0, terms) * self.total
        return max(due - self.sold, 0.0)

    def book_sale(self, tokens: float, eth: float) -> None:
        """Note a sale on behalf of all recipients, pro rata."""
        self.sold += tokens
        self.proceeds += eth

    def worth(self, day: int, price: float) -> float:
        """What its owners have of it at the close of ``day``, ETH: proceeds, and the rest that they may sell.

        Args:
            day: day of the run.
            price: price in the token's pool, ETH per token.
        """
        return self.proceeds + max(self.vested(day) * self.total - self.sold, 0.0) * price

    def credit(self) -> NDArray[np.float64]:
        """ETH by recipient that is not credited yet; marks it as credited."""
        owed = self.proceeds - self.credited
        self.credited = self.proceeds
        return self.allocation * (owed / self.total) if self.total > 0.0 else np.zeros(self.rows.size)
