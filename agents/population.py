"""Agents by the hundred thousand: rows of arrays, which Mesa sees as agents.

A :class:`Population` keeps its members as rows of one structured array, with wider *cold* blocks beside it (tastes,
points per season). A :class:`RowAgent` is a real ``mesa.Agent`` that views one row: it is made when somebody looks at
it, reads and writes the arrays, and keeps nothing itself. A :class:`PopulationSet` is a Mesa ``AgentSet`` over rows.
So a population costs its arrays, compiled code works on those, and Mesa's interface works on the same data.

Columns become properties of a class that is *bound* to the layout: a subclass of the agent class, generated once per
layout and kept with it. The agent class stays as it was written, so it can serve populations of different layouts
(with other cold blocks, say), and a read costs a property, not a failed look-up first, as ``__getattr__`` would.
"""

import contextlib
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Generic, Self, TypeVar, cast

import mesa
import numpy as np
from numpy.typing import NDArray

from ..model.shown import html_table
from .mesa_bridge import EcosystemBase, GroupBy, HeldSet, LazySet, UnregisteredAgent, call, reserve_ids

AgentT = TypeVar("AgentT", bound="RowAgent")
FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])

Column = NDArray[Any]
Layout = tuple[str, ...]
"""Names of the columns."""

_PLAIN_FORMATS = frozenset("?bBhHiIlLqQfd")
"""Formats of buffers that Python reads as its own numbers."""

_EXACT_SUMMARIES: dict[Any, Callable[[Column], Any]] = {sum: np.sum, min: np.min, max: np.max}
"""Python's own summaries, which crawl over arrays, and what does the same to a column at once."""


def vectorises(definition: object) -> Callable[[FunctionT], FunctionT]:
    """Marks a function as the vectorised version of a method or property of an agent class.

    The population calls it in place of ``definition`` only: where a subclass brings a method of its own, that method
    runs, row by row.

    Example:
        >>> class Saver(RowAgent):
        ...     def step(self) -> None:
        ...         self.wealth *= 1.01
        >>> @vectorises(Saver.step)
        ... def step_all(population: Population[Saver]) -> None:
        ...     population.columns["wealth"] *= 1.01
    """

    def mark(function: FunctionT) -> FunctionT:
        function.kernel_of = definition  # type: ignore[attr-defined]
        return function

    return mark


# --- one row as an agent ----------------------------------------------------------------------------------------------


class RowAgent(UnregisteredAgent):
    """A Mesa agent that views one row of a population.

    Subclass it as you would ``mesa.Agent``, without an ``__init__``: a view has nothing to initialise. Annotate the
    columns (``wealth: float``) for readers and type checkers; the population makes them properties. Two views of one
    row are equal. Writing an attribute that is not a column is an error, because it would be lost with the view.

    Views are made by a population: ``population.view(3)``, or by iterating over a set.

    Attributes:
        row: the row that the agent views.
    """

    __slots__ = ("_population", "row")

    _population: "Population[Any]"
    row: int

    _settable: ClassVar[frozenset[str]] = frozenset()
    _bound_classes: ClassVar[dict[Layout, type]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._bound_classes = {}

    def __init__(self, population: "Population[Any]", row: int) -> None:
        _set_population(self, population)
        _set_row(self, row)

    @property
    def model(self) -> Any:
        """The model that the agent lives in."""
        return self._population.model

    @property
    def unique_id(self) -> int:
        """Identifier, unique among all agents of the model."""
        return self._population.first_id + self.row

    @property
    def pos(self) -> Any:
        """Position in a space: none, unless the population has a column of this name."""
        return None

    @property
    def exists(self) -> bool:
        """Whether the row is still part of the model."""
        return bool(self._population.alive[self.row])

    def remove(self) -> None:
        """Takes the row out of the model: it leaves every set and count, its values stay. Twice is harmless."""
        with contextlib.suppress(KeyError):
            self._population.dismiss(self)

    def __setattr__(self, name: str, value: Any) -> None:
        cells = self._population.cells.get(name)
        if cells is not None:
            cells[self.row] = value
        elif name in self._settable:
            object.__setattr__(self, name, value)
        else:
            columns = ", ".join(self._population.columns)
            raise AttributeError(
                f"{type(self).__name__} views a row and keeps nothing itself: no column {name!r} (there are: {columns})"
            )

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return other.row == self.row and other._population is self._population

    def __hash__(self) -> int:
        return hash(self.unique_id)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.unique_id}, row {self.row}>"

    def _repr_html_(self) -> str:
        values = {name: cell[self.row] for name, cell in self._population.cells.items()}
        simple = {name: value for name, value in values.items() if isinstance(value, bool | int | float | str)}
        return html_table(f"{type(self).__name__} {self.unique_id}", {"row": self.row, "exists": self.exists, **simple})

    def __reduce__(self) -> tuple[Any, ...]:
        return _view_of, (self._population, self.row)


