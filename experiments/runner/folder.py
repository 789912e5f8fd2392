"""The folder of a sweep, from the first run to the last byte.

While runs are made it holds ``manifest.json``, ``design.json``, ``parts/`` (see :mod:`.parts`), ``failures/`` and
``lock``. When all are there, the parts become ``runs.parquet``, ``timings.parquet`` and ``series/``, in an order and a
layout that depend on the design alone; the manifest then says ``complete``, and the parts go. Whatever moment it dies
at, the folder is either still to be completed from its parts, or complete.
"""

import contextlib
import itertools
import json
import os
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from .. import casts
from ..designs import Design
from ..folders import files, folder, manifest
from ..folders.errors import SweepFolderError
from ..provenance import DISTRIBUTION, git_state, library_versions, package_version, platform_name
from . import parts, tables
from .parts import DamagedPartError, Parts
from .task import FAILED, ChunkResult, Record

FORMAT = 2
"""Version of the folder's layout."""

KIND = "sweep"
MANIFEST = manifest.NAME
DESIGN = "design.json"
RUNS = "runs.parquet"
TIMINGS = "timings.parquet"
SERIES = "series"
FAILURES = "failures"
DAMAGED = "damaged"
PARTS = parts.FOLDER
RUNNING, COMPLETE = folder.RUNNING, "complete"

LAYOUT = folder.Layout(
    KIND,
    FORMAT,
    "a sweep",
    SweepFolderError,
    {
        parts.FOLDER: r"\d{8}\.parquet",
        SERIES: r"\d{5}\.parquet",
        FAILURES: r"p\d{5,}-r\d{3,}-[0-9a-f]{12}\.(?:txt|json)",
        DAMAGED: r"(?:\d{8}|manifest)(?:-\d+)?\.(?:parquet|json)",
    },
    early=frozenset({DESIGN}),
)

_FOLD_AT = 256


def read_manifest(path: Path) -> dict[str, Any]:
    """The manifest of a sweep's folder.

    Raises:
        SweepFolderError: it is not the folder of a sweep, or the manifest is damaged.
    """
    if not path.is_dir():
        raise SweepFolderError(f"there are no results {path}: no such folder")
    found = folder.read(path, LAYOUT)
    wrong = next((key for key, kind in _TYPES.items() if not isinstance(found.get(key), kind)), None)
    if wrong is not None:
        raise SweepFolderError(f"{path / MANIFEST} cannot be read: {wrong} = {found.get(wrong)!r} is of another type")
    return found


_TYPES: dict[str, Any] = {
    "state": str,
    "name": str,
    "design_hash": str,
    "scenario": str,
    "seed": int,
    "days": int,
    "stakers": int,
    "points": int,
    "replications": int,
    "runs": int,
    "series": bool,
    "version": str,
    "codes": list,
    "files": dict,
}
"""What readers rely on in a manifest."""


def parts_in(path: Path) -> list[Path]:
    """The parts of a folder, in the order in which they were finished."""
    return folder.own_files(path, parts.FOLDER, LAYOUT)


def design_bytes(design: Design) -> bytes:
    """A design as its file holds it."""
    return files.json_bytes(design.to_mapping())


def put_aside(folder_of: Path, part: Path) -> Path:
    """Move a damaged part out of the way without losing it; returns where it is now."""
    target = free_name(folder_of, part.name)
    with contextlib.suppress(FileNotFoundError):
        os.replace(part, target)
    return target


def free_name(folder_of: Path, name: str) -> Path:
    """A name in the folder of damaged files that nothing has yet."""
    aside, wanted = folder.subfolder(folder_of, DAMAGED, LAYOUT), Path(name)
    names = itertools.chain([name], (f"{wanted.stem}-{n}{wanted.suffix}" for n in itertools.count(2)))
    return next(aside / free for free in names if not (aside / free).exists())


