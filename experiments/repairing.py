"""Damaged folders: what is whole stays, what is not is made again, with the same code and to the same bytes."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import casts, own_metrics, store
from .folders import files, folder, lock, manifest
from .folders.errors import FolderError
from .verifying import kind_of, made_again

if TYPE_CHECKING:
    from ..agents.cast import Cast
    from .designs import Design

Say = Callable[[str], None]


@dataclass(frozen=True)
class Repair:
    """What a repair has done.

    Attributes:
        damaged: files that were not as they had been written.
        made_again: files that are whole again.
        sentence: the same for people.
    """

    damaged: list[str] = field(default_factory=list)
    made_again: list[str] = field(default_factory=list)
    sentence: str = "nothing is damaged"


def repair_folder(
    path: str | Path,
    *,
    workers: int | None = None,
    say: Say = lambda text: None,
    agents: "Cast | Mapping[str, type] | None" = None,
    model: casts.Maker | None = None,
) -> Repair:
    """Make again what is damaged in the folder of a run or a sweep.

    Args:
        path: the folder.
        workers: processes for the runs of a sweep; one for each processor when None.
        say: where messages for people go.
        agents: the classes of its agents, when they were not the shipped ones.
        model: the maker of its models, when it was not the shipped one.

    Raises:
        CastError: classes or maker are not those that it was made with.
        FolderError: it is the folder of neither, it cannot be repaired, or it was made with other code.
        SweepError: a sweep could not be carried out.
    """
    path, own = Path(path), casts.Own(None if agents is None else casts.of(agents), model)
    try:
        kind = kind_of(path)
    except FolderError:
        design = _design_of_nameless(path)
        if design is None:
            raise
        return _repair_nameless_sweep(path, design, own)
    if kind == store.KIND:
        return _repair_run(path, own)
    return _repair_sweep(path, workers, say, own)


# ---------------------------------------------------------------------------------------------------------------- runs


def _repair_run(path: Path, own: casts.Own) -> Repair:
    with folder.claim(path, store.LAYOUT) as place:
        there = place.manifest
        if not there:
            raise FolderError(
                f"{path / manifest.NAME} is damaged, and what was run stands nowhere else; give the command of the run "
                "again, with --overwrite"
            )
        if there.get("state") != folder.WRITTEN:
            raise FolderError(f"{path} holds no run that was finished; give the command of the run again")
        damaged = manifest.problems(path, there)
        if damaged or own.given:
            own.refuse_other(there, str(path))
        if not damaged:
            return Repair()
        _same_code(path, there.get("code"), store.code())
        _make_files_again(path, place, there, list(damaged), own)
    return Repair(list(damaged), list(damaged), f"{_listed(damaged)} made again; the other files are whole")


def _make_files_again(
    path: Path,
    place: folder.Place,
    there: dict[str, Any],
    damaged: list[str],
    own: casts.Own,
) -> None:
    run = store.Run(there, {}, lambda name: store.read_table(path / f"{name}.parquet"), dict, path)  # type: ignore[arg-type]
    with place.staging() as staged:
        hashes = made_again(run, staged, own.cast, own.model)
        for name, digest in manifest.listed(there).items():
            if hashes.get(name) != digest:
                raise FolderError(
                    f"{path}: made again, {name} is not what it was (other libraries or another processor?); "
                    "nothing was changed. The command of the run with --overwrite makes it anew"
                )
        for name in damaged:
            os.replace(staged / name, path / name)
        files.sync_folder(path)


def _same_code(path: Path, made_with: Any, this: Any) -> None:
    if made_with != this:
        raise FolderError(
            f"{path} was made with other code ({made_with}) than this ({this}); install the version that made it, "
            "or give its command again with --overwrite"
        )


# -------------------------------------------------------------------------------------------------------------- sweeps


def _repair_sweep(path: Path, workers: int | None, say: Say, own: casts.Own) -> Repair:
    from .designs import load_design
    from .runner import folder as sweeps
    from .runner.identity import code_identity
    from .runner.sweeping import Options, carry_out

    there = folder.look(path, sweeps.LAYOUT)
    if not there:
        design = _design(path)
        if design is None:
            raise FolderError(f"{path}: {manifest.NAME} and {sweeps.DESIGN} are damaged; nothing says what was run")
        return _repair_nameless_sweep(path, design, own)
    damaged = manifest.problems(path, there)
    if sweeps.DESIGN in damaged:
        raise FolderError(
            f"{path}: {damaged[sweeps.DESIGN]}; the command of the sweep, given again, writes it anew and goes on"
        )
    design = load_design(files.read_json(path / sweeps.DESIGN), own_metrics=own_metrics.declared_in(there))
    if own.given:
        own.refuse_other(there, str(path))
    if there["state"] != sweeps.COMPLETE:
        return _repair_parts(path, design)
    if not damaged:
        return Repair()
    own.refuse_other(there, str(path))
    _same_code(path, there["codes"], [code_identity(own.identity)])
    series = bool(there["series"])
    with folder.claim(path, sweeps.LAYOUT) as place:
        opened = sweeps.SweepFolder(path, design, code_identity(own.identity), series=series, own=own.identity)
        opened.reopen(dict(place.manifest or {}), set(damaged))
    done = carry_out(design, path, Options(workers=workers, series=series, say=say, agents=own.cast, model=own.model))
    _as_before(path, manifest.listed(there), manifest.listed(done.manifest))
    return Repair(list(damaged), list(damaged), f"{_listed(damaged)} made again; what was whole stays")


def _as_before(path: Path, before: dict[str, str], after: dict[str, str]) -> None:
    from .runner.folder import TIMINGS

    other = sorted(name for name in before if name != TIMINGS and before[name] != after.get(name))
    if other:
        raise FolderError(
            f"{path} is complete, but made again {', '.join(other[:3])} came out otherwise (other libraries or another "
            "processor?)"
        )


def _repair_parts(path: Path, design: "Design") -> Repair:
    """Put damaged parts of an unfinished sweep aside."""
    from .runner import folder as sweeps
    from .runner.parts import Parts

    with folder.claim(path, sweeps.LAYOUT):
        found = Parts(sweeps.parts_in(path), checked=True)
        for part in found.damaged:
            sweeps.put_aside(path, part)
    names = [f"{sweeps.PARTS}/{part.name}" for part in found.damaged]
    goes_on = f"the command of the sweep goes on ({len(found.finished)} runs of {design.run_count} are there)"
    if not names:
        return Repair(sentence=f"nothing is damaged; {goes_on}")
    return Repair(names, [], f"{_listed(names)} put aside in {sweeps.DAMAGED}/; {goes_on}")


def _design_of_nameless(path: Path) -> "Design | None":
    """The design of a folder whose manifest says nothing that can be read; None when it is no sweep's."""
    from .runner import folder as sweeps

    if not (path / manifest.NAME).is_file() or not (path / sweeps.DESIGN).is_file():
        return None
    return _design(path) if manifest.kind_and_format(path) == (None, None) else None