# Views are made by the hundred thousand: their two slots are set directly, past the check in __setattr__.
_set_population = vars(RowAgent)["_population"].__set__
_set_row = vars(RowAgent)["row"].__set__


def _view_of(population: "Population[AgentT]", row: int) -> AgentT:
    return population.view(row)


def _column_property(name: str) -> property:
    def read(self: RowAgent) -> Any:
        return self._population.cells[name][self.row]

    def write(self: RowAgent, value: Any) -> None:
        self._population.cells[name][self.row] = value

    return property(read, write, doc=f"Column {name!r} of the row.")


def _bind(agent_class: type[AgentT], layout: Layout) -> type[AgentT]:
    """The subclass of an agent class that has these columns as properties, made once per layout."""
    if layout not in agent_class._bound_classes:
        body: dict[str, Any] = {name: _column_property(name) for name in layout}
        bound = _derive(agent_class, body | {"__slots__": (), "declared_as": agent_class})
        attributes = [item for base in bound.__mro__ for item in vars(base).items()]
        descriptors = {name for name, value in attributes if hasattr(value, "__set__")}
        bound._settable = frozenset(descriptors - {*RowAgent.__slots__})
        agent_class._bound_classes[layout] = bound
    return cast(type[AgentT], agent_class._bound_classes[layout])


def _derive(agent_class: type[AgentT], body: dict[str, Any]) -> type[AgentT]:
    """A subclass that goes by the same name."""
    same = {name: getattr(agent_class, name) for name in ("__module__", "__qualname__", "__doc__")}
    return cast(type[AgentT], type(agent_class.__name__, (agent_class,), body | same))


# --- the rows ---------------------------------------------------------------------------------------------------------


