"""LRT protocols: what they answer to lost share and to outflows, and what they leave alone."""

from collections.abc import Iterator

import numpy as np
import pytest

from restaking.agents.lrt_protocol import (
    BUFFER_STEP,
    GENEROSITY_STEP,
    LARGEST_BUFFER,
    LOST_SHARE,
    MOST_GENEROUS,
    LRTProtocol,
)
from restaking.model import RestakingEcosystem
from restaking.model.state import NOBODY

ALPHA, BETA, GAMMA = range(3)


@pytest.fixture
def model() -> Iterator[RestakingEcosystem]:
    """A small world on day zero: alpha and beta run, gamma opens later."""
    with RestakingEcosystem("baseline", **{"stakers.count": 50, "days": 10}) as ecosystem:
        yield ecosystem


def scale_supply(protocol: LRTProtocol, factor: float) -> None:
    protocol.book["shares"] *= factor


def test_a_protocol_reads_its_own_row(model: RestakingEcosystem) -> None:
    for k, protocol in enumerate(model.protocols):
        assert protocol.venue == model.first_lrt + k and protocol.name == model.venue_names[protocol.venue]
        protocol.book["shares"], protocol.terms["nav"] = 3.0 + k, 2.0
        assert protocol.supply_eth == 2.0 * (3.0 + k) == model.lrt_supplies[k]


def test_market_shares_sum_to_one_and_are_zero_in_an_empty_market(model: RestakingEcosystem) -> None:
    assert sum(protocol.market_share for protocol in model.protocols) == pytest.approx(1.0)
    model.world.books["shares"][model.first_lrt :] = 0.0
    assert [protocol.market_share for protocol in model.protocols] == [0.0] * len(model.protocols)


def test_holders_are_counted_from_the_stakers(model: RestakingEcosystem) -> None:
    satellites = model.world.stakers["satellite"]
    for protocol in model.protocols:
        assert protocol.holders == int((satellites == protocol.venue).sum())
    satellites[:] = NOBODY
    assert model.protocols[ALPHA].holders == 0
    satellites[:7] = model.protocols[ALPHA].venue
    assert model.protocols[ALPHA].holders == 7


# --- lost share -------------------------------------------------------------------------------------------------------


def test_lost_share_is_answered_with_a_larger_campaign(model: RestakingEcosystem) -> None:
    protocol, campaign = model.protocols[ALPHA], model.campaigns.campaigns[ALPHA]
    scale_supply(protocol, 0.5)
    protocol.step()
    assert campaign.generosity == 1.0 + GENEROSITY_STEP
    assert protocol.share_before == protocol.market_share
    protocol.step()  # nothing has been lost since
    assert campaign.generosity == 1.0 + GENEROSITY_STEP
    assert [c.generosity for c in model.campaigns.campaigns[BETA:]] == [1.0] * (len(model.campaigns.campaigns) - 1)


@pytest.mark.parametrize(("lost", "answered"), [(0.5 * LOST_SHARE, False), (1.5 * LOST_SHARE, True)])
def test_small_losses_are_not_answered(model: RestakingEcosystem, lost: float, answered: bool) -> None:
    protocol = model.protocols[ALPHA]
    protocol.share_before = protocol.market_share + lost
    protocol.answer_lost_share()
    assert (model.campaigns.campaigns[ALPHA].generosity > 1.0) is answered


def test_gains_are_not_answered(model: RestakingEcosystem) -> None:
    scale_supply(model.protocols[ALPHA], 3.0)
    model.protocols[ALPHA].step()
    assert model.campaigns.campaigns[ALPHA].generosity == 1.0


def test_the_token_treasury_is_finite(model: RestakingEcosystem) -> None:
    protocol = model.protocols[ALPHA]
    for _ in range(20):
        protocol.share_before = 1.0
        protocol.answer_lost_share()
    assert model.campaigns.campaigns[ALPHA].generosity == MOST_GENEROUS


# --- outflows ---------------------------------------------------------------------------------------------------------


def buffers(protocol: LRTProtocol, weeks: int) -> np.ndarray:
    targets = []
    for _ in range(weeks):
        protocol.mind_buffer()
        targets.append(float(protocol.book["buffer_fraction"]))
    return np.array(targets)


def test_the_buffer_target_rises_while_claims_exceed_it_and_falls_back_after(model: RestakingEcosystem) -> None:
    protocol = model.protocols[ALPHA]
    own = model.scenario.lrt["alpha"].buffer_fraction
    protocol.book["claims"] = 0.9 * protocol.supply_eth
    rising = buffers(protocol, 12)
    expected = np.minimum(own * BUFFER_STEP ** np.arange(1, 13), LARGEST_BUFFER)
    np.testing.assert_allclose(rising, expected)
    protocol.book["claims"] = 0.0
    falling = buffers(protocol, 12)
    np.testing.assert_allclose(falling, np.maximum(LARGEST_BUFFER / BUFFER_STEP ** np.arange(1, 13), own))


