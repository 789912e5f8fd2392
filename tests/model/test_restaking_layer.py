"""The restaking layer: who is paid what by whom, who loses what, and where delegated stake goes."""

import itertools
import json

import numpy as np
import pytest

from restaking.model.concentration import hhi
from restaking.model.kernels import restaking as kernel
from restaking.model.randomness import SeedTree
from restaking.model.restaking_layer import LARGEST_OPERATOR_SHARE, RestakingLayer
from tests.oracle.random_restaking import VENUES, make_layer, make_scenario, random_layer, random_stakes

STAKE = np.array([4e5, 2e5, 8e5, 1e5, 5e4])
SEEDS = range(12)
ONE_OPERATOR = {"count": 1, "self_stake_eth": 0.0, "commission_spread": 0.0, "commission": 0.1, "cost_per_avs_eth": 0.0}


def run(layer: RestakingLayer, days: int, stake: np.ndarray = STAKE) -> RestakingLayer:
    for day in range(days):
        layer.accrue(day, stake)
        if day % 7 == 6:
            layer.week(day, stake)
    return layer


def yearly_rewards(days: int = 200, **tables: object) -> float:
    layer, total = make_layer(**tables), 0.0
    for day in range(days):
        rewards = layer.accrue(day, STAKE)
        total += rewards.fees_total + rewards.tokens_total
        if day % 7 == 6:
            layer.week(day, STAKE)
    return total * 365.0 / days


# --- rewards ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_paid_is_received_to_the_last_bit_of_rounding(seed: int):
    layer, stakes = random_layer(seed), random_stakes(seed, 120)
    received = 0.0
    for day, stake in enumerate(stakes):
        rewards = layer.accrue(day, stake)
        today = sum(
            float(part.sum())
            for part in (rewards.fees_by_venue, rewards.tokens_by_venue, rewards.commission_by_operator)
        )
        assert today == pytest.approx(rewards.fees_total + rewards.tokens_total, rel=1e-13)
        assert min(rewards.fees_by_venue.min(), rewards.tokens_by_venue.min(), today) >= 0.0
        received += today
        layer.faults(day, stake, True)
        if day % 7 == 6:
            layer.week(day, stake)
    paid = float(layer.avs["fees_paid"].sum() + layer.avs["tokens_paid"].sum())
    assert received == pytest.approx(paid, rel=1e-11)
    assert float(layer.operators["earned"].sum()) <= paid * (1.0 + 1e-12)


def test_one_operator_and_one_service_by_hand():
    avs = {
        "oracle": {"arrival_day": 0, "fees_eth_per_year": 100.0, "payout": 0.5, "token_emission_eth_per_year": 365.0}
    }
    avs["oracle"] |= {"token_buyers_eth_per_year": 1e6}
    layer = make_layer(avs=avs, operators=ONE_OPERATOR)
    rewards = layer.accrue(0, STAKE)
    assert rewards.fees_total == pytest.approx(50.0 / 365.0)
    assert rewards.tokens_total == pytest.approx(1.0)
    assert rewards.tokens_by_venue == pytest.approx(0.9 * STAKE / STAKE.sum())
    assert rewards.commission_by_operator == pytest.approx([0.1 * (1.0 + 50.0 / 365.0)])
    assert rewards.token_apr == pytest.approx(np.full(5, 0.9 * 365.0 / STAKE.sum()))


def test_own_stake_pays_no_commission():
    operators = ONE_OPERATOR | {"self_stake_eth": STAKE.sum(), "commission": 0.5}
    rewards = make_layer(operators=operators).accrue(0, STAKE)
    total = rewards.fees_total + rewards.tokens_total
    assert rewards.commission_by_operator[0] == pytest.approx(0.75 * total)


def test_twice_the_stake_halves_the_rate():
    layer = make_layer(operators={"self_stake_eth": 0.0})
    before = layer.accrue(0, STAKE).token_apr.copy()
    after = layer.accrue(0, 2.0 * STAKE).token_apr
    assert after == pytest.approx(0.5 * before)