class Population(Generic[AgentT]):
    """Agents of one class as rows of arrays. The arrays are kept, not copied: who changes them changes the agents.

    In an :class:`~.mesa_bridge.EcosystemBase` the rows are agents of the model; in any other ``mesa.Model`` the
    population works by itself, beside ``model.agents``.

    Args:
        model: the Mesa model.
        agent_class: subclass of :class:`RowAgent`; its ``step`` may be ordinary Python.
        rows: structured array of shape (N,), one row per agent.
        cold: further columns by name, each of shape (N,) or (N, …), kept apart so that rows stay short.
        derived: vectorised versions of the agent class's properties by name: functions of the population that return
            an array of shape (N,) or (N, …), used by ``get``, ``agg``, ``sort`` and ``groupby``. Mark them by
            :func:`vectorises` to have a subclass's own property honoured; unmarked ones are always used.
        alive: which rows exist, bool, shape (N,); all, when left out. Kept too: kernels may read and write it.
        vectorised: vectorised versions of the agent class's methods by name: functions of the population and of the
            method's arguments, marked by :func:`vectorises`. ``do`` and ``shuffle_do`` on a set of all rows call
            them; they have to leave out rows that do not exist.

    Attributes:
        agent_class: the class as given; views are of a subclass bound to the columns.
        alive: which rows exist, bool, shape (N,).
        cells: all columns by name, as agents read and write them: item by item, as Python's own numbers.
        cold: cold columns by name.
        columns: all columns by name, as they are stored.
        first_id: ``unique_id`` of row 0; those of the others follow.
        model: the model; None once it is closed.
        random: the model's generator, which shuffles.
        rows: the structured array.

    Raises:
        TypeError: if a class or array is of the wrong kind.
        ValueError: if shapes disagree, or a column has the name of something that agents have already.

    Example:
        >>> class Saver(RowAgent):
        ...     wealth: float
        ...     def step(self) -> None:
        ...         self.wealth *= 1.01
        >>> savers = Population(mesa.Model(), Saver, np.array([(100.0,), (200.0,)], dtype=[("wealth", "f8")]))
        >>> _ = savers.agents.do("step")
        >>> savers.rows["wealth"].tolist()
        [101.0, 202.0]
    """

    def __init__(
        self,
        model: mesa.Model,
        agent_class: type[AgentT],
        rows: NDArray[np.void],
        *,
        cold: Mapping[str, Column] | None = None,
        derived: Mapping[str, Callable[["Population[AgentT]"], Column]] | None = None,
        alive: NDArray[np.bool_] | None = None,
        vectorised: Mapping[str, Callable[..., Any]] | None = None,
    ) -> None:
        self.model: Any = model
        self.random = model.random
        self.agent_class = agent_class
        self.rows = rows
        self.cold = dict(cold or {})
        self.alive = np.ones(len(rows), dtype=np.bool_) if alive is None else alive
        self._derived = dict(derived or {})
        self._vectorised = dict(vectorised or {})
        self._check()
        self._lay_out()
        self.first_id = reserve_ids(model, len(rows))
        if isinstance(model, EcosystemBase):
            model.register_population(self)

    def _check(self) -> None:
        _check_agent_class(self.agent_class)
        _check_arrays(self.rows, self.cold, self.alive)
        for name in (*(self.rows.dtype.names or ()), *self.cold):
            _check_name(self.agent_class, name)
        for name, function in self._vectorised.items():
            if not hasattr(function, "kernel_of"):
                which = f"{self.agent_class.__name__}.{name}"
                raise ValueError(f"vectorised[{name!r}] does not say what it stands for: mark it @vectorises({which})")

    def _lay_out(self) -> None:
        """Everything that follows from the arrays."""
        names = self.rows.dtype.names or ()
        self.columns: dict[str, Column] = {name: self.rows[name] for name in names} | self.cold
        self.cells = {name: _cells(column) for name, column in self.columns.items()}
        self._view_class = _bind(self.agent_class, tuple(self.columns))
        self._object_classes: dict[Layout, type[AgentT]] = {}

    def __getstate__(self) -> dict[str, Any]:
        made = ("columns", "cells", "_view_class", "_object_classes")
        return {name: value for name, value in vars(self).items() if name not in made}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._lay_out()

    @property
    def agents(self) -> "PopulationSet[AgentT]":
        """A new set of all rows that exist."""
        return PopulationSet(self)

    @property
    def size(self) -> int:
        """Number of rows, including those that do not exist any more."""
        return len(self.rows)

    def __len__(self) -> int:
        return int(np.count_nonzero(self.alive))

    def __iter__(self) -> Iterator[AgentT]:
        return iter(self.agents)

    def __contains__(self, agent: object) -> bool:
        return self.owns(agent) and cast(RowAgent, agent).exists

    def __repr__(self) -> str:
        return f"<Population of {len(self)} {self.agent_class.__name__}>"

    def _repr_html_(self) -> str:
        columns = {name: str(column.dtype) for name, column in self.columns.items() if isinstance(column, np.ndarray)}
        return html_table(repr(self)[1:-1], {"rows": self.size, "first unique_id": self.first_id, **columns})

    def view(self, row: int) -> AgentT:
        """The agent of a row, whether it still exists or not."""
        index = operator.index(row)
        if not 0 <= index < self.size:
            raise IndexError(f"row {index} of a population of {self.size} rows")
        return self._view_class(self, index)

    def views(self, rows: NDArray[np.intp]) -> Iterator[AgentT]:
        """The agents of some rows one by one, leaving out those that do not exist when their turn comes."""
        kind, exists, new = self._view_class, memoryview(self.alive), object.__new__  # type: ignore[arg-type]
        for row in rows.tolist():
            if exists[row]:
                agent = new(kind)  # as kind(self, row) does, at half the price
                _set_population(agent, self)
                _set_row(agent, row)
                yield agent

    def owns(self, agent: object) -> bool:
        """Whether the agent is a view of one of these rows."""
        return isinstance(agent, RowAgent) and agent._population is self

    def remove(self, row: int) -> None:
        """Marks a row as no longer existing; ``KeyError`` when it is so already."""
        if not self.alive[row]:
            raise KeyError(row)
        self.alive[row] = False

    def remove_all(self) -> None:
        """Takes out every row, by its agent's own ``remove`` where the agent class has one."""
        if self.agent_class.remove is not RowAgent.remove:
            self.agents.do("remove")
        self.alive[:] = False

    def dismiss(self, agent: RowAgent) -> None:
        """Takes an agent out by way of the model, which may have something to do about it."""
        if isinstance(self.model, EcosystemBase) and any(self is population for population in self.model.populations):
            self.model.deregister_agent(agent)
        else:
            self.remove(agent.row)

    def kernel(self, method: str) -> Callable[..., Any] | None:
        """The vectorised version of a method, if it is the agent class's method that it stands for."""
        return self._standing_for(self._vectorised.get(method), method)

    def values(self, name: str) -> Column | None:
        """A column, or what a derived function returns for all rows; None when the name is neither."""
        if name in self.columns:
            return self.columns[name]
        function = self._standing_for(self._derived.get(name), name)
        if function is None:
            return None
        values = np.asarray(function(self))
        if values.ndim == 0 or len(values) != self.size:
            raise ValueError(f"derived[{name!r}] returned shape {values.shape}, which is not one value per row")
        return values

    def _standing_for(self, function: Callable[..., Any] | None, name: str) -> Callable[..., Any] | None:
        meant = getattr(function, "kernel_of", None)
        if meant is not None and getattr(self.agent_class, name, None) is not meant:
            return None
        return function

    # --- ordinary objects -----------------------------------------------------------------------------------------

    def as_objects(self, attributes: Sequence[str] | None = None) -> list[AgentT]:
        """The rows that exist as ordinary objects: each holds its values itself and is registered nowhere.

        The agent class's methods run on them unchanged. This is what an agent costs without a population: the
        reference that compiled code is compared with, and a fast way to run a Python ``step`` many times.
        An object keeps float64 and unbounded integers where a column may be narrower; it equals only itself.

        Args:
            attributes: columns to copy; all, when left out.
        """
        names = tuple(self.columns) if attributes is None else tuple(attributes)
        unknown = [name for name in names if name not in self.columns]
        if unknown:
            raise ValueError(f"no column {unknown[0]!r}; there are: {', '.join(self.columns)}")
        object_class = self._object_class(names)
        rows = np.flatnonzero(self.alive).tolist()
        objects = [object_class(self, row) for row in rows]
        self._copy_to(objects, rows, names)
        return objects

    def sync_objects(self, objects: Iterable[AgentT]) -> None:
        """Gives objects made by :meth:`as_objects` the present values of their rows."""
        by_class: dict[type, list[AgentT]] = {}
        for agent in objects:
            by_class.setdefault(type(agent), []).append(agent)
        for kind, alike in by_class.items():
            names = next((names for names, made in self._object_classes.items() if made is kind), None)
            if names is None or not all(self.owns(agent) for agent in alike):
                raise ValueError("only objects that as_objects() of this population made can be synchronised")
            self._copy_to(alike, [agent.row for agent in alike], names)

    def _object_class(self, names: Layout) -> type[AgentT]:
        if names not in self._object_classes:
            self._object_classes[names] = _derive(
                self.agent_class,
                {
                    # Places for what a view computes; columns are plain instance attributes, as in any Mesa agent.
                    "__slots__": ("model", "pos", "unique_id"),
                    "__init__": _initialise_object,
                    "__setattr__": object.__setattr__,
                    "__eq__": object.__eq__,
                    "__hash__": object.__hash__,
                    "__reduce__": object.__reduce__,
                    "declared_as": self.agent_class,
                },
            )
        return self._object_classes[names]

    def _copy_to(self, objects: Sequence[AgentT], rows: Sequence[int], names: Iterable[str]) -> None:
        for name in names:
            values = self.columns[name][rows]
            for agent, value in zip(objects, values.tolist() if values.ndim == 1 else values, strict=True):
                setattr(agent, name, value)