def test_claims_within_the_target_change_nothing(model: RestakingEcosystem) -> None:
    protocol = model.protocols[ALPHA]
    own = float(protocol.book["buffer_fraction"])
    protocol.book["claims"] = 0.5 * own * protocol.supply_eth
    assert (buffers(protocol, 3) == own).all()


def test_who_keeps_more_than_the_largest_buffer_keeps_it() -> None:
    with RestakingEcosystem("baseline", **{"stakers.count": 50, "lrt.alpha.buffer_fraction": 0.6}) as model:
        protocol = model.protocols[ALPHA]
        protocol.book["claims"] = 0.9 * protocol.supply_eth
        assert (buffers(protocol, 3) == 0.6).all()


def test_a_protocol_that_has_not_launched_sits_still(model: RestakingEcosystem) -> None:
    protocol = model.protocols[GAMMA]
    protocol.share_before, protocol.book["claims"] = 1.0, 5.0
    target = float(protocol.book["buffer_fraction"])
    protocol.step()
    assert protocol.share_before == 1.0 and protocol.book["buffer_fraction"] == target
    assert model.campaigns.campaigns[GAMMA].generosity == 1.0


def test_protocols_are_mesa_agents_of_the_model(model: RestakingEcosystem) -> None:
    registered = model.agents_by_type[LRTProtocol]
    assert sorted(agent.number for agent in registered) == list(range(len(model.protocols)))
    assert len({agent.unique_id for agent in registered}) == len(model.protocols)


# --- withdrawals ------------------------------------------------------------------------------------------------------

CUSTODIAL = {"lrt.alpha.custody": "custodial"}


@pytest.mark.parametrize(
    ("custody", "uncovered", "stops"),
    [("custodial", 0.06, True), ("custodial", 0.04, False), ("delegated", 0.9, False), ("non_custodial", 0.9, False)],
)
def test_a_custodian_shuts_the_door_when_more_is_asked_for_than_is_at_hand(
    custody: str, uncovered: float, stops: bool
) -> None:
    with RestakingEcosystem("baseline", **{"stakers.count": 50, "lrt.alpha.custody": custody}) as model:
        protocol = model.protocols[ALPHA]
        protocol.book["claims"] = protocol.book["buffer"] + uncovered * protocol.supply_eth
        protocol.step()
        assert bool(protocol.terms["redemption_open"]) is not stops
        assert [event.cause for event in model.recorder.events] == (["custodian"] if stops else [])


def run_on_alpha(custody: str, seed: int, days: int = 90) -> RestakingEcosystem:
    """Two fifths of alpha are stolen on day 60, and everybody looks.

    Custody has no say in hazards or fears here, only in withdrawals.
    """
    same = {f"hazards.custody_factor.{kind}": 1.0 for kind in ("non_custodial", "delegated", "custodial")}
    settings = {
        "stakers.count": 1_000,
        "hazards.enabled": False,
        "hazards.custodial_pause_claims": 0.01,
        "hazards.events": [{"day": 60, "kind": "exploit", "target": "alpha", "size": 0.4}],
        "stakers.unfamiliarity_scale": 0.0,
        "stakers.salience": 20.0,
        "lrt.alpha.custody": custody,
        **same,
    }
    model = RestakingEcosystem("baseline", seed=seed, **settings)
    model.run(days)
    return model


def month_after(custody: str, seed: int) -> tuple[float, float, int]:
    """Redemptions and the deepest discount in the month after the theft, and stops."""
    model = run_on_alpha(custody, seed)
    names = model.recorder.kinds["lrt"][1]
    redeemed, discount = (
        model.recorder.entity["lrt"][61:91, ALPHA, names.index(name)] for name in ("redeemed_eth", "discount")
    )
    stops = sum(event.type == "pause" for event in model.recorder.events)
    return float(redeemed.sum()), float(discount.max()), stops


def test_a_run_on_a_custodial_token_goes_through_its_pool() -> None:
    """Paired: fewer redemptions and a deeper discount where the custodian can stop them."""
    free = np.array([month_after("non_custodial", seed) for seed in (1, 2, 3)]).mean(axis=0)
    shut = np.array([month_after("custodial", seed) for seed in (1, 2, 3)]).mean(axis=0)
    assert free[2] == 0.0 < shut[2]
    assert shut[0] < free[0] and shut[1] > free[1]


def test_what_a_custodian_has_shut_pays_what_was_asked_for_and_opens() -> None:
    model = run_on_alpha("custodial", 1, days=300)
    stops = [event.day for event in model.recorder.events if event.type == "pause"]
    assert stops and stops[-1] + model.scenario.hazards.custodial_pause_days < 300
    protocol = model.protocols[ALPHA]
    assert protocol.terms["redemption_open"] and protocol.book["claims"] <= protocol.book["buffer"]
    assert (model.world.claims_due[protocol.venue, : stops[-1]] == 0.0).all()