def _design(path: Path) -> "Design | None":
    from .designs import load_design
    from .runner.folder import DESIGN

    try:
        return load_design(files.read_json(path / DESIGN))
    except ValueError:
        return None


def _repair_nameless_sweep(path: Path, design: "Design", own: casts.Own) -> Repair:
    """Write the manifest of a sweep anew from its design; its parts vouch for themselves, its tables do not."""
    from .runner import folder as sweeps
    from .runner.identity import code_identity
    from .runner.parts import Parts

    with lock.FolderLock(path):
        found = Parts(sweeps.parts_in(path), checked=True)
        codes = sorted({str(row["code"]) for row in found.rows()})
        _refuse_other_classes(path, codes, own)
        os.replace(path / manifest.NAME, sweeps.free_name(path, manifest.NAME))
        has_series = found.has_series or bool(folder.own_files(path, sweeps.SERIES, sweeps.LAYOUT))
        series = has_series or not found.finished
        anew = sweeps.SweepFolder(path, design, code_identity(own.identity), series=series, own=own.identity)
        anew.begin_again(codes=codes)
    sentence = (
        f"{manifest.NAME} was damaged and is written anew; {len(found.finished)} runs of {design.run_count} are there, "
        "and the command of the sweep makes the others"
    )
    return Repair([manifest.NAME], [manifest.NAME], sentence)


def _refuse_other_classes(path: Path, codes: list[str], own: casts.Own) -> None:
    """Refuse own classes that parts were not made with: with the manifest, their names are lost, but not their digest.

    Raises:
        CastError: they were made with others than are given.
    """
    from ..agents.cast import CastError
    from .runner.identity import code_identity, own_digest

    given = own_digest(code_identity(own.identity))
    if all(own_digest(code) == given for code in codes):
        return
    made_with = "own classes" if any(map(own_digest, codes)) else "the shipped classes"
    others = " other than those given" if given and made_with == "own classes" else ""
    raise CastError(f"{path}: its runs were made with {made_with}{others}; give the same again (--with FILE.py:NAME)")


def _listed(names: Any) -> str:
    listed = list(names)
    words = ", ".join(listed[:3]) + (f" and {len(listed) - 3} more" if len(listed) > 3 else "")
    return f"{words} {'was' if len(listed) == 1 else 'were'} damaged,"