def _initialise_object(self: RowAgent, population: Population[Any], row: int) -> None:
    self._population, self.row = population, row
    self.model, self.unique_id, self.pos = population.model, population.first_id + row, None  # type: ignore[misc]


def _cells(column: Column) -> Any:
    """A column for reading and writing item by item, by Python's own numbers."""
    if column.ndim > 1:
        return column
    if column.dtype.char in _PLAIN_FORMATS:
        buffer = memoryview(column)  # type: ignore[arg-type]
        if buffer.format in _PLAIN_FORMATS:
            return buffer  # twice as quick as numpy
    return _SlowCells(column)


class _SlowCells:
    """What a buffer would do, for values that Python's buffers do not know: text, dates, numbers out of alignment."""

    def __init__(self, column: Column) -> None:
        self._column = column
        self._number, self._whole = column.dtype.kind in "biuf", column.dtype.kind in "iu"

    def __getitem__(self, row: int) -> Any:
        return self._column.item(row) if self._number else self._column[row]

    def __setitem__(self, row: int, value: Any) -> None:
        self._column[row] = operator.index(value) if self._whole else value


def _check_agent_class(agent_class: type) -> None:
    if not (isinstance(agent_class, type) and issubclass(agent_class, RowAgent)):
        raise TypeError(f"a population's agent class must be a subclass of RowAgent, not {agent_class!r}")
    if agent_class.declared_as is not None:
        raise TypeError(f"{agent_class.__name__} is bound to another population: use its agent_class")


