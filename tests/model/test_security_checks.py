"""The certificate of a run, who binds it, and exact tools that look at the network on sampled days."""

from typing import Any

import numpy as np
import pytest

from restaking.model import RestakingEcosystem
from restaking.model.kernels.certificate import MOST_SLACK
from restaking.model.ledger import LedgerError
from restaking.model.security.certificate import certificate

SMALL = {"stakers.count": 200, "days": 210, "restaking.slashing_live_day": 0}


def finished(**settings: Any) -> RestakingEcosystem:
    model = RestakingEcosystem("baseline", seed=1, **{**SMALL, **settings})
    model.run(model.horizon)
    return model


@pytest.mark.parametrize("mode", ["pooled", "unique", "elastic"])
@pytest.mark.parametrize("profit_share", [0.01, 0.5])
def test_no_attack_on_what_operators_allocate_beats_the_certificate(mode: str, profit_share: float) -> None:
    settings = {"restaking.stake_mode": mode, "avs.availability.profit_share": profit_share, "days": 60}
    with finished(**settings, **{"recording.exact_security_interval": 20}) as model:
        daily = model.recorder.daily_frame().set_index("day")["certified_slack"]
        exact = {event.day: event.amount for event in model.recorder.events if event.type == "security_check"}
        assert list(exact) == [20, 40, 60]
        assert all(exact[day] >= daily[day] - 1e-9 for day in exact)
        network = model.measures.restaking_network()
        assert network is not None
        assert (network.allocations is None) == (mode == "pooled")
        assert daily.iloc[-1] == pytest.approx(float(certificate(network).slack or 0.0), rel=1e-9)
        if profit_share == 0.5:
            assert daily.iloc[-1] < 0.0


@pytest.mark.parametrize("size", [0.9, 1.0])
def test_a_loss_of_stake_leaves_the_certificate_where_it_was(size: float) -> None:
    # Prizes are shares of what answers to a service: less of it everywhere changes neither side of the condition.
    loss = {"day": 9, "kind": "slash", "target": "all", "size": size}
    with finished(**{"hazards.events": [loss], "days": 20, "recording.exact_security_interval": 1}) as hit:
        slack = hit.recorder.daily_frame()["certified_slack"].to_numpy()
    with finished(days=20) as calm:
        usual = calm.recorder.daily_frame()["certified_slack"].to_numpy()
    np.testing.assert_allclose(slack[8:13], usual[8:13], rtol=1e-9)


@pytest.fixture(scope="module")
def checked() -> RestakingEcosystem:
    return finished(**{"recording.exact_security_interval": 70})


def test_exact_tools_agree_with_the_certificate(checked: RestakingEcosystem) -> None:
    events = [event for event in checked.recorder.events if event.type == "security_check"]
    assert [event.day for event in events] == [70, 140, 210]
    daily = checked.recorder.daily_frame().set_index("day")
    for event in events:
        certified = float(daily.loc[event.day, "certified_slack"])
        assert event.amount >= certified * (1.0 - 1e-9)
        assert event.cause in ("enumeration", "programme", "bounds")
    assert any(np.isfinite(event.amount) and event.amount < MOST_SLACK for event in events)


def test_a_check_changes_nothing_else(checked: RestakingEcosystem) -> None:
    with finished() as plain:
        assert plain.recorder.daily.tobytes() == checked.recorder.daily.tobytes()
        for kind in ("lrt", "operator", "venue"):
            assert plain.recorder.entity[kind].tobytes() == checked.recorder.entity[kind].tobytes(), kind


def test_a_certificate_that_claims_too_much_is_found(checked: RestakingEcosystem) -> None:
    with pytest.raises(LedgerError, match="less than the certified"):
        checked.measures._check_exactly(checked.day, MOST_SLACK)