class SweepFolder:
    """A folder that is being filled; open it while holding its lock.

    Args:
        path: the folder.
        design: what is run.
        code: the code that makes the runs.
        series: whether series are kept.
        own: what own classes are known by; None when there are none.

    Attributes:
        path: the folder.
        manifest: content of ``manifest.json``.
        finished: numbers of the runs that need not be made.
        notes: what people should know about how it was opened.
    """

    def __init__(
        self, path: Path, design: Design, code: str, *, series: bool = True, own: casts.Identity | None = None
    ) -> None:
        self.path = path
        self.ordering = tables.Ordering(design)
        self._design, self._code, self._series, self._own = design, code, series, own
        self.manifest: dict[str, Any] = {}
        self.finished: set[int] = set()
        self.failed: set[int] = set()
        self.notes: list[str] = []
        self._next = 0

    @property
    def own(self) -> casts.Identity | None:
        """What own classes are known by; None when there are none."""
        return self._own

    # ------------------------------------------------------------------------------------------------ opening

    def check(self, *, overwrite: bool, accept_new_code: bool) -> None:
        """Refuse what may not be touched; nothing is written.

        Raises:
            SweepFolderError: something else stands there.
        """
        self._check(folder.look(self.path, LAYOUT), overwrite=overwrite, accept_new_code=accept_new_code)

    def _check(self, there: Mapping[str, Any] | None, *, overwrite: bool, accept_new_code: bool) -> None:
        if there is None or overwrite:
            return
        if not there:
            raise SweepFolderError(
                f"{self.path / MANIFEST} is damaged; restaking repair {self.path} goes on from what is whole, "
                "--overwrite makes all runs anew"
            )
        self._same_design(there)
        told = casts.differences(there.get("cast"), self._own)
        if told and self._runs_in(there):
            raise SweepFolderError(f"{self.path}: {'; '.join(told)}; --overwrite makes all runs anew")
        if not accept_new_code:
            self._same_code(there)

    def _same_design(self, manifest: Mapping[str, Any]) -> None:
        if manifest["design_hash"] != self._design.content_hash():
            raise SweepFolderError(
                f"{self.path} holds the results of another design ({manifest['name']}, {manifest['runs']} runs of "
                f"{manifest['scenario']}); give another folder, or --overwrite to replace it"
            )
        if bool(manifest["series"]) != self._series:
            having = "with" if manifest["series"] else "without"
            raise SweepFolderError(f"{self.path} was begun {having} series; go on so, or --overwrite to replace it")

    def _same_code(self, manifest: Mapping[str, Any]) -> None:
        codes = manifest["codes"]
        if codes in ([self._code], []):
            return
        finished = self._runs_in(manifest)
        if not finished:
            return
        raise SweepFolderError(
            f"{self.path} has {finished} runs made with code {' and '.join(codes)}; this is code {self._code}, whose "
            "numbers may differ. --accept-new-code keeps them and makes the others with this code; "
            "--overwrite makes all of them anew"
        )

    def _runs_in(self, manifest: Mapping[str, Any]) -> int:
        """How many runs are there that were made."""
        return manifest["runs"] if manifest["state"] == COMPLETE else len(Parts(parts_in(self.path)).finished)

    def open(self, place: folder.Place, *, overwrite: bool, accept_new_code: bool, retry_failed: bool) -> None:
        """Take over what is there, or begin.

        Args:
            place: the folder, locked.
            overwrite: whether what another sweep has left may go.
            accept_new_code: whether runs of other code may stay.
            retry_failed: whether failed runs are made again.

        Raises:
            SweepFolderError: something else stands there, or a complete sweep is damaged.
        """
        self._check(place.manifest, overwrite=overwrite, accept_new_code=accept_new_code)
        if place.manifest is None:
            self._begin()
            return
        if overwrite:
            self._clear(place.manifest)
            self._begin()
            return
        self.manifest = dict(place.manifest)
        self._mend_design()
        if self.complete:
            self._open_complete(retry_failed)
        else:
            self._open_parts(retry_failed)

    def _clear(self, there: dict[str, Any]) -> None:
        """Remove what a sweep has written; until the last file is gone, the folder is an unfinished sweep's."""
        if there:
            manifest.write(self.path, there | {"state": RUNNING})
        for name in LAYOUT.folders:
            folder.clear(self.path, name, LAYOUT)
        for name in (RUNS, TIMINGS, DESIGN):
            (self.path / name).unlink(missing_ok=True)

    def _mend_design(self) -> None:
        """Write ``design.json`` again when it is not what was written: whoever opens the folder has the design."""
        content = design_bytes(self._design)
        try:
            files.read_bytes(self.path / DESIGN, manifest.listed(self.manifest).get(DESIGN))
        except ValueError:
            self.notes.append(f"{DESIGN} was missing or damaged, and is written again")
            self._write_design(content)
            self.write_manifest()

    def _write_design(self, content: bytes) -> None:
        files.write_bytes(self.path / DESIGN, content)
        listed = manifest.listed(self.manifest)
        self.manifest[manifest.FILES] = listed | {DESIGN: files.sha256(self.path / DESIGN)}

    def _open_complete(self, retry_failed: bool) -> None:
        for problem in manifest.problems(self.path, self.manifest).values():
            raise SweepFolderError(
                f"{self.path} holds this sweep, but {problem}; restaking repair {self.path} makes it again"
            )
        folder.clear(self.path, parts.FOLDER, LAYOUT)
        if retry_failed and self.manifest["failed"]:
            self._back_to_parts()
            self._open_parts(retry_failed)
            return
        self.finished = set(self.ordering.distinct)

    def _open_parts(self, retry_failed: bool) -> None:
        paths = parts_in(self.path)
        found = Parts(paths, checked=True)
        for path in found.damaged:
            self._put_aside(path)
        self.failed = set() if retry_failed else set(found.failed)
        self.finished = found.finished - (found.failed if retry_failed else set())
        self._next = max((int(path.stem) for path in self._taken()), default=-1) + 1
        codes = self.manifest["codes"] if found.finished else []
        if self._code not in codes:
            if codes:
                self.notes.append(
                    f"{len(found.finished)} runs were made with code {' and '.join(codes)}; "
                    f"the others are made with code {self._code}"
                )
            self.manifest["codes"] = [*codes, self._code]
            self.manifest["cast"] = self._own
            self.write_manifest()

    def _taken(self) -> list[Path]:
        """Whatever has the name of a part, also what is none."""
        own = re.compile(LAYOUT.folders[parts.FOLDER])
        place = self.path / parts.FOLDER
        return [path for path in place.iterdir() if own.fullmatch(path.name)] if place.is_dir() else []

    def _put_aside(self, path: Path) -> None:
        target = put_aside(self.path, path)
        self.notes.append(f"{path.name} is damaged (now {DAMAGED}/{target.name}): its runs are made again")

    def reopen(self, there: dict[str, Any], damaged: set[str]) -> None:
        """Go back from the tables of a complete sweep to parts, leaving out what is damaged.

        Args:
            there: the manifest.
            damaged: names of the files that are not as they were written.
        """
        self.manifest = there
        self._back_to_parts(damaged)

    def begin_again(self, codes: list[str]) -> None:
        """Write the manifest anew where it was lost; what parts there are stay.

        Args:
            codes: code that the parts were made with.
        """
        self._begin()
        self.manifest["codes"] = codes or [self._code]
        self.write_manifest()

    def drop(self, path: Path) -> list[int]:
        """Put a damaged part aside.

        Returns:
            Numbers of the runs that have to be made again.
        """
        self._put_aside(path)
        found = Parts(parts_in(self.path))
        lost = sorted(self.finished - found.finished)
        self.finished, self.failed = found.finished, set(found.failed)
        return lost

    def _begin(self) -> None:
        design = self._design
        self.manifest = {
            "format": FORMAT,
            "kind": KIND,
            "state": RUNNING,
            "name": design.name,
            "design_hash": design.content_hash(),
            "design_kind": design.kind,
            "scenario": design.scenario.name or "scenario",
            "scenario_hash": design.scenario.content_hash(),
            "seed": design.seed,
            "days": design.scenario.days,
            "stakers": design.scenario.stakers.count,
            "points": design.size,
            "replications": design.replications,
            "runs": len(self.ordering.runs),
            "series": self._series,
            "version": package_version(),
            "codes": [self._code],
            "cast": self._own,
            "libraries": library_versions(),
            "platform": platform_name(),
            "processors": [],
            "git": git_state(),
            "sessions": [],
        }
        self._write_design(design_bytes(design))
        # The manifest last: a folder that has one has the design, too.
        self.write_manifest()

    def write_manifest(self) -> None:
        """Write the manifest as it is now."""
        manifest.write(self.path, self.manifest)

    @property
    def complete(self) -> bool:
        """Whether the tables are in place."""
        return bool(self.manifest.get("state") == COMPLETE)

    def to_do(self) -> list[int]:
        """Numbers of the runs to make."""
        return [number for number in self.ordering.distinct if number not in self.finished]

    # ------------------------------------------------------------------------------------------------ filling

    def add(self, result: ChunkResult) -> None:
        """Keep what a worker finished: on disk when this returns.

        Raises:
            OSError: it could not be written; nothing has changed.
        """
        from .capsule import write_failure

        for record in result.records:
            if record.status == FAILED:
                write_failure(self, record)
        place = folder.subfolder(self.path, parts.FOLDER, LAYOUT)
        files.write_bytes(place / f"{self._next:08d}.parquet", result.part)
        self._next += 1
        if result.processor and result.processor not in self.manifest["processors"]:
            self.manifest["processors"] = sorted([*self.manifest["processors"], result.processor], key=json.dumps)
        for record in result.records:
            self.finished.add(record.run)
            (self.failed.add if record.status == FAILED else self.failed.discard)(record.run)
        self._fold()

    def _fold(self) -> None:
        """Put many small parts into a large one; the new one takes the place of the last before the others go."""
        if self._next % _FOLD_AT:
            return
        recent = [path for path in parts_in(self.path) if int(path.stem) >= self._next - _FOLD_AT]
        if len(recent) < 2:
            return
        # A damaged part stays where it is: it is noticed, and put aside, when the tables are written.
        with contextlib.suppress(DamagedPartError):
            with files.durable(recent[-1]) as file:
                parts.merge(recent, file)
            for path in recent[:-1]:
                path.unlink()

    # ------------------------------------------------------------------------------------------------ finishing

    def finish(self) -> None:
        """Put all runs in order and drop the parts.

        Raises:
            OSError: no space; the parts are still there, and finishing can be tried again.
            DamagedPartError: a part is no longer what was written; see :meth:`drop`.
        """
        with contextlib.closing(Parts(parts_in(self.path))) as found:
            for path in found.damaged:
                raise DamagedPartError(path, ValueError(f"{path} is damaged"))
            rows = tables.Rows(self.ordering, found)
            self.manifest |= {"codes": list(rows.codes), "done": len(rows.present) - rows.failed, "failed": rows.failed}
            folder.clear(self.path, SERIES, LAYOUT)
            written = [DESIGN, *self._write_series(found, rows)]
        for name, blocks in ((RUNS, rows.runs_tables()), (TIMINGS, rows.timings_tables())):
            self._write_table(self.path / name, blocks)
            written.append(name)
        self.manifest["state"] = COMPLETE
        self.manifest[manifest.FILES] = {name: files.sha256(self.path / name) for name in sorted(written)}
        self.write_manifest()
        folder.clear(self.path, parts.FOLDER, LAYOUT)
        self._forget_old_failures(rows)

    def _write_series(self, found: Parts, rows: tables.Rows) -> list[str]:
        if not self._series:
            return []
        place = folder.subfolder(self.path, SERIES, LAYOUT)
        series = tables.SeriesTables(self.ordering, rows, found)
        per_block = self.ordering.runs_in(tables.BLOCK_ROWS)
        written = []
        for number, runs in enumerate(self.ordering.blocks(tables.FILE_ROWS)):
            blocks = (runs[first : first + per_block] for first in range(0, len(runs), per_block))
            self._write_table(place / f"{number:05d}.parquet", (series.block(block) for block in blocks))
            written.append(f"{SERIES}/{number:05d}.parquet")
        return written

    def _write_table(self, path: Path, blocks: Any) -> None:
        """Write tables of the same columns one after the other, one row group each."""
        blocks = iter(blocks)
        first = next(blocks)
        with files.durable(path) as file, tables.writer(first.schema, file, self._metadata()) as writer:
            for block in itertools.chain([first], blocks):
                if len(block):
                    writer.write_table(block.replace_schema_metadata(writer.schema.metadata), row_group_size=len(block))

    def _metadata(self) -> dict[str, str]:
        m = self.manifest
        return {
            f"{DISTRIBUTION}.{key}": str(value)
            for key, value in (
                ("code", "+".join(m["codes"])),
                ("design", m["name"]),
                ("design_hash", m["design_hash"]),
                ("scenario", m["scenario"]),
                ("seed", m["seed"]),
                ("version", m["version"]),
            )
        }

    def _forget_old_failures(self, rows: tables.Rows) -> None:
        """Drop capsules of runs that have not failed after all."""
        failed = {rows.run_id(number) for number in rows.present if self.ordering.made[number] in self.failed}
        for path in folder.own_files(self.path, FAILURES, LAYOUT):
            if path.stem not in failed:
                path.unlink()
        with contextlib.suppress(OSError):
            (self.path / FAILURES).rmdir()

    def _back_to_parts(self, damaged: Collection[str] = ()) -> None:
        """Make parts out of the tables again, so that failed or damaged runs can be made once more."""
        from .reopening import parts_of

        place = folder.subfolder(self.path, parts.FOLDER, LAYOUT)
        for number, content in enumerate(parts_of(self.path, self.ordering, self.manifest, damaged)):
            files.write_bytes(place / f"{number:08d}.parquet", content)
        self.manifest["state"] = RUNNING
        self.manifest[manifest.FILES] = {DESIGN: manifest.listed(self.manifest)[DESIGN]}
        # From here on the parts count, and the tables are leftovers.
        self.write_manifest()

    def capsule_names(self, record: Record) -> list[tuple[int, str]]:
        """Number and name of every run that a record stands for."""
        return [
            (number, self.ordering.run_id(number, record.code))
            for number, made in enumerate(self.ordering.made)
            if made == record.run
        ]
