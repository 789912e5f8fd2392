"""Own classes and metrics in a run's life: what they are known by, how a command names them, who refuses a changed one.

A cast is known by the qualified names of its classes and the SHA-256 of the sources that they are written in: the
modules of the classes, and those beside them that these use. Code is never taken from a folder of results, which people
exchange: whoever makes a run again gives its classes again.
"""

import hashlib
import importlib
import inspect
import json
import pickle
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ..model.scenario.errors import ScenarioError
from ..model.scenario.naming import hint
from . import own_metrics

if TYPE_CHECKING:
    from ..agents.cast import Cast, CastError
    from ..model.own_metrics import OwnMetric

Identity = dict[str, dict[str, Any]]
"""Own classes by kind: ``class``, its qualified name, and ``sources``, the SHA-256 of its modules by their names."""


def identity(cast: "Cast") -> Identity | None:
    """What a cast is known by; None when every class is the shipped one and no metric is added.

    Raises:
        CastError: a class or a metric's function has no source that could be read (it was typed at a prompt).
        MetricError: a metric's function holds what no source shows.
    """
    known: Identity = {kind: {"class": _name(own), "sources": _sources(own)} for kind, own in cast.own.items()}
    for metric, (name, declared) in zip(cast.metrics, own_metrics.declarations(cast).items(), strict=True):
        function = metric.function
        known[name] = {"class": _name(function), "sources": _sources(function), own_metrics.DECLARED: declared}
    return known or None


MODEL = "model"
"""Under this name a sweep's own maker of models stands beside the kinds of agents."""

Maker = Callable[..., Any]
"""Makes a model from a scenario and a seed."""


def identity_of_sweep(cast: "Cast", model: Maker | None) -> Identity | None:
    """What the own classes of a sweep, and its own maker of models, are known by; None when it has neither.

    Raises:
        CastError: a class or the maker has no source that could be read.
    """
    known = identity(cast) or {}
    if model is not None:
        known[MODEL] = {"class": _name(model), "sources": _sources(model)}
    return known or None


@dataclass(frozen=True)
class Packed:
    """Own classes on their way to a worker, which unpacks them when it makes its first run.

    Attributes:
        folders: where the modules are found that they are written in.
        content: a pickle of the cast and the maker of models, both by name.
    """

    folders: tuple[str, ...]
    content: bytes

    @classmethod
    def of(cls, cast: "Cast", model: Maker | None) -> "Packed | None":
        """What a worker needs; None when that is nothing.

        Raises:
            CastError: something has no name by which another process could import it.
        """
        from ..agents.cast import CastError

        if cast.stock and model is None:
            return None
        try:
            content = pickle.dumps((cast, model))
        except (pickle.PicklingError, AttributeError, TypeError) as error:
            raise CastError(f"agents: workers cannot import them ({error}); write them into a module") from None
        functions = [metric.function for metric in cast.metrics]
        things = [*cast.own.values(), *functions, *([] if model is None else [model])]
        roots = {sys.modules[_module_of(thing)] for thing in things}
        return cls(
            tuple(sorted({str(_root(module)) for module in roots if getattr(module, "__file__", None)})), content
        )

    def unpack(self) -> "tuple[Cast, Maker | None]":
        """The cast and the maker of models, imported."""
        for folder in self.folders:
            if folder not in sys.path:
                sys.path.append(folder)
        found: tuple[Cast, Maker | None] = pickle.loads(self.content)
        return found

    @property
    def of_script(self) -> bool:
        """Whether something is written in the script that is run, which only its own process can import."""
        return b"__main__" in self.content


def _module_of(thing: Any) -> str:
    return str(getattr(thing, "__module__", None) or type(thing).__module__)


def _root(module: ModuleType) -> Path:
    """The folder from which a module is imported by its whole name."""
    path = Path(str(module.__file__)).resolve()
    return path.parents[module.__name__.count(".") + (path.stem == "__init__")]


def digest(known: Identity) -> str:
    """SHA-256 of what a cast is known by."""
    return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()


def of_sweep(
    agents: "Cast | Mapping[str, type] | None", model: Maker | None
) -> "tuple[Identity | None, Packed | None]":
    """What a sweep with own classes is known by, and the classes on their way to workers; None twice without any.

    Agents and compiler are not loaded where there are none: who hands out the runs of a sweep needs neither.

    Raises:
        CastError: a class cannot play, has no source that could be read, or cannot be imported elsewhere.
    """
    if agents is None and model is None:
        return None, None
    cast = of(agents)
    return identity_of_sweep(cast, model), Packed.of(cast, model)


def of(agents: "Cast | Mapping[str, type] | None", metrics: "OwnMetric | Iterable[OwnMetric]" = ()) -> "Cast":
    """The cast that a caller gives, with the own metrics beside it.

    Raises:
        CastError: a kind is unknown, or a class cannot play.
        MetricError: a metric is given twice, or is none.
    """
    from ..agents.cast import Cast

    return Cast.of(agents, metrics=metrics)