def test_the_smallest_slack_of_an_operator_is_that_of_the_network(checked: RestakingEcosystem) -> None:
    network = checked.measures.restaking_network()
    assert network is not None
    proof = certificate(network)
    own = dict(zip(checked.restaking_layer.operator_names, checked.measures._own_slack, strict=True))
    smallest = min(own.values())
    assert smallest == pytest.approx(float(proof.slack or 0.0), rel=1e-9)
    binding = [name for name, slack in own.items() if slack <= smallest * (1.0 + 1e-12)]
    assert set(proof.operators) <= set(binding)
    daily = checked.recorder.daily_frame().iloc[-1]
    assert daily["certified_slack"] == smallest
    stakes = {name: float(stake) for name, stake in network.stakes.items()}
    share = stakes[binding[0]] / sum(stakes.values())
    assert daily["binding_operator_share"] == pytest.approx(share, rel=1e-9)


# --- the layer stops --------------------------------------------------------------------------------------------------


def open_days(model: RestakingEcosystem) -> np.ndarray:
    """(days + 1, LRTs) whether redemption is open at the start and after each day."""
    frame = model.recorder.entities_frame()
    lrts = frame[frame["kind"] == "lrt"]
    return lrts.pivot(index="day", columns="id", values="redemption_open").to_numpy().astype(bool)


def test_a_stop_of_the_layer_hits_everybody_at_once_and_ends() -> None:
    quiet: dict[str, Any] = {f"lrt.{name}.redemption_open_day": 0 for name in ("alpha", "beta", "gamma", "delta")}
    quiet |= {"hazards.lrt_exploit_rate": 0.0, "hazards.layer_exploit_rate": 0.0, "hazards.defi_exploit_rate": 0.0}
    with finished(**quiet, **{"hazards.layer_pause_rate": 2.0, "hazards.layer_pause_days": 9}) as model:
        stops = [event for event in model.recorder.events if event.type == "pause"]
        assert stops and all(event.subject == "restaking" and event.cause == "hazard" for event in stops)
        is_open = open_days(model)
        first = stops[0].day
        assert is_open[first].all()
        assert not is_open[first + 1 : first + 10].any()
        covered = np.zeros(len(is_open), bool)
        for stop in stops:
            covered[stop.day + 1 : stop.day + 10] = True
        assert (is_open.all(axis=1) == ~covered).all()
        model.check_invariants()
    with finished(**quiet) as calm:
        assert open_days(calm).all()


def test_a_stop_of_the_layer_stops_native_restakers_too() -> None:
    stop = {"day": 20, "kind": "pause", "target": "restaking", "size": 60.0}
    with finished(**{"hazards.events": [stop], "days": 75, "stakers.count": 1_000}) as model:
        venue = list(model.venue_names).index("native")
        assert model.world.venues["redemption_open"][venue] == 0
        assert model.world.claims_due[venue, 21:75].sum() == 0.0
        assert (model.world.stakers["pending_day"][model.world.stakers["pending_route"] == venue] <= 20).all()


def test_what_has_not_opened_yet_does_not_open_when_a_stop_ends() -> None:
    stop = {"day": 20, "kind": "pause", "target": "all", "size": 10.0}
    with finished(**{"hazards.events": [stop], "lrt.beta.redemption_open_day": 100, "days": 120}) as model:
        frame = model.recorder.entities_frame()
        beta = frame[(frame["kind"] == "lrt") & (frame["id"] == "beta")].set_index("day")["redemption_open"]
        assert not beta.loc[:100].any()
        assert beta.loc[101:].all()


def test_nobody_deposits_into_a_token_that_has_lost_everything() -> None:
    exploit = {"day": 10, "kind": "exploit", "target": "alpha", "size": 1.0}
    with finished(**{"hazards.events": [exploit], "days": 60}) as model:
        venue = list(model.venue_names).index("alpha")
        assert model.world.venues["deposit_open"][venue] == 0
        minted = model.recorder.entities_frame().query("kind == 'lrt' and id == 'alpha' and day > 11")["minted_eth"]
        assert minted.sum() == 0.0
