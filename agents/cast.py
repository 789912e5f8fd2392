"""Who plays: the class of every kind of agent in a run, and which of its methods are not the shipped ones.

The shipped rules are compiled. A class that brings a rule of its own moves its kind to Python, where every method is
called; nothing that a class says is skipped. What no run could ask for (a value that is a column, a constructor of a
view, a figure that the model measures itself) is refused when the cast is made.
"""

import inspect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..model.errors import ScenarioError
from ..model.metrics import Metric
from ..model.own_metrics import MetricError, OwnMetric, check_metrics
from ..model.scenario.naming import hint, nearest
from .arbitrageur import Arbitrageur
from .avs import AVS
from .liquidator import Liquidator
from .lrt_protocol import LRTProtocol
from .node_operator import NodeOperator
from .population import RowAgent
from .shipped import Shipped
from .staker import Staker

STAKER, OPERATOR, SERVICE, PROTOCOL = "staker", "operator", "avs", "lrt_protocol"
ARBITRAGEUR, LIQUIDATOR = "arbitrageur", "liquidator"
TRADERS = frozenset({ARBITRAGEUR, LIQUIDATOR})
"""Kinds that act in the rounds of a day of trade: they run compiled together, or in Python together."""

_STOCK: dict[str, type] = {
    STAKER: Staker,
    OPERATOR: NodeOperator,
    SERVICE: AVS,
    PROTOCOL: LRTProtocol,
    ARBITRAGEUR: Arbitrageur,
    LIQUIDATOR: Liquidator,
}
KINDS = tuple(_STOCK)
"""Names of the kinds, as a cast and its command-line forms spell them."""

_TRADE = "the day's trade runs in Python: a run takes about eight times as long"
_SLOWER = {
    STAKER: "stakers decide in Python: a run takes about 7 times as long with 500 stakers, 50 times with 5,000",
    OPERATOR: "operators decide in Python, which takes hardly longer",
    SERVICE: "AVSs decide in Python, which takes hardly longer",
    ARBITRAGEUR: _TRADE,
    LIQUIDATOR: _TRADE,
}
"""What a kind that moves to Python costs, measured on ``season-2024``."""

_MEASURED = {
    STAKER: frozenset({"wealth", "wealth_market", "leverage"}),
    PROTOCOL: frozenset({"holders"}),
    ARBITRAGEUR: frozenset({"locked", "profit", "holdings"}),
}
"""What agents show and no rule asks for: the model measures it from its own records."""

_PARTS_OF_A_CLASS = frozenset(
    {
        *("__module__", "__qualname__", "__doc__", "__dict__", "__weakref__", "__annotations__", "__slots__"),
        *("__firstlineno__", "__static_attributes__", "__orig_bases__", "__parameters__", "__abstractmethods__"),
        *("__repr__", "__str__", "_repr_html_"),
        *("__annotate__", "__annotate_func__", "__annotations_cache__", "__type_params__"),
        *("_abc_impl", "_bound_classes", "_settable", "declared_as"),
        "_datasets",  # Mesa 3.5 gives every subclass of its agents one
    }
)
"""What every class has of its own, and how it shows itself: no rules."""

_SHIPPED = Shipped(_STOCK.values(), _PARTS_OF_A_CLASS)

_NEARLY = 0.8
"""Likeness at which a new name is taken for a misspelt one."""


class CastError(ScenarioError):
    """A cast that cannot play, told in one sentence."""


class SlowRulesWarning(UserWarning):
    """Rules of one's own run in Python rather than compiled."""