def _check_arrays(rows: Column, cold: Mapping[str, Column], alive: Column) -> None:
    if not isinstance(rows, np.ndarray) or rows.ndim != 1 or not rows.dtype.names:
        raise TypeError("rows must be a structured numpy array of one dimension, one row per agent")
    for name, block in cold.items():
        if not isinstance(block, np.ndarray) or block.ndim == 0:
            raise TypeError(f"cold block {name!r} must be a numpy array whose first axis is the rows")
        if len(block) != len(rows):
            raise ValueError(f"cold block {name!r} has {len(block)} rows, the population {len(rows)}")
        if name in rows.dtype.names:
            raise ValueError(f"cold block {name!r} has the name of a column")
    if not isinstance(alive, np.ndarray) or alive.dtype != np.bool_ or alive.shape != rows.shape:
        raise TypeError(f"alive must be a bool array of shape ({len(rows)},)")


def _check_name(agent_class: type, name: str) -> None:
    """A default (``wealth: float = 0.0``) may give way to a column, a method or property may not."""
    given = getattr(agent_class, name, None)
    if name != "pos" and (hasattr(RowAgent, name) or hasattr(given, "__get__")):
        raise ValueError(f"column {name!r} has the name of an attribute of {agent_class.__name__}: rename one of them")


# --- sets of rows -----------------------------------------------------------------------------------------------------