def same(manifest: Mapping[str, Any], agents: "Cast | Mapping[str, type] | None", where: str) -> "Cast":
    """The cast with which a recorded run can be made again.

    Args:
        manifest: of the run.
        agents: the classes that are given for it.
        where: what it is called in messages.

    Raises:
        CastError: they are not those that the run was made with; it names each that is missing, other or changed.
    """
    from ..agents.cast import CastError

    cast = of(agents)
    told = differences(manifest.get("cast"), identity(cast))
    if told:
        raise CastError(f"{where}: {'; '.join(told)}")
    return cast


def differences(made_with: Mapping[str, Any] | None, given: Mapping[str, Any] | None) -> list[str]:
    """What two casts differ in, one clause for each kind; ``made_with`` is the one that counts."""
    before, now, told = made_with or {}, given or {}, []
    for kind in sorted({*before, *now}):
        old, new = before.get(kind), now.get(kind)
        if old == new:
            continue
        if old is None and kind.startswith(own_metrics.PREFIX):
            told.append(f"it was made without {kind} ({now[kind]['class']})")
        elif old is None:
            told.append(f"it was made with the shipped {kind}, not {now[kind]['class']}")
        elif new is None and kind.startswith(own_metrics.PREFIX):
            told.append(
                f"it was made with {kind} ({old['class']}), which is not given (--with FILE.py:NAME, or metrics=… in "
                "Python)"
            )
        elif new is None:
            told.append(
                f"it was made with {old['class']} as its {kind}, which is not given (--with FILE.py:NAME, or agents=… "
                "in Python)"
            )
        elif old["class"] != new["class"]:
            told.append(f"it was made with {old['class']} as its {kind}, not {new['class']}")
        else:
            told.append(f"{old['class']} ({kind}) has changed since in {', '.join(_changed(old, new))}")
    return told