@dataclass(frozen=True)
class Cast:
    """The classes of a run's agents.

    Attributes:
        staker: ``Staker`` or a subclass.
        operator: ``NodeOperator`` or a subclass.
        avs: ``AVS`` or a subclass.
        lrt_protocol: ``LRTProtocol`` or a subclass.
        arbitrageur: ``Arbitrageur`` or a subclass.
        liquidator: ``Liquidator`` or a subclass.
        metrics: metrics of one's own (:class:`~..model.own_metrics.OwnMetric`), recorded beside the shipped ones.

    Raises:
        CastError: a class is not of its kind, says something that a run could not honour, or a shipped class was
            patched at run time.

    Example:
        >>> class Deaf(Staker):
        ...     def becomes_aware(self):
        ...         return False
        >>> Cast(staker=Deaf).overridden("staker")
        ('becomes_aware',)
    """

    staker: type[Staker] = Staker
    operator: type[NodeOperator] = NodeOperator
    avs: type[AVS] = AVS
    lrt_protocol: type[LRTProtocol] = LRTProtocol
    arbitrageur: type[Arbitrageur] = Arbitrageur
    liquidator: type[Liquidator] = Liquidator
    metrics: tuple[OwnMetric, ...] = ()

    def __post_init__(self) -> None:
        refuse_patched()
        for kind in KINDS:
            _check_class(kind, getattr(self, kind))
        given: Any = self.metrics
        given = (given,) if isinstance(given, Metric) else given
        if not isinstance(given, Iterable) or isinstance(given, str | Mapping):
            raise MetricError(f"metrics is {type(given).__name__}; give a list of OwnMetric", key="metrics")
        object.__setattr__(self, "metrics", check_metrics(given))

    @classmethod
    def of(
        cls,
        agents: "Cast | Mapping[str, type] | None",
        staker_class: type[Staker] | None = None,
        metrics: "OwnMetric | Iterable[OwnMetric]" = (),
    ) -> "Cast":
        """A cast from what a caller gives.

        Args:
            agents: a cast, or classes by kind; kinds left out are the shipped ones.
            staker_class: the older way to name the staker alone.
            metrics: own metrics, beside those of the cast.

        Raises:
            CastError: a kind is unknown or given twice, or a class cannot play.
            MetricError: a metric is given twice, or is none.
        """
        cast = cls._of_agents(agents, staker_class)
        if metrics == ():
            return cast
        return replace(cast, metrics=(*cast.metrics, *cls(metrics=metrics).metrics))  # type: ignore[arg-type]

    @classmethod
    def _of_agents(cls, agents: "Cast | Mapping[str, type] | None", staker_class: type[Staker] | None) -> "Cast":
        _refuse_single(agents)
        if not isinstance(agents, Cast | Mapping | None):
            raise CastError(f"agents is {agents!r}; give a Cast or classes by kind ({', '.join(KINDS)})", key="agents")
        if isinstance(agents, Mapping):
            for name in agents:
                if name not in KINDS:
                    raise CastError(f"agents: {name!r} is not a kind of agent; {hint(str(name), KINDS)}", key=str(name))
        classes: dict[str, Any] = dict(agents) if isinstance(agents, Mapping) else {}
        if staker_class is None:
            return agents if isinstance(agents, Cast) else cls(**classes)
        if isinstance(agents, Cast) or STAKER in (agents or {}):
            raise CastError("the staker is given twice: by agents and by staker_class", key="staker_class")
        return cls(**{**classes, STAKER: staker_class})

    @property
    def stock(self) -> bool:
        """Whether every class is the shipped one, and nothing is measured beside the shipped metrics."""
        return not self.own and not self.metrics

    @property
    def own(self) -> dict[str, type]:
        """Classes that are not the shipped ones, by kind."""
        classes = {kind: getattr(self, kind) for kind in KINDS}
        return {kind: found for kind, found in classes.items() if found is not _STOCK[kind]}

    def overridden(self, kind: str) -> tuple[str, ...]:
        """Names of the attributes of a kind that are not those of the shipped class, sorted."""
        return _overridden(getattr(self, kind), _STOCK[kind])

    def in_python(self, engine: str) -> frozenset[str]:
        """Kinds that act in Python: all where the engine is ``"objects"``, else those with rules of their own.

        LRT protocols always do. Arbitrageurs and liquidators go together: they act in the same rounds.
        """
        if engine == "objects":
            return frozenset(KINDS)
        moved = {kind for kind in KINDS if self.overridden(kind)} | {PROTOCOL}
        return frozenset(moved | TRADERS if moved & TRADERS else moved)

    def slow_rules(self) -> str:
        """What the cast costs, in one sentence; empty when all its compiled kinds stay compiled."""
        told = []
        for kind, text in _SLOWER.items():
            names = self.overridden(kind)
            if names:
                told.append(f"{getattr(self, kind).__qualname__} has its own {_listed(names)}, so {text}")
        return "; ".join(told)

    def refuse_columns(self, kind: str, columns: Iterable[str]) -> None:
        """Refuse a class that gives a value to a column: the scenario's draws would replace it without a word.

        Raises:
            CastError: naming the class and the column.
        """
        own = getattr(self, kind)
        for name in columns:
            if any(name in vars(base) for base in _own_classes(own, _STOCK[kind])):
                raise CastError(
                    f"agents: {own.__qualname__}.{name} would be ignored: {name} is a column of the {kind} population, "
                    f"which the scenario fills; override the method that reads it, or set the column of model.{kind}s "
                    "after the model is made",
                    key=kind,
                )


