"""Contract hazards: exploits by layer, what they make a venue worth fearing, and events set by the scenario.

Layers multiply: whoever holds an LRT carries the hazard of the LRT's contracts and that of the restaking layer, and
that of the pools and markets in which it uses the token. Rates are per year, losses are fractions of what is held.

An LRT's hazard is ``lrt_exploit_rate * custody factor * audit factor``. Audits protect, and their protection ages:

    protection = (1 - 2^(-audits / 2)) * 2^(-age / audit_half_life_days)
    audit factor = (1 - AUDIT_EFFECT * protection) / (the same for three audits, 180 days old)

so that a delegated LRT with three audits half a year ago has the scenario's rate. Losses are log-normal, at most 1.
"""

import math
import statistics
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .randomness import SeedTree, day_key, uniform

if TYPE_CHECKING:
    from .scenario import Scenario

LAYER = -1
"""Index of the restaking layer itself, where an LRT's index is asked for."""

DAYS_PER_YEAR = 365.0
AUDIT_EFFECT = 0.75
"""Part of the hazard that many fresh audits remove (assumption)."""
AUDITS_THAT_HALVE = 2.0
NEUTRAL_AUDITS, NEUTRAL_AUDIT_AGE = 3, 180.0
FAMILIAR_AGE = 180.0
"""Days in which half of the strangeness of a young protocol goes (assumption)."""

UNFAMILIAR_AGE, UNFAMILIAR_AUDITS, UNFAMILIAR_CUSTODY, UNFAMILIAR_ASSETS, UNFAMILIAR_INTEGRATION = (
    0.30,
    0.20,
    0.10,
    0.15,
    0.25,
)
"""Weights of the terms of :meth:`Hazards.unfamiliarity`; they sum to 1 (assumption)."""

_CUSTODY_DISTANCE = {"non_custodial": 0.0, "delegated": 0.5, "custodial": 1.0}
_LAYER_TARGETS = ("restaking", "all")
_NORMAL = statistics.NormalDist()


class Exploit(NamedTuple):
    """A contract that lost part of what it held."""

    lrt: int  # index of the LRT, ``LAYER`` when it hits all restaked ETH
    loss_fraction: float
    cause: str  # "contract", "defi" or "scheduled"


