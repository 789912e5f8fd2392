"""Own classes of every kind of agent: what they say is heard, or refused in one sentence; nothing is skipped."""

import inspect
import pickle
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from numba.core.errors import NumbaError

from restaking.agents import AVS, Arbitrageur, Cast, Liquidator, LRTProtocol, NodeOperator, Staker
from restaking.agents.cast import KINDS, CastError, SlowRulesWarning
from restaking.model import RestakingEcosystem

STOCK = {field: getattr(Cast(), field) for field in KINDS}

ROUGH = {
    "stakers.count": 80,
    "stakers.core_attention": 0.05,
    "days": 40,
    "hazards.enabled": True,
    "operators.fault_rate": 5.0,
    "ether_price.path": "gbm",
    "lending.stable_borrowers": 0.3,
    "markets.side_pools": [0.5],
}
"""Loans, slashing and two pools for every LRT."""

PREMIUM_DAY, UNSAFE_DAY = 10, 20

SEASON = {
    "stakers.count": 80,
    "days": 120,
    "hazards.enabled": True,
    "hazards.custodial_pause_claims": 0.0,
    "lrt.etherfi.custody": "custodial",
    "markets.depth_fraction": 0.0002,
}
OPENING_DAY = 60

pytestmark = pytest.mark.filterwarnings("ignore::restaking.agents.cast.SlowRulesWarning")


def rough(engine: str = "kernel", **cast: type) -> RestakingEcosystem:
    """A small world in which everything happens, run to its end."""
    model = RestakingEcosystem("thin-loop", seed=3, engine=engine, agents=cast, **ROUGH)
    model.run(PREMIUM_DAY)
    model.exchange.pools["token"] *= 0.2  # far above par, so that minting and selling pays
    model.run(UNSAFE_DAY - PREMIUM_DAY)
    for threshold in ("threshold", "threshold_stable"):
        model.lending.collateral[threshold] *= 0.7
    model.run()
    return model


def season(**cast: type) -> RestakingEcosystem:
    """Several protocols with open and closed redemption, a custodian, and a season that ends."""
    model = RestakingEcosystem("season-2024", seed=3, agents=cast, **SEASON)
    for venue in range(model.first_lrt, model.first_lrt + 2):
        model.world.venues["redemption_open"][venue] = 1
    model.run(OPENING_DAY)
    model.exchange.held[:] = 10.0
    model.world.venues["redemption_open"][model.first_lrt :] = 1
    model.run()
    return model


def traces(model: RestakingEcosystem) -> tuple[Any, ...]:
    """Every number that a run keeps, and who owns what at its end."""
    recorder = model.recorder
    frames = (recorder.daily_frame(), recorder.entities_frame(), recorder.events_frame())
    with model:
        return (*(pickle.dumps(frame.to_dict("list")) for frame in frames), model.world.stakers.tobytes())


@pytest.fixture(scope="module")
def stock_traces() -> tuple[Any, ...]:
    return traces(rough())


@pytest.fixture(scope="module")
def season_traces() -> tuple[Any, ...]:
    return traces(season())


def test_objects_and_kernel_are_the_same_run_where_everything_happens(stock_traces: tuple[Any, ...]) -> None:
    model = rough("objects")
    seen = set(model.recorder.events_frame()["type"])
    assert {"slash", "liquidation", "depeg"} <= seen
    assert traces(model) == stock_traces


def test_every_kind_of_the_stock_run_is_registered_with_mesa() -> None:
    with RestakingEcosystem("baseline", **{"stakers.count": 50}) as model:
        for stock in STOCK.values():
            assert len(model.agents_by_type[stock]) > 0, stock


# --- every method of every kind ---------------------------------------------------------------------------------------


class HeardError(Exception):
    """The override was called."""


def rules(kind: str) -> Iterator[str]:
    """Names of what a shipped class defines itself: methods and properties, public and protected."""
    for name, found in sorted(vars(STOCK[kind]).items()):
        if (
            not name.startswith("__")
            and name != "_repr_html_"
            and (inspect.isfunction(found) or isinstance(found, property))
        ):
            yield name


def with_answer(kind: str, name: str, answer: Callable[[Callable[[], Any]], Any]) -> type:
    """A subclass with one override; ``answer`` is given what calls the shipped one."""
    stock: Any = vars(STOCK[kind])[name]
    if isinstance(stock, property):
        getter: Any = stock.fget
        return type("Own", (STOCK[kind],), {name: property(lambda self: answer(lambda: getter(self)))})
    return type("Own", (STOCK[kind],), {name: lambda self, *a, **k: answer(lambda: stock(self, *a, **k))})