def test_token_rewards_are_worth_what_buyers_pay():
    terms = {"arrival_day": 0, "token_emission_eth_per_year": 500.0, "token_buyers_eth_per_year": 400.0}
    layer = make_layer(avs={"oracle": terms | {"buyers_half_life_days": 100.0}}, operators=ONE_OPERATOR)
    yearly = [365.0 * layer.accrue(day, STAKE).tokens_total for day in (0, 100, 200)]
    assert yearly == pytest.approx([400.0, 200.0, 100.0])
    assert layer.emission_asked == pytest.approx(500.0) and layer.emission_paid == pytest.approx(100.0)
    assert 365.0 * layer.accrue(100, STAKE, sentiment=0.5).tokens_total == pytest.approx(100.0)
    assert 365.0 * layer.accrue(0, STAKE, sentiment=9.0).tokens_total == pytest.approx(500.0), "no more than asked"


def test_without_stake_nobody_pays():
    layer = make_layer(operators={"self_stake_eth": 0.0})
    rewards = layer.accrue(0, np.zeros(5))
    assert rewards.fees_total == rewards.tokens_total == 0.0
    assert layer.avs["tokens_paid"].sum() == 0.0


def test_ablation_fees_and_tokens_each_carry_their_part_of_the_reward():
    terms = {"arrival_day": 0, "fees_eth_per_year": 400.0, "token_emission_eth_per_year": 300.0}
    full = yearly_rewards(avs={"oracle": terms})
    without_fees = yearly_rewards(avs={"oracle": terms | {"fees_eth_per_year": 0.0}})
    without_tokens = yearly_rewards(avs={"oracle": terms | {"token_emission_eth_per_year": 0.0}})
    assert without_fees < 0.8 * full
    assert without_tokens < 0.8 * full


def test_abundant_stake_lowers_the_rate_of_pay_and_shortage_raises_it():
    def rate(target: float) -> float:
        layer = make_layer(avs={"oracle": {"arrival_day": 0, "security_target_eth": target}})
        return float(run(layer, 140).avs["rate"][0])

    assert rate(1e4) < 0.6 < 1.4 < rate(1e8)


# --- services ---------------------------------------------------------------------------------------------------------


def test_services_of_one_table_arrive_over_its_spread():
    avs = {
        "oracle": {"count": 3, "arrival_day": 10, "arrival_spread_days": 20.0},
        "bridge": {"arrival_day": "2024-01-06"},
    }
    layer = make_layer(avs=avs)
    assert layer.avs_names == ["oracle", "oracle-2", "oracle-3", "bridge"]
    assert layer.avs["arrival_day"].tolist() == [10, 20, 30, 5]
    started = {}
    for day in range(40):
        layer.accrue(day, STAKE)
        started |= {event.subject: event.day for event in layer.take_events()}
    assert started == {"bridge": 5, "oracle": 10, "oracle-2": 20, "oracle-3": 30}


def test_a_service_that_was_there_before_makes_no_news_and_is_served_from_the_start():
    layer = make_layer(avs={"oracle": {"arrival_day": -30}})
    assert layer.accrue(0, STAKE).tokens_total > 0.0
    assert layer.take_events() == []
    assert layer.avs["operators"][0] > 0


def test_a_token_without_buyers_ends_a_service_and_customers_keep_one():
    doomed = {"arrival_day": 0, "fees_eth_per_year": 0.0, "buyers_half_life_days": 20.0}
    doomed |= {"minimum_days": 60, "patience_days": 70}
    useful = doomed | {"fees_eth_per_year": 5_000.0, "security_target_eth": 1e4}
    layer = make_layer(avs={"doomed": doomed, "useful": useful})
    run(layer, 365)
    ends = {event.subject: event.day for event in layer.take_events() if event.type == "avs_end"}
    assert set(ends) == {"doomed"} and ends["doomed"] >= 60 + 7
    assert layer.avs["active"].tolist() == [0, 1]
    assert layer.opted[:, 0].sum() == 0 and layer.allocation[:, 0].sum() == 0.0
    assert layer.avs["stake"][0] == layer.avs["token_pay"][0] == 0.0


