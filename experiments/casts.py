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

from ..model.errors import ScenarioError
from ..model.scenario.naming import hint
from . import notebook_sources, own_metrics

if TYPE_CHECKING:
    from ..agents.cast import Cast, CastError
    from ..model.ecosystem import RestakingEcosystem
    from ..model.own_metrics import OwnMetric
    from ..model.scenario import Scenario

Identity = dict[str, dict[str, Any]]
"""Own classes by kind: ``class``, its qualified name, and ``sources``, the SHA-256 of its modules by their names."""


def identity(cast: "Cast | None") -> Identity | None:
    """What a cast is known by; None when every class is the shipped one and no metric is added.

    Raises:
        CastError: a class or a metric's function has no source that could be read (it was typed at a prompt).
        MetricError: a metric's function holds what no source shows.
    """
    if cast is None:
        return None
    known: Identity = {kind: {"class": _name(own), "sources": _sources(own)} for kind, own in cast.own.items()}
    for metric, (name, declared) in zip(cast.metrics, own_metrics.declarations(cast).items(), strict=True):
        function = metric.function
        known[name] = {"class": _name(function), "sources": _sources(function), own_metrics.DECLARED: declared}
    return known or None


MODEL = "model"
"""Under this name an own maker of models, or an own class of model, stands beside the kinds of agents."""

Maker = Callable[..., Any]
"""Makes a model from a scenario and a seed."""


def identity_with(cast: "Cast | None", model: Maker | None) -> Identity | None:
    """What own classes and an own maker of models are known by; None when there is neither.

    Raises:
        CastError: a class or the maker has no source that could be read.
    """
    known = identity(cast) or {}
    _check_maker(model)
    if model is not None:
        known[MODEL] = {"class": _name(model), "sources": _sources(model)}
    return known or None


def made(
    scenario: "Scenario",
    *,
    seed: int,
    engine: str = "kernel",
    agents: "Cast | Mapping[str, type] | None" = None,
    model: Maker | None = None,
) -> "RestakingEcosystem":
    """The model of a run, on day zero; it knows what it was made with.

    Args:
        scenario: its scenario.
        seed: its seed.
        engine: who decides; told to an own maker only where it is not ``"kernel"``.
        agents: own classes; told to an own maker only where there are any.
        model: own maker of models.

    Raises:
        CastError: a class cannot play, or the maker gave something else than a model.
    """
    from ..agents.cast import CastError
    from ..model.ecosystem import RestakingEcosystem

    _refuse_patched_model()
    _check_maker(model)
    cast = of(agents)
    own: dict[str, Any] = {} if cast.stock else {"agents": cast}
    if engine != "kernel":
        own["engine"] = engine
    ecosystem = (model or RestakingEcosystem)(scenario, seed=seed, **own)
    if not isinstance(ecosystem, RestakingEcosystem):
        raise CastError(f"model: {_name(model)} gave {type(ecosystem).__name__}, not a RestakingEcosystem")
    missing = [metric.name for metric in cast.metrics if metric not in ecosystem.recorder.own]
    if missing:
        raise CastError(
            f"model: {_name(model)} made a model that does not record {', '.join(missing)}; hand on agents="
        )
    ecosystem.made_with = identity_with(cast, model)
    return ecosystem


def _check_maker(model: object) -> None:
    from ..agents.cast import CastError

    if model is not None and not callable(model):
        raise CastError(
            f"model is {model!r}; give what makes a RestakingEcosystem from a scenario and seed=", key="model"
        )


def _refuse_patched_model() -> None:
    from ..agents.cast import CastError
    from ..model.ecosystem import AS_WRITTEN

    patched = AS_WRITTEN.patched()
    if patched:
        raise CastError(
            f"model: {', '.join(patched)} changed while Python runs, and no run would say so; write it into a subclass "
            "of RestakingEcosystem and give model=…"
        )


def identity_of_model(ecosystem: Any) -> Identity | None:
    """What a model that stands is known by: what it was made with, or its cast and its own class.

    Raises:
        CastError: a class has no source that could be read.
    """
    from ..model.ecosystem import RestakingEcosystem

    _refuse_patched()
    _refuse_patched_model()
    made_with: Identity | None = getattr(ecosystem, "made_with", None)
    if made_with is not None:
        return made_with
    own = type(ecosystem)
    is_own = isinstance(ecosystem, RestakingEcosystem) and own is not RestakingEcosystem
    return identity_with(getattr(ecosystem, "cast", None), own if is_own else None)


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


def named(known: Mapping[str, Any]) -> str:
    """Own classes in words: kind and qualified name of each."""
    return ", ".join(f"{kind} {one['class']}" for kind, one in sorted(known.items()))


def refuse_script(packed: Packed | None) -> None:
    """Refuse what is written in the script that is run where other processes have to import it.

    Raises:
        CastError: it is.
    """
    if packed is None or not packed.of_script:
        return
    from ..agents.cast import CastError

    raise CastError(
        "agents: the script that is run cannot be imported by workers; write own classes into a module of their own, "
        "or give workers=1"
    )


def code_with(code: str, known: Mapping[str, Any] | None) -> str:
    """The code of a run as its figures and tables name it: with 12 digits of the digest of own classes, if any."""
    return code if not known else f"{code}-{digest(known)[:12]}"


