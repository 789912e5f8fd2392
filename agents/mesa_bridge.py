"""Where populations meet Mesa: the only file that relies on Mesa's private parts.

Mesa registers every agent on its own: a weak reference with a callback, three dictionary entries and an identifier
from a class-wide registry. For a quarter of a million stakers that is a second and 130 MB before anything happens. The
classes here let arrays of rows take part in a model without it, and let everything that a Mesa user does with
``model.agents``, ``model.agents_by_type``, ``AgentSet`` or ``DataCollector`` go on working.

What is relied upon is listed by :func:`contract_breaches`, which a test calls: a Mesa release that changes it fails
that test with a sentence, instead of failing a run with a riddle.
"""

import itertools
import sys
import weakref
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, MutableMapping, Sequence
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, Protocol, Self

import mesa
import numpy as np
from mesa.agent import AgentSet

from ..model.shown import counted, html_table

if TYPE_CHECKING:
    import pandas as pd

if TYPE_CHECKING or hasattr(mesa.agent, "GroupBy"):
    from mesa.agent import GroupBy as GroupBy
else:  # Mesa 3.5 keeps sets in a module of their own
    from mesa.agentset import GroupBy

MESA_LINES = ("3.3", "3.5")
"""The lines of Mesa releases whose private parts this file was written for and tested with."""

_COUNTS_BY_CLASS = hasattr(mesa.Agent, "_ids")
"""Whether identifiers come from a registry of the class ``Agent`` (until Mesa 3.3) or from the model."""
_HAS_TIME = hasattr(mesa.Model, "_do_step")
"""Whether a step is an event in the model's time (since Mesa 3.5), and ``seed`` is deprecated in favour of ``rng``."""

AGENT_SET_METHODS = frozenset(
    (
        "add",
        "agg",
        "discard",
        "do",
        "get",
        "groupby",
        "map",
        "remove",
        "select",
        "set",
        "shuffle",
        "shuffle_do",
        "sort",
        "to_list",
    )
)
"""Public methods that Mesa gives an ``AgentSet``; a set of rows has its own version of each."""

# --- agents that nobody keeps -----------------------------------------------------------------------------------------


class UnregisteredAgent(mesa.Agent):
    """A Mesa agent that is made when somebody looks at it and is in no registry of Mesa's.

    ``mesa.Agent.__init__`` is not called: a subclass computes ``model``, ``unique_id`` and ``pos``.
    """

    __slots__ = ()

    declared_as: ClassVar[type | None] = None
    """The class that stands in ``model.agents_by_type``, where the agent's own type is one generated from it."""

    @property
    def exists(self) -> bool:
        """Whether the agent is still part of the model."""
        raise NotImplementedError


def agent_class_of(agent: mesa.Agent) -> type:
    """The class under which the model lists the agent."""
    return getattr(type(agent), "declared_as", None) or type(agent)


class RowPopulation(Protocol):
    """What a model needs of a population; ``population.Population`` is one."""

    agent_class: type
    model: Any

    @property
    def agents(self) -> "LazySet":
        """A new set of all rows that exist."""

    def owns(self, agent: object) -> bool:
        """Whether the agent is a view of one of its rows."""

    def remove(self, row: int) -> None:
        """Takes a row out."""

    def remove_all(self) -> None:
        """Takes every row out."""


# --- identifiers ------------------------------------------------------------------------------------------------------


def reserve_ids(model: mesa.Model, count: int) -> int:
    """Takes ``count`` consecutive unique identifiers from a model and returns the first."""
    if isinstance(model, EcosystemBase):
        return model.reserve_ids(count)
    if _COUNTS_BY_CLASS:
        first: int = next(mesa.Agent._ids[model])
        mesa.Agent._ids[model] = itertools.count(first + count)
        return first
    first = model.agent_id_counter
    model.agent_id_counter = first + count
    return first