def test_vague_slashing_earns_less_from_customers_and_slashes_nobody():
    terms = {"arrival_day": 0, "fees_eth_per_year": 500.0, "security_target_eth": 1e5}
    faulty = {"fault_rate": 2.0, "self_stake_eth": 0.0}
    clear, vague = (
        make_layer(avs={"oracle": terms | {"clear_slashing": rule}}, operators=faulty) for rule in (True, False)
    )
    lost = {True: 0.0, False: 0.0}
    for rule, layer in ((True, clear), (False, vague)):
        for day in range(140):
            layer.accrue(day, STAKE)
            lost[rule] += layer.faults(day, STAKE, True)[0].sum()
            if day % 7 == 6:
                layer.week(day, STAKE)
    assert vague.avs["service_level"][0] <= 0.3 < 0.6 < clear.avs["service_level"][0]
    assert vague.avs["fees_paid"][0] < 0.5 * clear.avs["fees_paid"][0]
    assert lost[False] == 0.0 < 1e4 < lost[True]
    assert vague.operators["faults"].sum() > 0, "faults happen all the same"


# --- stake modes ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_allocations_respect_the_stake_mode(seed: int):
    layer = random_layer(seed)
    run(layer, 70)
    degree = layer.board.degree
    assert ((layer.allocation > 0.0) <= (layer.opted == 1)).all()
    if degree == 0.0:
        assert (layer.allocation == layer.opted).all()
    else:
        assert layer.allocation.sum(axis=1).max() <= degree + 1e-12
        assert layer.allocation.max() <= 1.0 + 1e-12


def losses_by_mode(services: int, fraction: float) -> dict[str, float]:
    """Losses of the same faults and the same services in each stake mode."""
    lost = {}
    for mode in ("pooled", "elastic", "unique"):
        avs = {"oracle": {"count": services, "arrival_day": 0, "slash_fraction": fraction}}
        layer = make_layer(avs=avs, operators={"fault_rate": 3.0}, restaking={"stake_mode": mode})
        layer.accrue(0, STAKE)
        for o in range(layer.operators.size):
            layer.file_services(o, dict.fromkeys(range(services), 1.0))
            kernel.allocate(layer.opted[o], layer.allocation[o], layer.avs, layer.board.degree)
        layer.reindex()
        layer.operators["hazard"] = 3.0
        lost[mode] = 0.0
        for day in range(60):
            losses, _ = layer.faults(day, STAKE, True)
            lost[mode] += losses.sum()
    return lost


def test_ablation_pooled_stake_loses_more_than_elastic_and_that_more_than_unique():
    lost = losses_by_mode(services=6, fraction=0.1)
    assert lost["pooled"] > 2.0 * lost["elastic"] > 3.0 * lost["unique"] > 0.0


def test_stake_modes_agree_on_a_single_service():
    lost = losses_by_mode(services=1, fraction=0.1)
    assert lost["pooled"] == pytest.approx(lost["elastic"]) == pytest.approx(lost["unique"])


def one_operator_layer(mode: str, allocations: dict[int, float], fraction: float = 0.5) -> RestakingLayer:
    avs = {"first": {"arrival_day": 0, "slash_fraction": fraction}}
    avs["second"] = {"arrival_day": 0, "clear_slashing": False}
    layer = make_layer(avs=avs, operators=ONE_OPERATOR, restaking={"stake_mode": mode})
    layer.accrue(0, STAKE)
    layer.file_services(0, allocations)
    layer.reindex()
    layer.operators["hazard"] = 1e9
    return layer


def test_what_an_elastic_slash_leaves_stretches():
    layer = one_operator_layer("elastic", {0: 0.6, 1: 0.8})
    losses, events = layer.faults(1, STAKE, True)
    assert losses == pytest.approx(0.3 * STAKE)
    assert layer.allocation[0] == pytest.approx([0.3 / 0.7, 1.0])
    assert [(e.subject, e.object, e.cause) for e in events] == [("first", "operator-01", "own fault")]
    assert events[0].amount == pytest.approx(0.3 * STAKE.sum())


def test_unique_stake_answers_only_with_what_is_allocated():
    layer = one_operator_layer("unique", {0: 0.25, 1: 0.75})
    losses, _ = layer.faults(1, STAKE, True)
    assert losses == pytest.approx(0.125 * STAKE)
    assert layer.allocation[0] == pytest.approx([0.125 / 0.875, 0.75 / 0.875])