def digest(known: Mapping[str, Any]) -> str:
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
        _refuse_patched()
        return None, None
    cast = of(agents)
    return identity_with(cast, model), Packed.of(cast, model)


def _refuse_patched() -> None:
    """Refuse shipped classes that were patched; what was never imported is as it was written."""
    if any(name in sys.modules for name in _KINDS):
        from ..agents.cast import refuse_patched

        refuse_patched()


_KINDS = tuple(
    f"{__package__.partition('.')[0]}.agents.{name}"
    for name in ("arbitrageur", "avs", "liquidator", "lrt_protocol", "node_operator", "staker")
)


def of(agents: "Cast | Mapping[str, type] | None", metrics: "OwnMetric | Iterable[OwnMetric]" = ()) -> "Cast":
    """The cast that a caller gives, with the own metrics beside it.

    Raises:
        CastError: a kind is unknown, or a class cannot play.
        MetricError: a metric is given twice, or is none.
    """
    from ..agents.cast import Cast

    return Cast.of(agents, metrics=metrics)


def same(
    manifest: Mapping[str, Any],
    agents: "Cast | Mapping[str, type] | None",
    where: str,
    model: Maker | None = None,
) -> "Cast":
    """The cast with which a recorded run or sweep can be made again.

    Args:
        manifest: of the run or the sweep.
        agents: the classes that are given for it.
        where: what it is called in messages.
        model: the maker of models that is given for it.

    Raises:
        CastError: they are not those that it was made with; it names each that is missing, other or changed.
    """
    from ..agents.cast import CastError

    cast = of(agents)
    told = differences(manifest.get("cast"), identity_with(cast, model))
    if told:
        raise CastError(f"{where}: {'; '.join(told)}")
    return cast


def given(agents: "Cast | Mapping[str, type] | None", model: Maker | None = None) -> bool:
    """Whether anything is given that is not the shipped one."""
    return model is not None or (agents is not None and not of(agents).stock)


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
                f"it was made with {old['class']} as its {kind}, which is not given (--with FILE.py:NAME, or "
                f"{'model' if kind == MODEL else 'agents'}=… in Python)"
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
        if getattr(module, "__file__", None) is None:
            return notebook_sources.source(own, vars(module)).encode()
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


@dataclass(frozen=True)
class Own:
    """What ``--with`` brings.

    Attributes:
        cast: the classes of agents and own metrics; None when none are given.
        model: the maker of models; None for the shipped one.
    """

    cast: "Cast | None" = None
    model: Maker | None = None

    @property
    def metrics(self) -> "tuple[OwnMetric, ...]":
        """The metrics that it brings."""
        return () if self.cast is None else self.cast.metrics

    @property
    def given(self) -> bool:
        """Whether anything is given that is not the shipped one."""
        return given(self.cast, self.model)

    @property
    def identity(self) -> Identity | None:
        """What it is known by; None when nothing is own."""
        return identity_with(self.cast, self.model)

    def refuse_other(self, manifest: Mapping[str, Any], where: str) -> None:
        """Refuse what a run or a sweep was not made with (:func:`same`).

        Raises:
            CastError: naming each that is missing, other or changed.
        """
        same(manifest, self.cast, where, self.model)


def load_own(places: Sequence[str]) -> Own:
    """All that ``--with`` names.

    Each names a ``Cast``, classes by kind, one class, which stands for its kind, an ``OwnMetric``, a list of these, or
    what makes models.

    Args:
        places: ``FILE.py:NAME`` or ``PACKAGE.MODULE:NAME``, once for each.

    Raises:
        CastError: one is none of these, cannot be loaded, or comes twice.
        MetricError: a metric is given twice.
    """
    if not places:
        return Own()
    from ..agents.cast import Cast, CastError

    classes: dict[str, type] = {}
    metrics: list[OwnMetric] = []
    makers: list[Maker] = []
    for place in places:
        found = load(place)
        if _makes_models(found):
            makers.append(found)
            if len(makers) > 1:
                raise CastError(f"--with: {place} gives the model a second time", where="--with")
            continue
        for part in _parts(found, place):
            metrics += part.metrics
            for kind, own in part.own.items():
                if kind in classes:
                    raise CastError(f"--with: {place} gives the {kind} a second time", key=kind, where="--with")
                classes[kind] = own
    return Own(Cast.of(classes, metrics=metrics), makers[0] if makers else None)


def _makes_models(found: Any) -> bool:
    from ..model.ecosystem import RestakingEcosystem
    from ..model.metrics import Metric

    if isinstance(found, type):
        return issubclass(found, RestakingEcosystem)
    return callable(found) and not isinstance(found, Metric)


def _described(found: Any) -> str:
    return f"the class {found.__qualname__}" if isinstance(found, type) else type(found).__name__


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
    own = found
    if isinstance(found, type) and not isinstance(found, Mapping):
        kinds = [kind for kind in KINDS if issubclass(found, getattr(Cast(), kind))]
        own = {kinds[0]: found} if kinds else found
    if not isinstance(own, Cast | Mapping):
        raise CastError(
            f"--with: {place} is {_described(found)}; give a Cast, classes by kind, a class of an agent, an OwnMetric, "
            "a list of these, or what makes models",
            where="--with",
        )
    yield Cast.of(own)


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