def forget(model: mesa.Model) -> None:
    """Drops the model from Mesa's class-wide registry of identifiers, which otherwise keeps it alive for ever."""
    if _COUNTS_BY_CLASS:
        mesa.Agent._ids.pop(model, None)


# --- batches ----------------------------------------------------------------------------------------------------------


def batch_iteration() -> int | None:
    """Number of the iteration for which ``mesa.batch_run`` is making a model right now; None outside of it.

    Mesa gives every iteration of a batch the same keywords and keeps the number to itself. It is read off the frame of
    the function that makes the model, so it is the same in one process and in many, whatever their order.
    """
    maker = mesa.batchrunner._model_run_func.__code__
    frame = sys._getframe(1)
    while frame is not None and frame.f_code is not maker:
        frame = frame.f_back  # type: ignore[assignment]  # the outermost frame has none
    return None if frame is None else int(frame.f_locals["iteration"])


# --- sets of agents ---------------------------------------------------------------------------------------------------


class _HeldKey(weakref.ref[UnregisteredAgent]):
    """Stands where Mesa keeps a weak reference, and keeps the agent: nobody else does."""

    __slots__ = ("_agent",)

    _agent: UnregisteredAgent

    def __new__(cls, agent: UnregisteredAgent) -> Self:
        key = super().__new__(cls, agent)
        key._agent = agent
        return key

    def __call__(self) -> UnregisteredAgent | None:
        return self._agent if self._agent.exists else None


class _AgentKeys(weakref.WeakKeyDictionary[mesa.Agent, None]):
    """Mesa's dictionary of members; unregistered agents are held, and count for as long as they exist."""

    def __init__(self, agents: Iterable[mesa.Agent]) -> None:
        super().__init__()
        for agent in agents:
            self[agent] = None

    def __setitem__(self, agent: mesa.Agent, value: None) -> None:
        if isinstance(agent, UnregisteredAgent):
            self.data[_HeldKey(agent)] = value  # type: ignore[attr-defined]
        else:
            super().__setitem__(agent, value)

    def __contains__(self, agent: object) -> bool:
        gone = isinstance(agent, UnregisteredAgent) and not agent.exists
        return not gone and super().__contains__(agent)

    def __len__(self) -> int:
        return sum(1 for _ in self.keys())


class HeldSet(AgentSet):
    """An ``AgentSet`` that may mix ordinary agents and views of rows, and whose results may too.

    Everything is stock Mesa but two things: the set holds the views in it (Mesa's weak references would lose them at
    once), and what it returns is a ``HeldSet`` again.
    """

    def __init__(self, agents: Iterable[mesa.Agent], random: Random | None = None) -> None:
        members = _AgentKeys(agents)
        super().__init__(itertools.islice(members.keys(), 1), random)
        self._agents = members

    def _update(self, agents: Iterable[mesa.Agent]) -> Self:
        self._agents = _AgentKeys(list(agents))
        return self

    def _from_iterable(self, agents: Iterable[mesa.Agent]) -> AgentSet:
        return HeldSet(agents, self.random)

    def __copy__(self) -> AgentSet:
        return HeldSet(self, self.random)

    def __reduce__(self) -> tuple[Any, ...]:
        return HeldSet, (list(self), self.random)

    def __getitem__(self, item: int | slice) -> Any:
        return self.to_list()[item]

    def to_list(self) -> list[mesa.Agent]:
        """The members, in order; what Mesa 3.5 recommends instead of asking a set for its n-th member."""
        return list(self)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {counted(len(self), 'agent')}>"

    def _repr_html_(self) -> str:
        kinds = Counter(agent_class_of(agent).__name__ for agent in self)
        return html_table(repr(self)[1:-1], kinds)

    def select(
        self,
        filter_func: Callable[[Any], bool] | None = None,
        at_most: int | float = float("inf"),
        inplace: bool = False,
        agent_type: type | tuple[type, ...] | None = None,
    ) -> AgentSet:
        """See :meth:`mesa.agent.AgentSet.select`."""
        target = self if inplace else HeldSet(self, self.random)
        return AgentSet.select(target, filter_func, at_most, inplace=True, agent_type=agent_type)

    def shuffle(self, inplace: bool = False) -> AgentSet:
        """See :meth:`mesa.agent.AgentSet.shuffle`."""
        return AgentSet.shuffle(self if inplace else HeldSet(self, self.random), inplace=True)

    def sort(self, key: Callable[[Any], Any] | str, ascending: bool = False, inplace: bool = False) -> AgentSet:
        """See :meth:`mesa.agent.AgentSet.sort`."""
        return AgentSet.sort(self if inplace else HeldSet(self, self.random), key, ascending, inplace=True)

    def groupby(self, by: Callable[[Any], Any] | str, result_type: str = "agentset") -> GroupBy:
        """See :meth:`mesa.agent.AgentSet.groupby`; ``groupby(type)`` gives the types of ``model.agent_types``."""
        groups = AgentSet.groupby(self, agent_class_of if by is type else by, "list").groups
        if result_type != "agentset":
            return GroupBy(groups)
        return GroupBy({key: HeldSet(members, self.random) for key, members in groups.items()})