EVERY_RULE = [(kind, name) for kind in KINDS for name in rules(kind)]


def raises(shipped: Callable[[], Any]) -> Any:
    raise HeardError


@pytest.mark.parametrize(("kind", "name"), EVERY_RULE)
def test_an_override_of_anything_is_called_or_refused(kind: str, name: str) -> None:
    own = with_answer(kind, name, raises)
    with pytest.raises((HeardError, CastError)) as met:
        rough(**{kind: own})
    if met.type is CastError:
        assert f"Own.{name} would change nothing" in str(met.value)


def half(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, float | int):
        return type(value)(0.5 * value + 0.01)
    return value


def nothing(value: Any) -> Any:
    return type(value)() if isinstance(value, bool | int | float | list | dict) else None


def more(value: Any) -> Any:
    if isinstance(value, float | int):
        return type(value)(10 * value + 1)
    return value[:-1] if isinstance(value, list) else value


ANSWERS: tuple[Callable[[Any], Any], ...] = (half, nothing, more)
"""Other answers than the shipped one."""

TELLING: dict[tuple[str, str], Any] = {
    ("staker", "choose_exit"): lambda self, venue, gain: (1, 1.0),
    ("staker", "neighbour_shares"): lambda self: [50.0, *[0.0] * (int(self.terms["restaking_venues"]) - 1)],
    ("staker", "scores"): lambda self: [0.5] * int(self.terms["restaking_venues"]),
    ("staker", "resize"): lambda self, share: self.model.file_intention(self.row, self.satellite, 0.01),
    ("avs", "take_stock"): lambda self: setattr(self, "ending", 1),
    ("lrt_protocol", "mind_buffer"): lambda self: self.book.__setitem__("buffer_fraction", 0.2),
    ("lrt_protocol", "guard_withdrawals"): lambda self: self.model.news_desk.pause_protocol(
        self.model.day, self.venue, 5
    ),
    ("arbitrageur", "speed"): property(lambda self: float(self.index)),
}
"""Overrides for methods of which no simple change of the answer is one that their callers can use."""

WAYS_IN = {"terms", "kind", "first", "layer", "book", "open_book"}
"""How agents reach records: that an override is called is tested above; there is no other record to give."""


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, name in EVERY_RULE if name not in WAYS_IN])
def test_an_override_of_anything_changes_the_outcome_or_is_refused(
    kind: str, name: str, stock_traces: tuple[Any, ...], season_traces: tuple[Any, ...]
) -> None:
    def classes() -> Iterator[type]:
        if (kind, name) in TELLING:
            yield type("Own", (STOCK[kind],), {name: TELLING[kind, name]})
            return
        yield with_answer(kind, name, lambda shipped: None)  # does nothing at all
        for change in ANSWERS:
            yield with_answer(kind, name, lambda shipped, change=change: change(shipped()))

    for world, shipped in ((rough, stock_traces), (season, season_traces)):
        for own in classes():
            try:
                if traces(world(**{kind: own})) != shipped:
                    return
            except CastError:
                return
            except (TypeError, ValueError, AttributeError, LookupError, ZeroDivisionError, NumbaError):
                continue  # not an answer that the caller can use
    pytest.fail(f"no other answer of {kind}.{name} changed anything")


@pytest.mark.parametrize("kind", KINDS)
def test_a_class_that_overrides_nothing_is_the_stock_run(kind: str, stock_traces: tuple[Any, ...]) -> None:
    own = type("Own", (STOCK[kind],), {"__doc__": "Only a name."})
    cast = Cast(**{kind: own})
    assert cast.overridden(kind) == ()
    assert traces(rough(**{kind: own})) == stock_traces


# --- composing --------------------------------------------------------------------------------------------------------


class Deaf(Staker):
    """Never hears of restaking."""

    def becomes_aware(self) -> bool:
        """Never."""
        return False


class Dear(NodeOperator):
    """Takes no less than a fifth."""

    def reprice(self) -> None:
        """Always a fifth."""
        self.commission = 0.2


class Idle(Arbitrageur):
    """Never trades."""

    def edge(self, market: Any) -> float:
        """None."""
        return 0.0


def test_only_the_kinds_with_rules_of_their_own_move_to_python() -> None:
    assert Cast().in_python("kernel") == {"lrt_protocol"}
    assert Cast(staker=Deaf).in_python("kernel") == {"lrt_protocol", "staker"}
    assert Cast(arbitrageur=Idle).in_python("kernel") == {"lrt_protocol", "arbitrageur", "liquidator"}
    assert Cast().in_python("objects") == set(KINDS)