def test_slashes_of_one_fault_never_exceed_the_stake():
    avs = {"oracle": {"count": 4, "arrival_day": 0, "slash_fraction": 0.4}}
    layer = make_layer(avs=avs, operators=ONE_OPERATOR)
    layer.accrue(0, STAKE)
    layer.file_services(0, dict.fromkeys(range(4), 1.0))
    layer.reindex()
    layer.operators["hazard"] = 1e9
    losses, events = layer.faults(1, STAKE, True)
    assert losses == pytest.approx(STAKE)
    assert sum(event.amount for event in events) == pytest.approx(STAKE.sum())


# --- faults -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_losses_are_attributed_by_delegation_and_every_eth_has_an_event(seed: int):
    layer, stakes = random_layer(seed), random_stakes(seed, 90)
    layer.operators["self_stake"] = 50.0
    for day, stake in enumerate(stakes):
        layer.accrue(day, stake)
        own, by_operator = layer.operators["self_stake"].copy(), layer.operators["slashed"].copy()
        held = layer.delegation * stake[:, None]
        losses, events = layer.faults(day, stake, True)
        burned = float((own - layer.operators["self_stake"]).sum())
        assert (losses >= 0.0).all() and (losses <= stake * (1.0 + 1e-12)).all()
        assert sum(event.amount for event in events) == pytest.approx(losses.sum() + burned, abs=1e-6)
        assert (layer.operators["slashed"] - by_operator).sum() == pytest.approx(losses.sum() + burned, abs=1e-6)
        assert layer.delegation.sum(axis=1) == pytest.approx(np.ones(5))
        spared = layer.operators["slashed"] == by_operator
        left = layer.delegation * (stake - losses)[:, None]
        kept = losses < stake * (1.0 - 1e-9)
        assert left[kept][:, spared] == pytest.approx(held[kept][:, spared], rel=1e-9, abs=1e-6)
        if day % 7 == 6:
            layer.week(day, stake)


def test_faults_before_slashing_is_live_cost_nothing_but_the_record():
    restaking = {"slashing_live_day": 50}
    layer = make_layer(operators={"fault_rate": 60.0}, restaking=restaking)
    run(layer, 7)
    lost = {day: layer.faults(day, STAKE, True)[0].sum() for day in range(7, 60)}
    assert all(amount == 0.0 for day, amount in lost.items() if day < 50)
    assert sum(lost.values()) > 0.0
    assert layer.faults(60, STAKE, hazards_on=False) == (pytest.approx(np.zeros(5)), [])
    assert layer.operators["fault_memory"].sum() > 0.0


def test_strain_beyond_capacity_raises_the_hazard():
    layer = make_layer(avs={"oracle": {"count": 8, "arrival_day": 0}}, operators=ONE_OPERATOR | {"fault_rate": 1.0})
    layer.operators["capacity"] = 4.0
    hazards = []
    for count in (4, 8):
        layer.file_services(0, dict.fromkeys(range(count), 1.0))
        layer.reindex()
        hazards.append(float(layer.operators["hazard"][0]))
    assert hazards[1] == pytest.approx(5.0 * hazards[0])


def daily_losses(correlation: float, days: int) -> np.ndarray:
    """Share of operators at fault by day, all alike, capacity never exceeded."""
    operators = {"count": 40, "fault_rate": 3.0, "client_correlation": correlation, "skill_spread": 0.0, "clients": 4}
    layer = make_layer(operators=operators)
    for o in range(40):
        layer.file_services(o, {0: 1.0})
    layer.reindex()
    return np.array([layer._draw_faults(day) / 40.0 for day in range(days)])


def test_ablation_correlation_moves_the_variance_of_losses_and_not_their_mean():
    independent, correlated = daily_losses(0.0, 4_000), daily_losses(0.6, 4_000)
    assert correlated.mean() == pytest.approx(independent.mean(), rel=0.25)
    assert correlated.var() > 4.0 * independent.var()