def _changed(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    one, other = old["sources"], new["sources"]
    changed = [name for name in sorted({*one, *other}) if one.get(name) != other.get(name)]
    declared, now = old.get(own_metrics.DECLARED, {}), new.get(own_metrics.DECLARED, {})
    return changed + [f"its {field}" for field in declared if declared[field] != now.get(field)]


# --------------------------------------------------------------------------------------------------------- its sources


def _name(own: Any) -> str:
    module = _module_of(own)
    name = getattr(own, "__qualname__", type(own).__qualname__)
    return f"{_module_name(sys.modules.get(module), module)}.{name}"


def _module_name(module: ModuleType | None, name: str) -> str:
    """A module's name; that of its file for the script that is run, so that importing it gives the same."""
    file = getattr(module, "__file__", None)
    return Path(file).stem if name == "__main__" and file else name


def _sources(own: Any) -> dict[str, str]:
    digests: dict[str, str] = {}
    modules = _modules(own)
    if not modules:
        raise _unreadable(own)
    for module in modules:
        digests[_module_name(module, module.__name__)] = hashlib.sha256(_source_of(module, own)).hexdigest()
    return dict(sorted(digests.items()))


def _source_of(module: ModuleType, own: Any) -> bytes:
    try:
        path = inspect.getsourcefile(module)
        return Path(path).read_bytes() if path else inspect.getsource(own).encode()
    except (OSError, TypeError):
        raise _unreadable(own) from None


def _unreadable(own: Any) -> "CastError":
    from ..agents.cast import CastError

    name = getattr(own, "__qualname__", type(own).__qualname__)
    return CastError(
        f"agents: the source of {name} cannot be read, so that nothing would say with which rules a run was made; "
        "write it into a file"
    )


def _modules(own: Any) -> list[ModuleType]:
    """The modules that a class, its bases and their methods are written in, and those beside them that these use."""
    found: dict[str, ModuleType] = {}
    bases = [base for base in getattr(own, "__mro__", (type(own),)) if _is_own(base.__module__)]
    names = {_module_of(own), *(base.__module__ for base in bases)}
    names |= {str(getattr(content, "__module__", "")) for base in bases for content in vars(base).values()}
    waiting = [sys.modules[name] for name in sorted(names) if _is_own(name)]
    while waiting:
        module = waiting.pop()
        if module.__name__ in found:
            continue
        found[module.__name__] = module
        waiting += _neighbours(module)
    return list(found.values())


def _is_own(name: str) -> bool:
    root = name.partition(".")[0]
    return root not in ("restaking", "mesa") and root not in sys.stdlib_module_names and name in sys.modules


def _neighbours(module: ModuleType) -> Iterator[ModuleType]:
    """The modules in the folder of a module, or below it, of which it uses something by name."""
    file = getattr(module, "__file__", None)
    if not file:
        return
    folder = Path(file).resolve().parent
    for value in list(vars(module).values()):
        used = value if isinstance(value, ModuleType) else sys.modules.get(str(getattr(value, "__module__", "")))
        beside = getattr(used, "__file__", None)
        if used is not None and beside and _is_own(used.__name__) and Path(beside).resolve().is_relative_to(folder):
            yield used


def hush() -> None:
    """Keep a process from saying again what own classes cost; whoever started it has said so."""
    import warnings

    from ..agents.cast import SlowRulesWarning

    warnings.simplefilter("ignore", SlowRulesWarning)


# -------------------------------------------------------------------------------------------------------- on a command


def load(place: str) -> Any:
    """What a command names by ``my_rules.py:MyCast`` or ``package.module:name``.

    The folder of a file is searched for what it imports, as when Python runs it.

    Raises:
        CastError: there is no such file, module or name, or it cannot be imported.
    """
    from ..agents.cast import CastError

    source, colon, name = place.rpartition(":")
    if not colon or not source or not name.isidentifier():
        raise CastError(f"--with: {place!r} is not FILE.py:NAME or PACKAGE.MODULE:NAME", where="--with")
    module = _from_file(Path(source)) if source.endswith(".py") else _imported(source, source)
    try:
        return getattr(module, name)
    except AttributeError:
        names = [known for known in vars(module) if not known.startswith("_")]
        raise CastError(f"--with: {source} has no {name}; {hint(name, names)}", where="--with") from None


def load_cast(places: str | Sequence[str] | None) -> "Cast":
    """The cast that ``--with`` names, once or several times.

    Each names a ``Cast``, classes by kind, one class, which stands for its kind, an ``OwnMetric``, or a list of these.

    Raises:
        CastError: it is none of these, cannot be loaded, or a kind is given twice.
        MetricError: a metric is given twice.
    """
    from ..agents.cast import Cast, CastError

    classes: dict[str, type] = {}
    metrics: list[OwnMetric] = []
    for place in [places] if isinstance(places, str) else places or ():
        for part in _parts(load(place), place):
            metrics += part.metrics
            for kind, own in part.own.items():
                if classes.setdefault(kind, own) is not own:
                    names = f"{classes[kind].__qualname__} and {own.__qualname__}"
                    raise CastError(f"--with: the {kind} is given twice: {names}", key=kind, where="--with")
    return Cast.of(classes, metrics=metrics)


def _parts(found: Any, place: str) -> "Iterator[Cast]":
    """What a command names, as casts; lists in it one by one."""
    from ..agents.cast import KINDS, Cast, CastError
    from ..model.metrics import Metric

    if isinstance(found, list | tuple):
        for item in found:
            yield from _parts(item, place)
        return
    if isinstance(found, Metric):
        yield Cast.of(None, metrics=[found])  # type: ignore[list-item]  # a shipped one is refused there
        return
    if isinstance(found, type) and not isinstance(found, Mapping):
        kinds = [kind for kind in KINDS if issubclass(found, getattr(Cast(), kind))]
        found = {kinds[0]: found} if kinds else found
    if not isinstance(found, Cast | Mapping):
        raise CastError(
            f"--with: {place} is {type(found).__name__}; give a Cast, classes by kind, a class of an agent, an "
            "OwnMetric or a list of them",
            where="--with",
        )
    yield Cast.of(found)


def _from_file(file: Path) -> ModuleType:
    from ..agents.cast import CastError

    path = file.resolve()
    if not path.is_file():
        raise CastError(f"--with: there is no file {file}", where="--with")
    if not path.stem.isidentifier():
        raise CastError(f"--with: {file.name} cannot be imported: its name is not one of a module", where="--with")
    if str(path.parent) not in sys.path:
        sys.path.insert(0, str(path.parent))
    module = _imported(path.stem, str(file))
    if Path(getattr(module, "__file__", None) or "").resolve() != path:
        raise CastError(
            f"--with: {file.name} has the name of another module ({getattr(module, '__file__', path.stem)}); rename it",
            where="--with",
        )
    return module


def _imported(name: str, shown: str) -> ModuleType:
    from ..agents.cast import CastError

    try:
        return importlib.import_module(name)
    except ScenarioError:
        raise
    except (Exception, SystemExit) as error:
        line = _line_in(error, name)
        reason = " ".join(str(error).split())
        raise CastError(
            f"--with: {shown} cannot be imported: {type(error).__name__}: {reason}{line}", where="--with"
        ) from None


def _line_in(error: BaseException, name: str) -> str:
    """Where in a module an error came from, in words; empty when it came from elsewhere."""
    frames = inspect.getinnerframes(error.__traceback__) if error.__traceback__ else []
    stem = f"{name.rpartition('.')[2]}.py"
    lines = [frame.lineno for frame in frames if Path(frame.filename).name == stem]
    return f" (line {lines[-1]})" if lines else ""