@pytest.mark.filterwarnings("error")
def test_the_price_is_told_once_and_only_for_what_moves() -> None:
    small = {"stakers.count": 20, "days": 10}
    with pytest.warns(SlowRulesWarning, match="Deaf has its own becomes_aware, so stakers decide in Python") as told:
        model = RestakingEcosystem("baseline", agents={"staker": Deaf}, **small)
    assert len(told) == 1
    model.run(3)
    model.change({"campaigns.airdrop_share": 0.01})  # makes two more models to compare, and says nothing
    model.run()
    own = type("Own", (LRTProtocol,), {"mind_buffer": lambda self: None})  # always in Python
    with RestakingEcosystem("baseline", agents={"lrt_protocol": own}, **small):
        pass
    with RestakingEcosystem("baseline", agents={"staker": Deaf}, engine="objects", **small):
        pass


def test_a_fork_keeps_the_cast() -> None:
    with RestakingEcosystem("baseline", agents={"staker": Deaf}, **{"stakers.count": 40, "days": 20}) as model:
        model.run(5)
        model.change({"stakers.archetypes.farmer.attention_factor": 9.0})
        model.run()
        assert type(model.at_start(model.scenario).stakers.view(0)).__mro__[1] is Deaf
        aware = model.world.stakers["aware"].copy()
    with RestakingEcosystem("baseline", **{"stakers.count": 40, "days": 20}) as stock:
        before = stock.world.stakers["aware"].copy()
        stock.run()
        assert stock.world.stakers["aware"].sum() > before.sum()
    assert aware.tolist() == before.tolist()


def test_operators_of_ones_own_also_settle_the_layer_before_the_first_day() -> None:
    class Single(NodeOperator):
        """Serves one AVS at most."""

        def choose(self, offers: Any) -> Any:
            """The first."""
            return offers[:1]

    with RestakingEcosystem("baseline", agents={"operator": Single}, **{"stakers.count": 30, "days": 5}) as model:
        model.run(1)
        assert model.restaking_layer.avs_counts.max() <= 1


def test_the_older_name_of_the_staker_is_the_same_cast() -> None:
    with RestakingEcosystem("baseline", staker_class=Deaf, **{"stakers.count": 20}) as model:
        assert model.cast == Cast(staker=Deaf)


def test_a_cast_travels_in_a_pickle() -> None:
    assert pickle.loads(pickle.dumps(Cast(staker=Deaf, operator=Dear))) == Cast(staker=Deaf, operator=Dear)


# --- what is refused --------------------------------------------------------------------------------------------------


def own(base: type, **content: Any) -> type:
    return type("Own", (base,), content)


@pytest.mark.parametrize(
    ("agents", "said"),
    [
        ({"stakers": Staker}, "'stakers' is not a kind of agent; nearest valid name: staker"),
        ({"oracle": Staker}, "'oracle' is not a kind of agent; valid names: staker, operator, avs"),
        ({"staker": NodeOperator}, "staker is NodeOperator; it must be a subclass of Staker"),
        ({"avs": 3}, "avs is 3; it must be a subclass of AVS"),
        (Liquidator, "agents is the class Liquidator; give it with its kind, {'liquidator': Liquidator}"),
        (int, "give a Cast or classes by kind"),
        ([Staker], "give a Cast or classes by kind"),
        ({"staker": own(Staker, scroe=lambda self: 0.0)}, "Staker has no scroe; nearest rule: score"),
        ({"liquidator": own(Liquidator, ammount=lambda self: 0.0)}, "Liquidator has no ammount; nearest rule: amount"),
        ({"staker": own(Staker, __init__=lambda self: None)}, "Own.__init__ would never be called"),
        ({"operator": own(NodeOperator, __new__=lambda cls: None)}, "Own.__new__ would never be called"),
        ({"staker": own(Staker, wealth=property(lambda self: 1.0))}, "Own.wealth would change nothing"),
        ({"staker": own(Staker, risk_aversion=0.0)}, "Own.risk_aversion would be ignored: risk_aversion is a column"),
        ({"operator": own(NodeOperator, commission=0.0)}, "Own.commission would be ignored"),
        ({"avs": own(AVS, rate=1.0)}, "Own.rate would be ignored"),
        ({"staker": own(Staker, taste=property(lambda self: 0.0))}, "Own.taste would be ignored"),
    ],
)
def test_what_cannot_play_is_refused_in_one_sentence(agents: Any, said: str) -> None:
    with pytest.raises(CastError) as refusal:
        RestakingEcosystem("baseline", agents=agents, **{"stakers.count": 20})
    assert said in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_the_staker_is_given_once() -> None:
    with pytest.raises(CastError, match="given twice"):
        RestakingEcosystem("baseline", agents={"staker": Deaf}, staker_class=Deaf)