class PopulationSet(LazySet, Generic[AgentT]):
    """A Mesa ``AgentSet`` over rows of a population.

    It offers what an ``AgentSet`` does, with these differences. It holds row numbers, not weak references, so nothing
    drops out but rows that were removed from the model. ``get`` of one name returns an array; ``select`` also takes a
    boolean array; ``set`` also takes one value per member. Sets made from it are sets of rows again.

    Args:
        population: whose rows.
        rows: row numbers in order, each at most once; all rows, when left out.
    """

    def __init__(self, population: Population[AgentT], rows: NDArray[np.intp] | None = None) -> None:
        super().__init__(population.random)
        self.population = population
        self._chosen = rows
        self._mask: NDArray[np.bool_] | None = None

    # --- members --------------------------------------------------------------------------------------------------

    @property
    def rows(self) -> NDArray[np.intp]:
        """Row numbers of the members, in order."""
        if self._chosen is None:
            return np.flatnonzero(self.population.alive)
        return self._chosen[self.population.alive[self._chosen]]

    def __len__(self) -> int:
        alive = self.population.alive
        return int(np.count_nonzero(alive if self._chosen is None else alive[self._chosen]))

    def __iter__(self) -> Iterator[AgentT]:
        return self.population.views(self.rows)

    def __contains__(self, agent: object) -> bool:
        if agent not in self.population:
            return False
        if self._chosen is None:
            return True
        if self._mask is None:
            self._mask = np.zeros(self.population.size, dtype=np.bool_)
            self._mask[self._chosen] = True
        return bool(self._mask[cast(RowAgent, agent).row])

    def __getitem__(self, item: int | slice) -> Any:
        if isinstance(item, slice):
            return list(self.population.views(self.rows[item]))
        if self._chosen is None and self.population.alive.all():
            return self.population.view(range(self.population.size)[item])
        return self.population.view(self.rows[item])

    def __repr__(self) -> str:
        return f"<PopulationSet of {len(self)} {self.population.agent_class.__name__}>"

    def _repr_html_(self) -> str:
        return html_table(repr(self)[1:-1], {"of a population of": self.population.size})

    def __copy__(self) -> "PopulationSet[AgentT]":
        return PopulationSet(self.population, self._chosen)

    def __reduce__(self) -> tuple[Any, ...]:
        return PopulationSet, (self.population, self._chosen)

    def _from_iterable(self, agents: Iterable[mesa.Agent]) -> Any:
        members = list(agents)
        if not all(self.population.owns(agent) for agent in members):
            return HeldSet(members, self.random)
        return self._of(list(dict.fromkeys(agent.row for agent in members)))

    def _of(self, rows: Any) -> "PopulationSet[AgentT]":
        return PopulationSet(self.population, np.asarray(rows, dtype=np.intp))

    def _result(self, rows: Any, inplace: bool) -> "PopulationSet[AgentT]":
        if not inplace:
            return self._of(rows)
        self._chosen, self._mask = np.asarray(rows, dtype=np.intp), None
        return self

    def add(self, agent: mesa.Agent) -> None:
        """Adds a row of the same population to this set, at its end."""
        if not self.population.owns(agent):
            raise TypeError(f"a set of rows of one population cannot take {agent!r}: combine sets by | instead")
        if agent not in self:
            self._result([*self.rows.tolist(), agent.row], inplace=True)

    def discard(self, agent: mesa.Agent) -> None:
        """Drops a row from this set (``agent.remove()`` takes it out of the model)."""
        with contextlib.suppress(KeyError):
            self.remove(agent)

    def remove(self, agent: mesa.Agent) -> None:
        """Drops a row, which must be there, from this set (``agent.remove()`` takes it out of the model)."""
        if agent not in self:
            raise KeyError(agent)
        rows = self.rows
        self._result(rows[rows != agent.row], inplace=True)

    # --- choosing and ordering ------------------------------------------------------------------------------------

    def select(
        self,
        filter_func: Callable[[AgentT], bool] | NDArray[np.bool_] | None = None,
        at_most: int | float = float("inf"),
        inplace: bool = False,
        agent_type: type | tuple[type, ...] | None = None,
    ) -> "PopulationSet[AgentT]":
        """See :meth:`mesa.agent.AgentSet.select`.

        Args:
            filter_func: says of an agent whether to take it; or a bool array with an entry for each member.
            at_most: how many to take: a number, or as a float up to 1.0 a share of the members, rounded down.
            inplace: change this set.
            agent_type: class or classes that members must be of.
        """
        rows = self.rows
        if isinstance(at_most, float) and at_most <= 1.0:
            at_most = int(len(rows) * at_most)
        limit = None if at_most == float("inf") else max(int(at_most), 0)
        if limit is None and filter_func is None and agent_type is None:
            return self if inplace else self.__copy__()
        if agent_type is not None and not issubclass(self.population.agent_class, agent_type):
            return self._result([], inplace)
        if isinstance(filter_func, np.ndarray):
            rows = rows[self._checked_mask(filter_func, len(rows))]
        elif filter_func is not None:
            rows = self._matching(filter_func, rows, limit)
        return self._result(rows[:limit], inplace)

    @staticmethod
    def _checked_mask(mask: NDArray[np.bool_], count: int) -> NDArray[np.bool_]:
        if mask.dtype != np.bool_ or mask.shape != (count,):
            raise ValueError(
                f"select needs a bool array with one entry per member, shape ({count},), not {mask.dtype} {mask.shape}"
            )
        return mask

    def _matching(self, wanted: Callable[[AgentT], bool], rows: NDArray[np.intp], limit: int | None) -> Any:
        found: list[int] = []
        for agent in self.population.views(rows):
            if limit is not None and len(found) >= limit:
                break
            if wanted(agent):
                found.append(agent.row)
        return np.asarray(found, dtype=np.intp)

    def shuffle(self, inplace: bool = False) -> "PopulationSet[AgentT]":
        """See :meth:`mesa.agent.AgentSet.shuffle`; as many agents in stock Mesa get the same order by the same seed."""
        return self._result(self._shuffled(), inplace)

    def _shuffled(self) -> list[int]:
        rows: list[int] = self.rows.tolist()
        self.random.shuffle(rows)
        return rows

    def sort(
        self, key: Callable[[AgentT], Any] | str, ascending: bool = False, inplace: bool = False
    ) -> "PopulationSet[AgentT]":
        """See :meth:`mesa.agent.AgentSet.sort`: largest first unless ``ascending``, ties in their present order."""
        rows = self.rows
        order: Any
        keys = self.get(key) if isinstance(key, str) else [key(agent) for agent in self]
        if isinstance(keys, list) or keys.ndim > 1:
            order = sorted(range(len(rows)), key=keys.__getitem__, reverse=not ascending)
        elif ascending:
            order = np.argsort(keys, kind="stable")
        else:
            order = len(rows) - 1 - np.argsort(keys[::-1], kind="stable")[::-1]
        return self._result(rows[order], inplace)

    def groupby(self, by: Callable[[AgentT], Any] | str, result_type: str = "agentset") -> "PopulationGroups":
        """See :meth:`mesa.agent.AgentSet.groupby`; groups are sets of rows, in order of their first member."""
        if isinstance(by, str):
            keys = self.get(by)
        elif by is type:
            keys = [self.population.agent_class] * len(self)
        else:
            keys = [by(agent) for agent in self]
        members = self._members_by_key(keys)
        if result_type == "agentset":
            return PopulationGroups({key: self._of(rows) for key, rows in members.items()})
        return PopulationGroups({key: list(self.population.views(np.asarray(rows))) for key, rows in members.items()})

    def _members_by_key(self, keys: Column | list[Any]) -> dict[Any, Any]:
        rows = self.rows
        if isinstance(keys, list) or keys.ndim > 1:
            groups: dict[Any, Any] = {}
            for key, row in zip(keys, rows.tolist(), strict=True):
                groups.setdefault(key, []).append(row)
            return groups
        names, first, group, counts = np.unique(keys, return_index=True, return_inverse=True, return_counts=True)
        members = np.split(rows[np.argsort(group, kind="stable")], np.cumsum(counts)[:-1])
        return {names[index].item(): members[index] for index in np.argsort(first)}

    # --- acting ---------------------------------------------------------------------------------------------------

    def vectorises(self, method: object) -> bool:
        """Whether ``do(method)`` is one vectorised call."""
        return self._kernel(method) is not None

    def _kernel(self, method: object) -> Callable[..., Any] | None:
        if not isinstance(method, str):
            return None
        whole = self._chosen is None or len(self) == len(self.population)
        return self.population.kernel(method) if whole else None

    def do(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> Self:
        """See :meth:`mesa.agent.AgentSet.do`; on all rows one vectorised call, where there is a version for it."""
        kernel = self._kernel(method)
        if kernel is not None:
            kernel(self.population, *args, **kwargs)
            return self
        for agent in self:
            call(agent, method, args, kwargs)
        return self

    def shuffle_do(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> Self:
        """See :meth:`mesa.agent.AgentSet.shuffle_do`; a vectorised version draws no order, it depends on none."""
        if self.vectorises(method):
            return self.do(method, *args, **kwargs)
        for agent in self.population.views(np.asarray(self._shuffled(), dtype=np.intp)):
            call(agent, method, args, kwargs)
        return self

    def map(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> list[Any]:
        """See :meth:`mesa.agent.AgentSet.map`."""
        return [call(agent, method, args, kwargs) for agent in self]

    # --- values ---------------------------------------------------------------------------------------------------

    def get(self, attr_names: str | list[str], handle_missing: str = "error", default_value: Any = None) -> Any:
        """See :meth:`mesa.agent.AgentSet.get`.

        Args:
            attr_names: name of an attribute, or a list of names.
            handle_missing: "error" or "default".
            default_value: stands in for an attribute that an agent does not have.

        Returns:
            For the name of a column or derived value an array of the members' values, a copy, as wide as the numbers
            that agents show (int64, float64): sums do not overflow. For that of any other attribute a list. For a
            list of names a list of lists, as in Mesa.
        """
        if handle_missing not in ("error", "default"):
            raise ValueError(f"Unknown handle_missing option: {handle_missing}, should be one of 'error' or 'default'")
        if isinstance(attr_names, str):
            return self._values(attr_names, handle_missing, default_value)
        columns = [self._values(name, handle_missing, default_value) for name in attr_names]
        plain = [c.tolist() if isinstance(c, np.ndarray) and c.ndim == 1 else c for c in columns]
        return [list(values) for values in zip(*plain, strict=True)] if plain else [[] for _ in range(len(self))]

    def _values(self, name: str, handle_missing: str, default_value: Any) -> Any:
        values = self.population.values(name)
        if values is not None:
            index = self._index
            return _widened(values[index], copy=isinstance(index, slice))
        if handle_missing == "error":
            return [getattr(agent, name) for agent in self]
        return [getattr(agent, name, default_value) for agent in self]

    @property
    def _index(self) -> Any:
        """Picks the members' rows from a column; a slice where it can be, which is faster and copies nothing."""
        return slice(None) if self._chosen is None and self.population.alive.all() else self.rows

    def set(self, attr_name: str, value: Any) -> Self:
        """See :meth:`mesa.agent.AgentSet.set`; ``value`` may also be an array with an entry for each member."""
        if attr_name in self.population.columns:
            self.population.columns[attr_name][self._index] = value
            return self
        for agent in self:
            setattr(agent, attr_name, value)
        return self

    def agg(self, attribute: str, func: Callable[..., Any] | Iterable[Callable[..., Any]]) -> Any:
        """See :meth:`mesa.agent.AgentSet.agg`; functions are given what ``get`` returns."""
        values = self.get(attribute)
        return _summary(values, func) if callable(func) else [_summary(values, each) for each in func]


class PopulationGroups(GroupBy):
    """Mesa's ``GroupBy`` over sets of rows, aggregating by column."""

    def agg(self, attr_name: str, func: Callable[..., Any]) -> dict[Any, Any]:
        """See :meth:`mesa.agent.GroupBy.agg`."""
        return {
            key: group.agg(attr_name, func)
            if isinstance(group, PopulationSet)
            else func([getattr(agent, attr_name) for agent in group])
            for key, group in self.groups.items()
        }


def _widened(values: Column, copy: bool) -> Column:
    """Values as agents show them one by one: narrower numbers as int64 or float64."""
    wide = {"i": np.int64, "u": np.int64, "f": np.float64}.get(values.dtype.kind)
    narrower = wide is not None and values.dtype.itemsize < np.dtype(wide).itemsize
    return values.astype(wide if narrower else values.dtype, copy=copy)


def _summary(values: Any, func: Callable[..., Any]) -> Any:
    """``func(values)``; Python's sum, min and max of one column at once, as a Python number."""
    at_once = _EXACT_SUMMARIES.get(func) if isinstance(values, np.ndarray) and values.ndim == 1 else None
    if at_once is None:
        return func(values)
    return at_once(values).item() if len(values) else func([])