def _refuse_single(agents: object) -> None:
    """Refuse one class in the place of classes by kind, and say how it is given."""
    if not isinstance(agents, type):
        return
    kind = next((kind for kind, stock in _STOCK.items() if issubclass(agents, stock)), None)
    if kind is not None:
        name = agents.__qualname__
        raise CastError(f"agents is the class {name}; give it with its kind, {{{kind!r}: {name}}}", key="agents")


def refuse_patched() -> None:
    """Refuse a shipped class that was patched at run time.

    Raises:
        CastError: naming what was replaced.
    """
    patched = _SHIPPED.patched()
    if not patched:
        return
    name = patched[0].partition(".")[0]
    kind = next((kind for kind, stock in _STOCK.items() if stock.__qualname__ == name), None)
    own = "give it as its kind" if kind is None else f"give agents={{{kind!r}: Mine}}"
    raise CastError(
        f"agents: {_listed(patched)} {'was' if len(patched) == 1 else 'were'} changed while Python runs: compiled days "
        f"would skip that, and no run would say so; write it into a subclass, class Mine({name}), and {own}",
        key=kind or "agents",
    )


def _listed(names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:4])
    return shown if len(names) <= 4 else f"{shown} and {len(names) - 4} more"


def _own_classes(own: type, stock: type) -> list[type]:
    """The classes that stand before the shipped one in the order in which Python looks a method up."""
    return [base for base in own.__mro__ if base not in stock.__mro__]


def _overridden(own: type, stock: type) -> tuple[str, ...]:
    names = {name for base in _own_classes(own, stock) for name in vars(base)} - _PARTS_OF_A_CLASS
    missing = object()
    return tuple(
        sorted(
            name
            for name in names
            if (shipped := inspect.getattr_static(stock, name, missing)) is not missing
            and inspect.getattr_static(own, name) is not shipped
        )
    )


def _check_class(kind: str, own: Any) -> None:
    stock = _STOCK[kind]
    if not (isinstance(own, type) and issubclass(own, stock)):
        name = getattr(own, "__qualname__", repr(own))
        raise CastError(f"agents: {kind} is {name}; it must be a subclass of {stock.__name__}", key=kind)
    if own is stock:
        return
    if issubclass(own, RowAgent) and getattr(own, "declared_as", None) is not None:
        raise CastError(f"agents: {own.__qualname__} is a view of rows that a model has made; give its class", key=kind)
    overridden = _overridden(own, stock)
    for name in overridden:
        _check_override(kind, own, name)
    if not overridden:
        _refuse_misspelt(kind, own, stock)


def _check_override(kind: str, own: type, name: str) -> None:
    if name in ("__init__", "__new__") and issubclass(own, RowAgent):
        raise CastError(
            f"agents: {own.__qualname__}.{name} would never be called: a {kind} is a view of one row of a table and is "
            "made without it; keep what it needs in the model or in a mapping by row",
            key=kind,
        )
    if name in _MEASURED.get(kind, ()):
        raise CastError(
            f"agents: {own.__qualname__}.{name} would change nothing: no rule asks for it and the model measures it "
            "from its own records; give the method another name",
            key=kind,
        )


def _refuse_misspelt(kind: str, own: type, stock: type) -> None:
    """A class that overrides nothing but has a name that is nearly one of the rules."""
    rules = [name for name in dir(stock) if not name.startswith("__")]
    for name in sorted({name for base in _own_classes(own, stock) for name in vars(base)} - _PARTS_OF_A_CLASS):
        near = None if name.startswith("__") else nearest(name, rules, cutoff=_NEARLY)
        if near is not None:
            raise CastError(
                f"agents: {own.__qualname__} overrides nothing: {stock.__name__} has no {name}; nearest rule: {near}",
                key=kind,
            )