class Hazards:
    """Contract hazards of one run.

    Args:
        scenario: its ``hazards`` and ``lrt`` tables are read.
        seeds: the run's seed tree.
    """

    def __init__(self, scenario: "Scenario", seeds: SeedTree) -> None:
        self.terms = scenario.hazards
        self.lrts = list(scenario.lrt)
        self._scenario = scenario
        self._protocols = list(scenario.lrt.values())
        self._launches = [scenario.day_of(protocol.launch_day) for protocol in self._protocols]
        self._keys = {
            name: int(seeds.key(f"hazards.{name}"))
            for name in ("lrt", "loss", "layer", "defi", "defi_loss", "base", "pause")
        }
        self._calendar: dict[int, list[Any]] = {}
        # Rates rise as audits age: a draw above the last day's chance needs no look at today's.
        self._highest = [_daily_probability(self.lrt_rate(k, scenario.days)) for k in range(len(self.lrts))]
        for event in self.terms.events:
            self._calendar.setdefault(scenario.day_of(event.day), []).append(event)

    # --- what happens -------------------------------------------------------------------------------------------------

    def draw(self, day: int, launched: Iterable[Any], tvl: Iterable[float]) -> list[Exploit]:
        """Exploits of the day: of LRTs with something to lose, of the restaking layer, and those on the calendar.

        Each LRT has its own stream, so that a change of one leaves the luck of the others alone.

        Args:
            day: day of the run.
            launched: (K,) whether each LRT is open.
            tvl: (K,) ETH in each LRT.
        """
        exploits = self._scheduled_exploits(day)
        if not self.terms.enabled:
            return exploits
        today, sizes = day_key(self._keys["lrt"], day), day_key(self._keys["loss"], day)
        for k, (is_open, held) in enumerate(zip(launched, tvl, strict=True)):
            if not is_open or held <= 0.0:
                continue
            u = uniform(today, k)
            if u < self._highest[k] and u < _daily_probability(self.lrt_rate(k, day)):
                exploits.append(Exploit(k, self.loss_quantile(uniform(sizes, k)), "contract"))
        if uniform(day_key(self._keys["layer"], day), 0) < _daily_probability(self.terms.layer_exploit_rate):
            exploits.append(Exploit(LAYER, self.terms.layer_exploit_loss, "contract"))
        return exploits

    def draw_pause(self, day: int) -> int:
        """Days for which the restaking layer stops all withdrawals from today on, 0 when it does not."""
        chance = _daily_probability(self.terms.layer_pause_rate) if self.terms.enabled else 0.0
        return self.terms.layer_pause_days if uniform(day_key(self._keys["pause"], day), 0) < chance else 0

    @property
    def base_key(self) -> np.uint64:
        """Stream of the base layer's slashings."""
        return np.uint64(self._keys["base"])

    def draw_defi(self, day: int, launched: Iterable[Any]) -> list[Exploit]:
        """Exploits of the pools and markets around each LRT; the loss is a fraction of the ETH there."""
        if not self.terms.enabled:
            return []
        today, sizes = day_key(self._keys["defi"], day), day_key(self._keys["defi_loss"], day)
        chance = _daily_probability(self.terms.defi_exploit_rate)
        return [
            Exploit(k, self.loss_quantile(uniform(sizes, k)), "defi")
            for k, is_open in enumerate(launched)
            if is_open and uniform(today, k) < chance
        ]

    def scheduled(self, day: int) -> list[Any]:
        """Events that the scenario puts on ``day``, without the exploits that :meth:`draw` returns."""
        return [event for event in self._calendar.get(day, []) if not self._is_drawn(event)]

    def _scheduled_exploits(self, day: int) -> list[Exploit]:
        return [
            Exploit(self.lrts.index(e.target) if e.target in self.lrts else LAYER, min(1.0, e.size), "scheduled")
            for e in self._calendar.get(day, [])
            if self._is_drawn(e)
        ]

    def _is_drawn(self, event: Any) -> bool:
        return event.kind == "exploit" and (event.target in self.lrts or event.target in _LAYER_TARGETS)

    # --- how likely, how large ----------------------------------------------------------------------------------------

    def audit_age(self, k: int, day: int) -> float:
        """Days since the latest audit of LRT k; one that opens later is audited at its launch, not before."""
        return float(self._protocols[k].audit_age_days + max(0, day - max(0, self._launches[k])))

    def audit_factor(self, k: int, day: int) -> float:
        """Hazard by number and age of audits; 1 for three audits half a year ago."""
        half_life = self.terms.audit_half_life_days
        own = _unprotected(self._protocols[k].audits, self.audit_age(k, day), half_life)
        return own / _unprotected(NEUTRAL_AUDITS, NEUTRAL_AUDIT_AGE, half_life)

    def custody_factor(self, k: int) -> float:
        """Hazard by who holds the keys; 1 for delegated custody at the default."""
        return float(getattr(self.terms.custody_factor, self._protocols[k].custody))

    def lrt_rate(self, k: int, day: int) -> float:
        """Exploits of LRT k's own contracts per year."""
        return float(self.terms.lrt_exploit_rate * self.custody_factor(k) * self.audit_factor(k, day))

    def loss_quantile(self, u: float) -> float:
        """Fraction lost at quantile ``u``: log-normal, at most 1."""
        z = _NORMAL.inv_cdf(min(max(u, 1e-12), 1.0 - 1e-12))
        return min(1.0, self.terms.lrt_exploit_loss_median * math.exp(self.terms.lrt_exploit_loss_sigma * z))

    def loss_moment(self, order: int) -> float:
        """``E[min(L, 1)^order]`` for the log-normal loss L of an exploit.

        ``m^n exp(n^2 s^2 / 2) Phi(d - n s) + Phi(-d)`` with ``d = -ln(m) / s``: the part below 1 by completing the
        square, and the mass at 1.
        """
        median, sigma = self.terms.lrt_exploit_loss_median, self.terms.lrt_exploit_loss_sigma
        if sigma <= 0.0:
            return float(min(1.0, median) ** order)
        d = -math.log(median) / sigma
        below = median**order * math.exp(0.5 * (order * sigma) ** 2) * _NORMAL.cdf(d - order * sigma)
        return below + _NORMAL.cdf(-d)

    # --- what stakers make of it --------------------------------------------------------------------------------------

    def expected_loss(self, k: int, day: int, defi_share: float = 0.0) -> float:
        """Expected loss per year of a holding, ``sum_l h_l E[loss_l]``; arguments as in :meth:`variance`."""
        loss = self.terms.layer_exploit_rate * self.terms.layer_exploit_loss
        if k == LAYER:
            return float(loss)
        defi = self.terms.defi_exploit_rate * defi_share
        return float(loss + (self.lrt_rate(k, day) + defi) * self.loss_moment(1))

    def variance(self, k: int, day: int = 0, defi_share: float = 0.0, slashing: float = 0.0) -> float:
        """Yearly variance of returns from jumps, ``sum_l h_l E[loss_l^2]`` over layers l; for sizing a position.

        Args:
            k: index of the LRT; ``LAYER`` for native and LST restaking, which have no wrapper.
            day: day of the run (audits age).
            defi_share: part of a holding that is in pools and markets, in [0, 1].
            slashing: variance from slashing, :meth:`.restaking_layer.RestakingLayer.slashing_variance` of the venue.
        """
        layer = self.terms.layer_exploit_rate * self.terms.layer_exploit_loss**2 + slashing
        if k == LAYER:
            return float(layer)
        defi = self.terms.defi_exploit_rate * defi_share**2
        return float(layer + (self.lrt_rate(k, day) + defi) * self.loss_moment(2))

    def risk_score(self, k: int, day: int = 0) -> float:
        """Perceived-risk multiplier from custody, audits and contract layers; 1 for a neutral LRT.

        The rate of exploits of all layers that a holder depends on, over that of a delegated LRT with three audits
        half a year ago. For ``LAYER`` (native and LST restaking) it is the scenario's ``restaking.risk``, since what
        people fear there is slashing and complexity more than contracts.
        """
        if k == LAYER:
            return float(self._scenario.restaking.risk)
        neutral = self.terms.lrt_exploit_rate * self.terms.custody_factor.delegated + self.terms.layer_exploit_rate
        if neutral <= 0.0:
            return 1.0
        return (self.lrt_rate(k, day) + self.terms.layer_exploit_rate) / neutral

    def unfamiliarity(self, k: int, age_days: float, integration: float | None = None) -> float:
        """How strange LRT k looks, in [0, 1], from terms that anybody can observe and never from its name.

            .30 * 2^(-age / 180 d) + .20 * 2^(-audits / 2) + .10 * custody (0, .5, 1) + .15 / assets accepted
            + .25 * (1 - integration)

        The weights are assumptions; so is that the terms add.

        Args:
            k: index of the LRT; ``LAYER`` is 0, as the layer is what all of them share.
            age_days: days since its launch; negative counts as 0.
            integration: integration in DeFi now; the scenario's initial one when None.
        """
        if k == LAYER:
            return 0.0
        protocol = self._protocols[k]
        integrated = protocol.initial_integration if integration is None else integration
        assets = max(1, len(protocol.accepts) + int(protocol.native))
        return float(
            UNFAMILIAR_AGE * 0.5 ** (max(0.0, age_days) / FAMILIAR_AGE)
            + UNFAMILIAR_AUDITS * 0.5 ** (protocol.audits / AUDITS_THAT_HALVE)
            + UNFAMILIAR_CUSTODY * _CUSTODY_DISTANCE[protocol.custody]
            + UNFAMILIAR_ASSETS / assets
            + UNFAMILIAR_INTEGRATION * (1.0 - min(max(integrated, 0.0), 1.0))
        )


def _unprotected(audits: int, age_days: float, half_life_days: float) -> float:
    protection = (1.0 - 0.5 ** (audits / AUDITS_THAT_HALVE)) * 0.5 ** (age_days / half_life_days)
    return 1.0 - AUDIT_EFFECT * protection


def _daily_probability(rate: float) -> float:
    """Chance of at least one event in a day of a Poisson process."""
    return -math.expm1(-rate / DAYS_PER_YEAR)