class LazySet(HeldSet):
    """A set whose members are made when it is iterated over; a subclass says which by ``__iter__`` and ``__len__``.

    What Mesa does with its dictionary of members works here too, on members made for the occasion.
    """

    def __init__(self, random: Random) -> None:
        self.random = random

    @property
    def _agents(self) -> _AgentKeys:  # type: ignore[override]
        return _AgentKeys(self)

    def _update(self, agents: Iterable[mesa.Agent]) -> NoReturn:
        raise TypeError(
            f"a {type(self).__name__} cannot be changed in place: leave out inplace=True and use the result"
        )

    def shuffle(self, inplace: bool = False) -> AgentSet:
        """See :meth:`mesa.agent.AgentSet.shuffle`."""
        return self._update(()) if inplace else super().shuffle()

    def vectorises(self, method: object) -> bool:
        """Whether ``do(method)`` is one call for the whole set."""
        return False


class Roster(LazySet):
    """All agents of a model: the ordinary ones in order of creation, then each population in order of rows.

    Args:
        ordinary: the set that Mesa registers ordinary agents in.
        populations: the model's populations; the list is kept, so populations added to it belong to the roster.
    """

    def __init__(self, ordinary: AgentSet, populations: Sequence[RowPopulation]) -> None:
        super().__init__(ordinary.random)
        self._ordinary = ordinary
        self._populations = populations

    def __reduce__(self) -> tuple[Any, ...]:
        return Roster, (self._ordinary, self._populations)

    @property
    def _parts(self) -> list[AgentSet]:
        return [self._ordinary, *(population.agents for population in self._populations)]

    def __len__(self) -> int:
        return sum(map(len, self._parts))

    def __iter__(self) -> Iterator[mesa.Agent]:
        return itertools.chain.from_iterable(self._parts)

    def __contains__(self, agent: object) -> bool:
        return any(agent in part for part in self._parts)

    def __getitem__(self, item: int | slice) -> Any:
        if isinstance(item, slice):
            return [self[index] for index in range(*item.indices(len(self)))]
        index = range(len(self))[item]
        for part in self._parts:
            if index < len(part):
                return part[index] if isinstance(part, HeldSet) else next(itertools.islice(part, index, None))
            index -= len(part)
        raise IndexError(item)

    def add(self, agent: mesa.Agent) -> None:
        """Adds an ordinary agent; the model does it when the agent is created."""
        self._ordinary.add(agent)

    def discard(self, agent: mesa.Agent) -> None:
        """Drops an ordinary agent; the model does it when the agent is removed."""
        self._ordinary.discard(agent)

    def remove(self, agent: mesa.Agent) -> None:
        """Drops an ordinary agent, which must be there; the model does it when the agent is removed."""
        self._ordinary.remove(agent)

    def select(
        self,
        filter_func: Callable[[Any], bool] | None = None,
        at_most: int | float = float("inf"),
        inplace: bool = False,
        agent_type: type | tuple[type, ...] | None = None,
    ) -> AgentSet:
        """See :meth:`mesa.agent.AgentSet.select`; where one population alone can match, a set of rows."""
        if inplace:
            self._update(())
        if isinstance(at_most, float) and at_most <= 1.0:
            at_most = int(len(self) * at_most)
        parts = self if agent_type is None else self._of_type(agent_type)
        if not isinstance(parts, Roster):
            return parts.select(filter_func, at_most)
        limit = None if at_most == float("inf") else max(int(at_most), 0)
        members = parts if filter_func is None else filter(filter_func, parts)
        return HeldSet(itertools.islice(members, limit), self.random)

    def _of_type(self, agent_type: type | tuple[type, ...]) -> AgentSet:
        ordinary = self._ordinary.select(agent_type=agent_type)
        populations = [p for p in self._populations if issubclass(p.agent_class, agent_type)]
        if len(populations) == 1 and not len(ordinary):
            return populations[0].agents
        return Roster(ordinary, populations)

    def do(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> Self:
        """See :meth:`mesa.agent.AgentSet.do`; a population that has a vectorised version acts as one."""
        for part in self._parts:
            part.do(method, *args, **kwargs)
        return self

    def shuffle_do(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> Self:
        """See :meth:`mesa.agent.AgentSet.shuffle_do`.

        All agents act in one random order. A population that has a vectorised version acts as one, in one place of
        that order: its version is written for decisions that do not see each other.
        """
        actors: list[Callable[[], Any]] = []
        for part in self._parts:
            if isinstance(part, LazySet) and part.vectorises(method):
                actors.append(partial(_itself, part))
            else:
                actors.extend(part._agents.keyrefs())
        self.random.shuffle(actors)
        for actor in actors:
            agent = actor()
            if isinstance(agent, AgentSet):
                agent.do(method, *args, **kwargs)
            elif agent is not None:
                call(agent, method, args, kwargs)
        return self

    def map(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> list[Any]:
        """See :meth:`mesa.agent.AgentSet.map`."""
        return [result for part in self._parts for result in part.map(method, *args, **kwargs)]

    def get(self, attr_names: str | list[str], handle_missing: str = "error", default_value: Any = None) -> list[Any]:
        """See :meth:`mesa.agent.AgentSet.get`."""
        values: list[Any] = []
        for part in self._parts:
            found = part.get(attr_names, handle_missing, default_value)
            values.extend(found.tolist() if isinstance(found, np.ndarray) and found.ndim == 1 else found)
        return values

    def set(self, attr_name: str, value: Any) -> Self:
        """See :meth:`mesa.agent.AgentSet.set`."""
        for part in self._parts:
            part.set(attr_name, value)
        return self


def _itself(part: AgentSet) -> AgentSet:
    return part


def call(agent: mesa.Agent, method: str | Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """Calls a method by name, or a function with the agent as its first argument, as Mesa's sets do."""
    if isinstance(method, str):
        return getattr(agent, method)(*args, **kwargs)
    return method(agent, *args, **kwargs)


# --- the model --------------------------------------------------------------------------------------------------------


class _TypeRegistry(dict[type, AgentSet]):
    """``model.agents_by_type``; the type of a view finds the set of the class that it was made from."""

    def __missing__(self, kind: type) -> AgentSet:
        declared = getattr(kind, "declared_as", None)
        if declared is None:
            raise KeyError(kind)
        return self[declared]


class _OwnScenario:
    """``model.scenario``, which is ours: Mesa 3.5 has scenarios of its own kind under the same name.

    It makes one for every model that comes without, and its front end refuses any of another kind. What comes from
    Mesa's model is not kept, and Mesa's front end is told that there is none; nobody else sees a difference.
    """

    def __get__(self, model: mesa.Model | None, owner: type | None = None) -> Any:
        if model is None:
            return self
        return None if _asked_from("mesa.visualization") else vars(model).get("_own_scenario")

    def __set__(self, model: mesa.Model, scenario: Any) -> None:
        if not _asked_from("mesa.model"):
            vars(model)["_own_scenario"] = scenario


def _asked_from(module: str) -> bool:
    """Whether whoever uses an attribute stands in that module of Mesa's, or below it."""
    name = sys._getframe(2).f_globals.get("__name__") or ""
    return name.startswith(module) and name[len(module) :][:1] in ("", ".")


class EcosystemBase(mesa.Model):
    """A Mesa model whose agents may be rows of populations beside ordinary agents.

    ``agents``, ``agents_by_type`` and ``agent_types`` hold both. Identifiers are counted by the model itself: Mesa's
    own registry keeps every model that was ever made alive.

    Args:
        args: passed on.
        seed: seed of ``model.random`` and ``model.rng``.
        rng: alternative to ``seed``, see :class:`mesa.Model`.
        kwargs: passed on.
    """

    _default_schedule: Any

    if not TYPE_CHECKING:
        scenario = _OwnScenario()

    def __init__(self, *args: Any, seed: float | None = None, rng: Any = None, **kwargs: Any) -> None:
        if _HAS_TIME and seed is not None and rng is None:
            seed, rng = None, seed
        super().__init__(*args, seed=seed, rng=rng, **kwargs)
        self._agents: dict[mesa.Agent, None] = {}
        self.populations: list[RowPopulation] = []
        self._next_id = 1
        self._agents_by_type = _TypeRegistry()
        self._all_agents = Roster(AgentSet([], random=self.random), self.populations)

    @property
    def finished(self) -> bool:
        """Whether there is nothing left to do: a further ``step()`` does nothing and is not counted in ``steps``."""
        return False

    def _wrapped_step(self, *args: Any, **kwargs: Any) -> None:
        if not self.finished:
            super()._wrapped_step(*args, **kwargs)

    def reserve_ids(self, count: int) -> int:
        """Takes ``count`` consecutive unique identifiers and returns the first."""
        first = self._next_id
        self._next_id += count
        return first

    def register_agent(self, agent: mesa.Agent) -> None:
        """Registers an ordinary agent under an identifier of this model; called by ``mesa.Agent.__init__``."""
        forget(self)
        super().register_agent(agent)
        self._agents[agent] = None
        agent.unique_id = self.reserve_ids(1)

    def register_population(self, population: RowPopulation) -> None:
        """Makes the rows of a population agents of this model; called when the population is made."""
        self.populations.append(population)
        kind = population.agent_class
        alike = [p for p in self.populations if p.agent_class is kind]
        nobody = AgentSet([], random=self.random)
        self._agents_by_type[kind] = population.agents if len(alike) == 1 else Roster(nobody, alike)

    def deregister_agent(self, agent: mesa.Agent) -> None:
        """Takes an agent out of the model, an ordinary one or a row; called by ``agent.remove()``."""
        if not isinstance(agent, UnregisteredAgent):
            super().deregister_agent(agent)
            self._agents.pop(agent, None)
            return
        for population in self.populations:
            if population.owns(agent):
                population.remove(agent.row)
                return
        raise KeyError(agent)

    def remove_all_agents(self) -> None:
        """Takes every agent out of the model."""
        for population in self.populations:
            population.remove_all()
        super().remove_all_agents()

    def close(self) -> None:
        """Ends the model's life, so that its memory is free as soon as nobody refers to it.

        Its data stay (rows of populations, whatever was recorded); its agents are dismissed and know no model any
        more, and it cannot step again. Without this a finished model waits for a full garbage collection, which in a
        process that makes large arrays and few objects may not come for hundreds of runs. Closing twice is harmless.
        """
        forget(self)
        for member in (*self._agents, *self.populations):
            member.model = None
        self._agents.clear()
        self.populations.clear()
        if _HAS_TIME and self._default_schedule is not None:
            for generator in list(self._event_generators):
                generator.stop()
            self._event_list.clear()
            self._default_schedule = None  # it refers to the model
            self.data_registry.close()
        self._agents_by_type.clear()
        self._all_agents = Roster(AgentSet([], random=self.random), self.populations)
        self.running = False
        self._user_step = self.step = _step_of_closed_model

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def _step_of_closed_model(*args: object, **kwargs: object) -> NoReturn:
    raise RuntimeError("the model is closed and cannot step: make a new one")


# --- collecting data --------------------------------------------------------------------------------------------------

Table = tuple[np.ndarray[Any, np.dtype[Any]], int]


class _ModelVariables(MutableMapping[str, Any]):
    """``DataCollector.model_vars``: columns of the table, read when asked for, and what stock reporters collected."""

    def __init__(self, names: Sequence[str], table: Callable[[], Table]) -> None:
        self._index = {name: index for index, name in enumerate(names)}
        self._table = table
        self.reported: dict[str, list[Any]] = {}

    def __getitem__(self, name: str) -> Any:
        if name in self.reported:
            return self.reported[name]
        array, rows = self._table()
        column = array[:rows, self._index[name]]
        column.flags.writeable = False
        return column

    def __setitem__(self, name: str, values: list[Any]) -> None:
        if name in self._index:
            raise ValueError(f"model reporter {name!r} has the name of a recorded column: choose another")
        self.reported[name] = values

    def __delitem__(self, name: str) -> None:
        del self.reported[name]

    def __iter__(self) -> Iterator[str]:
        return itertools.chain(self._index, self.reported)

    def __len__(self) -> int:
        return len(self._index) + len(self.reported)


class ColumnCollector(mesa.DataCollector):
    """A ``DataCollector`` whose model variables are columns of a table that the model fills by itself.

    Nothing is copied or called per variable and step: a day costs a row. Stock reporters work beside the columns; a
    value of theirs belongs to the last row that was recorded when ``collect`` was called.

    Args:
        names: names of the columns.
        table: gives the table, shape (at least rows, at least len(names)), and its number of filled rows. A method
            of the recorder rather than of the model: a model that its collector refers to is freed late.
        model_reporters: as for :class:`mesa.DataCollector`, under other names than the columns.
        agent_reporters: as for :class:`mesa.DataCollector`.
        agenttype_reporters: as for :class:`mesa.DataCollector`.
        tables: as for :class:`mesa.DataCollector`.

    Example:
        >>> block = np.array([[1.0, 10.0], [2.0, 20.0], [0.0, 0.0]])
        >>> collector = ColumnCollector(["price", "supply"], lambda: (block, 2))
        >>> collector.get_model_vars_dataframe()["supply"].tolist()
        [10.0, 20.0]
    """

    def __init__(
        self,
        names: Sequence[str],
        table: Callable[[], Table],
        *,
        model_reporters: dict[str, Any] | None = None,
        agent_reporters: dict[str, Any] | None = None,
        agenttype_reporters: dict[type, dict[str, Any]] | None = None,
        tables: dict[str, list[str]] | None = None,
    ) -> None:
        self.names = tuple(names)
        self._filled = table
        self._variables = _ModelVariables(self.names, table)
        self._reported_rows: list[int] = []
        super().__init__(model_reporters, agent_reporters, agenttype_reporters, tables)

    @property
    def model_vars(self) -> MutableMapping[str, Any]:
        """Values of each model variable so far, by name."""
        return self._variables

    @model_vars.setter
    def model_vars(self, values: dict[str, list[Any]]) -> None:
        self._variables.reported = dict(values)

    def collect(self, model: mesa.Model) -> None:
        """Runs the stock reporters, if there are any; the columns need no collecting."""
        rows = self._filled()[1]
        if self.model_reporters:
            self._reported_rows.append(max(rows - 1, 0))
        super().collect(model)
        if hasattr(self, "_collection_steps"):
            # Where Mesa 3.5 looks up the row of a step: there is a row before the first.
            self._collection_steps[:] = range(rows)

    def get_model_vars_dataframe(self) -> "pd.DataFrame":
        """All model variables, one row per recorded row; a reporter that was not run for a row is missing there."""
        import pandas as pd

        array, rows = self._filled()
        frame = pd.DataFrame(np.array(array[:rows, : len(self.names)]), columns=list(self.names))
        if not self.model_reporters:
            return frame
        reported = pd.DataFrame(self._variables.reported, index=self._reported_rows)
        return frame.join(reported[~reported.index.duplicated(keep="last")], how="outer")


# --- what all of this relies on ---------------------------------------------------------------------------------------


def _kinds_of_set() -> list[type]:
    """``AgentSet`` and those of Mesa's own classes that it is made of."""
    return [kind for kind in AgentSet.__mro__ if kind.__module__.startswith("mesa.")]


def _variables_of_a_batch() -> tuple[str, ...]:
    code = getattr(getattr(mesa.batchrunner, "_model_run_func", None), "__code__", None)
    return () if code is None else (*code.co_varnames, *code.co_cellvars)


def contract_breaches() -> list[str]:
    """What this file relies on in Mesa and no longer finds, one sentence each; empty when all is well."""

    class Probe(mesa.Agent):
        pass

    model = mesa.Model(rng=1)
    probe = Probe(model)
    mine = {name for kind in _kinds_of_set() for name, value in vars(kind).items() if callable(value)}
    mine = {name for name in mine if not name.startswith("_")}
    line = mesa.__version__.rpartition(".")[0]
    promises = {
        f"Mesa is {mesa.__version__}, the bridge was written for {' and '.join(MESA_LINES)}": line in MESA_LINES,
        "Agent._ids no longer is a defaultdict of counters by model, nor does the model count": (
            isinstance(mesa.Agent._ids, defaultdict) and isinstance(mesa.Agent._ids.get(model), itertools.count)
            if _COUNTS_BY_CLASS
            else getattr(model, "agent_id_counter", None) == 2
        ),
        "Model no longer holds its agents as keys": probe in getattr(model, "_agents", model._all_agents._agents),
        "Model._agents_by_type no longer is what agents_by_type returns": getattr(model, "_agents_by_type", None)
        is model.agents_by_type,
        "Model._all_agents no longer is what agents returns": getattr(model, "_all_agents", None) is model.agents,
        "Model.__init__ no longer puts the wrapped step and _user_step on the instance": {"step", "_user_step"}
        <= vars(model).keys(),
        "Model._wrapped_step is no longer what Model.step calls": callable(getattr(mesa.Model, "_wrapped_step", None))
        and getattr(model.step, "__func__", None) is mesa.Model._wrapped_step,
        "Model no longer has the schedule, the events and the data that closing it stops": not _HAS_TIME
        or {"_default_schedule", "_event_list", "data_registry"} <= vars(model).keys(),
        "batchrunner._model_run_func no longer has a variable called iteration": "iteration" in _variables_of_a_batch(),
        "AgentSet._agents no longer is a WeakKeyDictionary": type(
            getattr(AgentSet([probe], model.random), "_agents", None)
        )
        is weakref.WeakKeyDictionary,
        "AgentSet._update is gone": "_update" in vars(AgentSet),
        f"AgentSet has new methods, which sets of rows do not override: {sorted(mine - AGENT_SET_METHODS)}": mine
        <= AGENT_SET_METHODS,
        "DataCollector.__init__ no longer sets model_vars": "model_vars" in vars(mesa.DataCollector()),
    }
    forget(model)
    return [sentence for sentence, kept in promises.items() if not kept]