def test_expected_variance_of_slashing_rises_with_correlation_and_matches_the_sources():
    def variance(correlation: float) -> float:
        layer = make_layer(operators={"client_correlation": correlation, "skill_spread": 0.0, "fault_rate": 0.1})
        layer.accrue(0, STAKE)
        for o in range(layer.operators.size):
            layer.file_services(o, {0: 1.0})
        layer.reindex()
        assert layer.expected_slashing() == pytest.approx(np.full(5, 0.1 * 0.05))
        return float(layer.slashing_variance()[0])

    assert variance(1.0) > 1.5 * variance(0.0) > 0.0


@pytest.mark.parametrize(
    ("target", "share"), [("all", 0.1), ("restaking", 0.1), ("operator-01", None), ("oracle", None), ("beta", None)]
)
def test_a_slash_of_the_calendar_hits_its_target(target: str, share: float | None):
    layer = make_layer(avs={"oracle": {"arrival_day": 0, "count": 2}}, operators={"self_stake_eth": 0.0})
    layer.accrue(0, STAKE)
    with_first, serving = layer.delegation[:, 0].copy(), layer.operators["avs_count"].copy()
    held = layer.delegation.copy()
    losses, events = layer.slash(1, target, 0.1, STAKE)
    assert sum(event.amount for event in events) == pytest.approx(losses.sum())
    assert all(event.cause == "scheduled" for event in events)
    if share is not None:
        assert losses == pytest.approx(share * STAKE)
    if target == "operator-01":
        assert losses == pytest.approx(0.1 * STAKE * with_first)
    if target == "oracle":
        assert losses == pytest.approx(0.1 * STAKE * (held @ serving))
    if target == "beta":
        assert losses == pytest.approx(np.where(np.array(VENUES) == "beta", 0.1 * STAKE, 0.0))


def test_a_slash_of_nobody_is_an_error():
    with pytest.raises(KeyError, match="no operator, AVS or restaking venue is called 'nobody'"):
        make_layer().slash(1, "nobody", 0.1, STAKE)


# --- delegation -------------------------------------------------------------------------------------------------------


def test_first_delegations_are_concentrated_as_the_scenario_says():
    even, steep = (make_layer(operators={"count": 25, "stake_concentration": z}).delegation[0] for z in (0.0, 1.1))
    assert hhi(even) < 0.06 < 0.1 < hhi(steep)
    assert np.sort(steep)[-7:].sum() == pytest.approx(0.75, abs=0.08), "7 operators held about 75 % in February 2025"


def test_a_protocol_uses_as_many_operators_as_it_says_and_trusts_none_too_much():
    layer = make_layer(operators={"count": 20}, lrt={"alpha": {"operator_count": 3}, "beta": {"operator_count": 1}})
    run(layer, 7)
    used = (layer.delegation > 0.0).sum(axis=1)
    assert used[2] >= 3 and used[3] >= 1
    first = make_layer(operators={"count": 20}, lrt={"alpha": {"operator_count": 3}, "beta": {"operator_count": 1}})
    assert (first.delegation > 0.0).sum(axis=1)[2:4].tolist() == [3, 1]
    assert first.delegation[4].max() <= LARGEST_OPERATOR_SHARE + 1e-12
    assert first.delegation[0].max() > LARGEST_OPERATOR_SHARE, "restakers on their own are free"


def test_large_protocols_spread_over_more_operators():
    layer = make_layer(operators={"count": 30})
    layer.start(0, np.array([1e5, 1e5, 1e6, 1e5, 0.0]))
    assert (layer.delegation > 0.0).sum(axis=1).tolist() == [30, 30, 20, 5, 5]


def operator_hhi(attachment: float, weeks: int = 150) -> float:
    operators = {"count": 25, "stake_concentration": 0.0, "attachment": attachment, "fault_rate": 0.0}
    layer = make_layer(operators=operators, avs={"oracle": {"arrival_day": 0}})
    stake = STAKE.copy()
    for week in range(weeks):
        layer.accrue(7 * week, stake)
        layer.week(7 * week, stake)
        stake *= 1.02
    return hhi(layer.operator_stake)


def test_ablation_preferential_attachment_concentrates_operators():
    none, default, strong = (operator_hhi(exponent) for exponent in (0.0, 0.8, 1.3))
    assert none < 0.07
    assert default > 1.2 * none
    assert strong > 2.0 * default


