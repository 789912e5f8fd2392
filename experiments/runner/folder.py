"""The folder of a sweep, from the first run to the last byte.

While runs are made it holds ``manifest.json``, ``design.json``, ``parts/`` (see :mod:`.parts`), ``failures/`` and
``lock``. When all are there, the parts become ``runs.parquet``, ``timings.parquet`` and ``series/``, in an order and a
layout that depend on the design alone; the manifest then says ``complete``, and the parts go. Whatever moment it dies
at, the folder is either still to be completed from its parts, or complete.
"""

import contextlib
import itertools
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..designs import Design
from ..provenance import DISTRIBUTION, git_state, library_versions, package_version, platform_name
from ..store import PARTIAL
from . import files, lock, parts, tables
from .errors import SweepFolderError
from .parts import Parts
from .task import FAILED, ChunkResult, Record

FORMAT = 1
"""Version of the folder's layout."""

KIND = "sweep"
MANIFEST = "manifest.json"
DESIGN = "design.json"
RUNS = "runs.parquet"
TIMINGS = "timings.parquet"
SERIES = "series"
FAILURES = "failures"
RUNNING, COMPLETE = "running", "complete"

_OWN = (MANIFEST, DESIGN, RUNS, TIMINGS, SERIES, FAILURES, parts.FOLDER)
_FOLD_AT = 256


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a sweep's folder.

    Raises:
        SweepFolderError: it is not the folder of a sweep.
    """
    if not folder.is_dir():
        raise SweepFolderError(f"there are no results {folder}: no such folder")
    manifest = files.read_json(folder / MANIFEST)
    if manifest.get("kind") != KIND:
        raise SweepFolderError(f"{folder} is not the folder of a sweep")
    if manifest.get("format") != FORMAT:
        raise SweepFolderError(f"{folder} has layout {manifest.get('format')!r}; this version reads layout {FORMAT}")
    return manifest


class SweepFolder:
    """A folder that is being filled; open it while holding its lock.

    Args:
        path: the folder.
        design: what is run.
        code: the code that makes the runs.
        series: whether series are kept.

    Attributes:
        path: the folder.
        manifest: content of ``manifest.json``.
        finished: numbers of the runs that need not be made.
        notes: what people should know about how it was opened.
    """

    def __init__(self, path: Path, design: Design, code: str, *, series: bool = True) -> None:
        self.path = path
        self.ordering = tables.Ordering(design)
        self._design, self._code, self._series = design, code, series
        self.manifest: dict[str, Any] = {}
        self.finished: set[int] = set()
        self.failed: set[int] = set()
        self.notes: list[str] = []
        self._next = 0

    # ------------------------------------------------------------------------------------------------ opening

    def check(self, *, overwrite: bool, accept_new_code: bool) -> None:
        """Refuse what may not be touched; nothing is written.

        Raises:
            SweepFolderError: something else stands there.
        """
        there = contents(self.path)
        if not there:
            return
        if MANIFEST not in there:
            raise SweepFolderError(f"{self.path} is in the way: it is not the folder of a sweep, and is never replaced")
        try:
            manifest = read_manifest(self.path)
        except SweepFolderError as error:
            raise SweepFolderError(f"{self.path} is in the way: {error}") from error
        if overwrite:
            return
        self._same_design(manifest)
        if not accept_new_code:
            self._same_code(manifest)

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
        finished = manifest["runs"] if manifest["state"] == COMPLETE else len(Parts(self.path / parts.FOLDER).finished)
        if not finished:
            return
        raise SweepFolderError(
            f"{self.path} has {finished} runs made with code {' and '.join(codes)}; this is code {self._code}, whose "
            "numbers may differ. --accept-new-code keeps them and makes the others with this code; "
            "--overwrite makes all of them anew"
        )

    def open(self, *, overwrite: bool, accept_new_code: bool, retry_failed: bool) -> None:
        """Take over what is there, or begin.

        Raises:
            SweepFolderError: something else stands there.
        """
        self.check(overwrite=overwrite, accept_new_code=accept_new_code)
        if overwrite:
            clear(self.path)
        if MANIFEST not in contents(self.path):
            self._begin()
            return
        self.manifest = read_manifest(self.path)
        for leftover in [*self.path.glob("*.partial"), *self.path.glob(f"*/*{PARTIAL}")]:
            leftover.unlink(missing_ok=True)
        if self.complete:
            self._open_complete(retry_failed)
        else:
            self._open_parts(retry_failed)

    def _open_complete(self, retry_failed: bool) -> None:
        remove(self.path / parts.FOLDER)
        if retry_failed and self.manifest["failed"]:
            self._back_to_parts()
            self._open_parts(retry_failed)
            return
        self.finished = set(self.ordering.distinct)

    def _open_parts(self, retry_failed: bool) -> None:
        found = Parts(self.path / parts.FOLDER)
        for path in found.damaged:
            self.notes.append(f"{path.name} cannot be read: its runs are made again")
            path.unlink()
        self.failed = set() if retry_failed else set(found.failed)
        self.finished = found.finished - (found.failed if retry_failed else set())
        self._next = max((int(path.stem) for path in found.files()), default=-1) + 1
        codes = self.manifest["codes"] if found.finished else []
        if self._code not in codes:
            if codes:
                self.notes.append(
                    f"{len(found.finished)} runs were made with code {' and '.join(codes)}; "
                    f"the others are made with code {self._code}"
                )
            self.manifest["codes"] = [*codes, self._code]
            self.write_manifest()

    def _begin(self) -> None:
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            files.write_json(self.path / DESIGN, self._design.to_mapping())
        except PermissionError as error:
            raise SweepFolderError(f"{self.path} cannot be written: {error.strerror or error}") from error
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
            "libraries": library_versions(),
            "platform": platform_name(),
            "git": git_state(),
            "sessions": [],
        }
        # The manifest last: a folder that has one has the design, too.
        self.write_manifest()

    def write_manifest(self) -> None:
        """Write the manifest as it is now."""
        files.write_json(self.path / MANIFEST, self.manifest)

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
        folder = self.path / parts.FOLDER
        if not folder.is_dir():
            folder.mkdir()
            files.sync_folder(self.path)
        files.write_bytes(folder / f"{self._next:08d}.parquet", result.part)
        self._next += 1
        for record in result.records:
            self.finished.add(record.run)
            (self.failed.add if record.status == FAILED else self.failed.discard)(record.run)
        self._fold()

    def _fold(self) -> None:
        """Put many small parts into a large one; the new one takes the place of the last before the others go."""
        if self._next % _FOLD_AT:
            return
        recent = sorted((self.path / parts.FOLDER).glob("*.parquet"))
        recent = [path for path in recent if int(path.stem) >= self._next - _FOLD_AT]
        if len(recent) < 2:
            return
        with files.durable(recent[-1]) as file:
            parts.merge(recent, file)
        for path in recent[:-1]:
            path.unlink()

    # ------------------------------------------------------------------------------------------------ finishing

    def finish(self) -> None:
        """Put all runs in order and drop the parts.

        Raises:
            OSError: no space; the parts are still there, and finishing can be tried again.
        """
        found = Parts(self.path / parts.FOLDER)
        rows = tables.Rows(self.ordering, found)
        self.manifest |= {"codes": list(rows.codes), "done": len(rows.present) - rows.failed, "failed": rows.failed}
        remove(self.path / SERIES)
        written = self._write_series(found, rows)
        for name, table in ((RUNS, rows.runs_table()), (TIMINGS, rows.timings_table())):
            self._write_table(self.path / name, [table])
            written.append(name)
        self.manifest["state"] = COMPLETE
        self.manifest["files"] = {name: files.sha256(self.path / name) for name in sorted(written)}
        self.write_manifest()
        remove(self.path / parts.FOLDER)
        self._forget_old_failures(rows)

    def _write_series(self, found: Parts, rows: tables.Rows) -> list[str]:
        if not self._series:
            return []
        (self.path / SERIES).mkdir()
        series = tables.SeriesTables(self.ordering, rows, found)
        per_block = self.ordering.runs_in(tables.BLOCK_ROWS)
        written = []
        for number, runs in enumerate(self.ordering.blocks(tables.FILE_ROWS)):
            name = f"{SERIES}/{number:05d}.parquet"
            blocks = (runs[first : first + per_block] for first in range(0, len(runs), per_block))
            self._write_table(self.path / name, (series.block(block) for block in blocks))
            written.append(name)
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
        folder = self.path / FAILURES
        if not folder.is_dir():
            return
        failed = {rows.run_id(number) for number in rows.present if self.ordering.made[number] in self.failed}
        for path in sorted(folder.iterdir()):
            if path.stem not in failed:
                path.unlink()
        with contextlib.suppress(OSError):
            folder.rmdir()

    def _back_to_parts(self) -> None:
        """Make parts out of the tables again, so that failed runs can be made once more."""
        from .reopening import parts_of

        folder = self.path / parts.FOLDER
        folder.mkdir()
        for number, content in enumerate(parts_of(self.path, self.ordering)):
            files.write_bytes(folder / f"{number:08d}.parquet", content)
        self.manifest["state"] = RUNNING
        self.manifest.pop("files", None)
        # From here on the parts count, and the tables are leftovers.
        self.write_manifest()

    def capsule_names(self, record: Record) -> list[tuple[int, str]]:
        """Number and name of every run that a record stands for."""
        return [
            (number, self.ordering.run_id(number, record.code))
            for number, made in enumerate(self.ordering.made)
            if made == record.run
        ]


def contents(folder: Path) -> Sequence[str]:
    """Names in a folder, without what a killed runner leaves before it has begun; none when it is not there.

    Raises:
        SweepFolderError: it is not a folder, or it cannot be read.
    """
    if not folder.exists() and not folder.is_symlink():
        return []
    if not folder.is_dir():
        raise SweepFolderError(f"{folder} is in the way: it is not a folder")
    try:
        names = sorted(path.name for path in folder.iterdir())
    except OSError as error:
        raise SweepFolderError(f"{folder} cannot be read: {error.strerror or error}") from error
    early = {lock.NAME, DESIGN, f"{DESIGN}{PARTIAL}", f"{MANIFEST}{PARTIAL}"}
    return [] if set(names) <= early else names


def clear(folder: Path) -> None:
    """Remove what a sweep has written; until the last file is gone, the folder is an unfinished sweep's."""
    manifest = folder / MANIFEST
    if manifest.is_file():
        with contextlib.suppress(SweepFolderError):
            files.write_json(manifest, files.read_json(manifest) | {"state": RUNNING})
    for name in reversed(_OWN):
        remove(folder / name)


def remove(path: Path) -> None:
    """Remove a file or a folder that may not be there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