def test_delegators_leave_an_operator_with_a_record():
    clean, dirty = make_layer(operators={"count": 6}), make_layer(operators={"count": 6})
    for layer in (clean, dirty):
        layer.accrue(0, STAKE)
    dirty.operators["fault_memory"][0] = 3.0
    for week in range(1, 12):
        for layer in (clean, dirty):
            layer.accrue(7 * week, 1.05**week * STAKE)
            layer.week(7 * week, 1.05**week * STAKE)
    assert dirty.delegation[0, 0] < 0.8 * clean.delegation[0, 0]


@pytest.mark.parametrize("seed", SEEDS)
def test_delegations_stay_shares(seed: int):
    layer, stakes = random_layer(seed), random_stakes(seed, 120)
    for day, stake in enumerate(stakes):
        layer.accrue(day, stake)
        layer.faults(day, stake, True)
        if day % 7 == 6:
            layer.week(day, stake)
            assert layer.delegation.sum(axis=1) == pytest.approx(np.ones(5), abs=1e-12)
            assert layer.delegation.min() >= 0.0
    assert np.isfinite(layer.delegation).all()


@pytest.mark.parametrize(
    ("weight", "cap", "shares"),
    [
        ([3.0, 1.0, 0.0], 1.0, [0.75, 0.25, 0.0]),
        ([8.0, 1.0, 1.0], 0.5, [0.5, 0.25, 0.25]),
        ([8.0, 6.0, 1.0, 1.0], 0.3, [0.3, 0.3, 0.2, 0.2]),
        ([1.0, 1.0], 0.5, [0.5, 0.5]),
    ],
)
def test_shares_above_the_cap_go_to_the_others(weight: list[float], cap: float, shares: list[float]):
    target = np.empty(len(weight))
    kernel.spread(np.array(weight), cap, target)
    assert target == pytest.approx(shares)


# --- measures and draws -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_measures_agree_with_the_matrices(seed: int):
    layer = random_layer(seed)
    run(layer, 50)
    layer.accrue(50, STAKE)
    stake = layer.delegation.T @ STAKE + layer.operators["self_stake"]
    assert layer.operator_stake == pytest.approx(stake)
    assert layer.avs_stake == pytest.approx(layer.secured.sum(axis=0))
    assert layer.avs_counts.tolist() == layer.opted.sum(axis=1).tolist()
    assert layer.restaking_degree == pytest.approx((layer.allocation.sum(axis=1) * stake).sum() / stake.sum())
    assert layer.venue_hhi() == pytest.approx([hhi(row) for row in layer.delegation])


def test_the_same_seed_gives_the_same_bits_and_another_seed_does_not():
    layers = [run(make_layer(seed), 60) for seed in (5, 5, 6)]
    states = [json.dumps([layer.operators.tolist(), layer.avs.tolist(), layer.delegation.tolist()]) for layer in layers]
    assert states[0] == states[1] != states[2]


def test_an_operator_is_the_same_among_few_and_many():
    few, many = (make_layer(operators={"count": count}) for count in (5, 50))
    for field in ("skill", "commission", "capacity", "client"):
        assert few.operators[field].tolist() == many.operators[field][:5].tolist()
    assert few.taste.tolist() == many.taste[:5].tolist()


def test_skill_spreads_without_changing_the_mean_hazard():
    layer = make_layer(operators={"count": 4_000, "skill_spread": 0.5})
    assert (1.0 / layer.operators["skill"]).mean() == pytest.approx(1.0, rel=0.05)
    clients = np.bincount(layer.operators["client"], minlength=4) / 4_000
    assert all(larger > smaller for larger, smaller in itertools.pairwise(clients))


def test_named_operators_come_first():
    layer = make_layer(operators={"count": 4, "names": ("p2p", "figment")})
    assert layer.operator_names == ["p2p", "figment", "operator-03", "operator-04"]


def test_a_world_without_services_pays_nothing_and_moves_on():
    scenario = make_scenario().model_copy(update={"avs": {}})
    layer = RestakingLayer(scenario, SeedTree(1), VENUES)
    run(layer, 21)
    assert layer.accrue(21, STAKE).fees_total == 0.0
    assert layer.faults(21, STAKE, True)[0].sum() == 0.0
    assert layer.restaking_degree == 0.0
