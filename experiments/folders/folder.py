"""One folder: what stands there, the right to fill it, and what may be removed from it."""

import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import files, lock, manifest
from .errors import DamagedError, FolderError

MOVING = "moving"
"""State of a folder whose new files are complete and on their way to their places."""
WRITTEN = "written"
RUNNING = "running"

_STAGED = ".staged-"
_STAGED_NAME = re.compile(re.escape(_STAGED) + r"[a-z0-9_]+")
_PLAIN_NAME = re.compile(r"[^/\\\0]+")


@dataclass(frozen=True)
class Layout:
    """What a kind of folder is called, and which names in it are its own.

    Attributes:
        kind: what its manifest says.
        format: version of its layout.
        noun: what messages call it ("a run").
        error: what is raised about it.
        folders: own folders in it, and the names of their own files (a regular expression); what else is in them
            belongs to the user.
        early: names that may stand there before the manifest does.
    """

    kind: str
    format: int
    noun: str
    error: type[FolderError] = FolderError
    folders: Mapping[str, str] = field(default_factory=dict)
    early: frozenset[str] = frozenset()

    def owns(self, name: str) -> bool:
        """Whether a name in a manifest (``daily.parquet``, ``series/00000.parquet``) can be that of an own file."""
        head, slash, tail = name.partition("/")
        if not slash:
            return bool(_PLAIN_NAME.fullmatch(name)) and name not in (".", "..", manifest.NAME, lock.NAME)
        return head in self.folders and re.fullmatch(self.folders[head], tail) is not None


def contents(path: Path, layout: Layout) -> list[str]:
    """Names in a folder, without those that a killed writer leaves before it has begun; none when it is not there.

    Raises:
        FolderError: it is not a folder, a link to nothing, or cannot be read.
    """
    try:
        if path.is_symlink() and not path.exists():
            raise layout.error(f"{path} is in the way: it is a link to {os.readlink(path)}, which is not there")
        if not path.exists():
            return []
        if not path.is_dir():
            raise layout.error(f"{path} is in the way: it is not a folder")
        names = sorted(entry.name for entry in path.iterdir())
    except OSError as error:
        raise layout.error(f"{path} cannot be read: {error.strerror or error}") from error
    early = {lock.NAME, *layout.early}
    return [] if all(name in early or files.is_leftover(name) for name in names) else names


def look(path: Path, layout: Layout) -> dict[str, Any] | None:
    """What stands at a path that is going to be filled.

    Returns:
        The manifest (``{}`` when the folder is of this kind and its manifest is damaged); None when nothing is there.

    Raises:
        FolderError: something else is there, which is never replaced.
    """
    names = contents(path, layout)
    if not names:
        return None
    if manifest.NAME not in names:
        raise layout.error(f"{path} is in the way: it is not the folder of {layout.noun}, and is never replaced")
    kind, layout_format = manifest.kind_and_format(path)
    if kind != layout.kind or layout_format != layout.format:
        raise layout.error(f"{path} is in the way: {_another(kind, layout_format, layout)}, and is never replaced")
    for name in layout.folders:
        if (path / name).is_symlink():
            raise layout.error(f"{path / name} is a link; links are not followed out of a folder")
    try:
        return manifest.read(path)
    except DamagedError:
        return {}


def _another(kind: Any, layout_format: Any, layout: Layout) -> str:
    if kind == layout.kind:
        return f"it has layout {layout_format!r}, this version writes layout {layout.format}"
    if isinstance(kind, str):
        return f"it is not the folder of {layout.noun} but of kind {kind!r}"
    return (
        f"it is not the folder of {layout.noun} (one of an earlier version you may remove; damaged: restaking repair)"
    )


def read(path: Path, layout: Layout) -> dict[str, Any]:
    """The manifest of a folder of this kind.

    Raises:
        FolderError: there is no such folder, it is of another kind or layout, or its manifest is damaged.
    """
    try:
        if not path.is_dir():
            raise layout.error(f"there is no folder {path}")
        if not (path / manifest.NAME).exists():
            raise layout.error(f"{path} is not the folder of {layout.noun}: it has no {manifest.NAME}")
        content = files.read_json(path / manifest.NAME)
        kind, layout_format = content.get("kind"), content.get("format")
        if kind != layout.kind:
            raise layout.error(f"{path} is not the folder of {layout.noun}")
        if layout_format != layout.format:
            raise layout.error(f"{path} has layout {layout_format!r}; this version reads layout {layout.format}")
        return manifest.checked(content, path)
    except DamagedError as error:
        raise layout.error(str(error)) from error
    except OSError as error:
        raise layout.error(f"{path} cannot be read: {error.strerror or error}") from error


@contextlib.contextmanager
def claim(path: Path, layout: Layout) -> Iterator["Place"]:
    """Make a folder where there is none, and hold its lock; a folder in which nothing was written goes again.

    Raises:
        FolderError: something else is in the way, it cannot be written, or another process is at work there.
    """
    look(path, layout)
    made = _make(path, layout)
    try:
        try:
            held = lock.FolderLock(path)
        except FolderError as error:
            raise layout.error(str(error)) from error
        with held:
            # Another process may have been here before the lock was ours.
            yield Place(path, layout, look(path, layout))
    finally:
        for folder in reversed(made):
            with contextlib.suppress(OSError):
                folder.rmdir()


def _make(path: Path, layout: Layout) -> list[Path]:
    """Make a folder and those above it; returns the ones that were not there, outermost first."""
    try:
        missing = [folder for folder in (*reversed(path.parents), path) if not folder.exists()]
        path.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        problem = getattr(error, "strerror", None) or error
        raise layout.error(f"{path} cannot be written: {problem}") from error
    return missing


class Place:
    """A folder whose lock is held.

    Args:
        path: the folder.
        layout: what it is.
        there: its manifest, ``{}`` when that is damaged, None when the folder is empty.

    Attributes:
        path: the folder.
        layout: what it is.
        manifest: the manifest as it stands; None when there is none yet.
    """

    def __init__(self, path: Path, layout: Layout, there: dict[str, Any] | None) -> None:
        self.path, self.layout, self.manifest = path, layout, there
        self._only_begun = False
        self._tidy()

    def _tidy(self) -> None:
        """Finish what a killed writer has left half done, drop what it had only begun."""
        remove_leftovers(self.path, self.layout)
        if self.manifest and self.manifest.get("state") == MOVING:
            self._move(self._staged())
        for folder in self.path.glob(f"{_STAGED}*"):
            if _STAGED_NAME.fullmatch(folder.name) and folder.is_dir() and not folder.is_symlink():
                shutil.rmtree(folder)

    def _staged(self) -> Path | None:
        name = (self.manifest or {}).get("staged")
        if not isinstance(name, str) or not _STAGED_NAME.fullmatch(name):
            return None
        folder = self.path / name
        return folder if folder.is_dir() and not folder.is_symlink() else None

    @contextlib.contextmanager
    def staging(self) -> Iterator[Path]:
        """A private folder for new files, which goes when the block ends."""
        folder = Path(tempfile.mkdtemp(prefix=_STAGED, dir=self.path))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def begin(self, content: Mapping[str, Any]) -> None:
        """Say what is going to be made here, before it is; only where nothing stands yet."""
        self._write({**content, "state": RUNNING})
        self._only_begun = True

    def abandon(self) -> None:
        """Forget what :meth:`begin` has said, when nothing has come after it."""
        if self._only_begun:
            (self.path / manifest.NAME).unlink(missing_ok=True)
            self.manifest, self._only_begun = None, False

    def put(self, staged: Path, content: Mapping[str, Any], also_old: Iterable[str] = ()) -> None:
        """Put new files in the place of the old ones; whatever happens on the way, one of the two is whole.

        Args:
            staged: folder that :meth:`staging` gave, with the new files in it.
            content: the manifest, without ``kind``, ``format``, ``state`` and ``files``.
            also_old: own files beside those of the manifest that go with the old ones.
        """
        new = {file.relative_to(staged).as_posix(): file for file in sorted(staged.rglob("*")) if file.is_file()}
        hashes = {}
        for name, file in new.items():
            hashes[name] = files.sha256(file)
            _sync(file)
        old = [name for name in (*manifest.listed(self.manifest or {}), *also_old) if name not in hashes]
        self._only_begun = False
        listed = {manifest.FILES: hashes, "old": old, "staged": staged.name}
        self._write({**content, "state": MOVING, **listed})
        self._move(staged)

    def _move(self, staged: Path | None) -> None:
        content = dict(self.manifest or {})
        if staged is not None:
            self._move_files(staged, manifest.listed(content))
        self.remove(content.pop("old", []))
        content.pop("staged", None)
        self._write({**content, "state": WRITTEN})

    def _move_files(self, staged: Path, names: Iterable[str]) -> None:
        for name in names:
            source = staged / name
            if self.layout.owns(name) and _is_plain(source):
                self.own_folder(name)
                os.replace(source, self.path / name)
        shutil.rmtree(staged, ignore_errors=True)

    def own_folder(self, name: str) -> None:
        """Make the folder that an own file (``series/00000.parquet``) lies in."""
        head, slash, _ = name.partition("/")
        if slash:
            subfolder(self.path, head, self.layout)

    def remove(self, names: Iterable[Any]) -> None:
        """Remove own files; other names are left alone."""
        for name in names:
            if isinstance(name, str) and self.layout.owns(name):
                with contextlib.suppress(FileNotFoundError, IsADirectoryError, NotADirectoryError):
                    (self.path / name).unlink()
        for head in self.layout.folders:
            with contextlib.suppress(OSError):
                (self.path / head).rmdir()

    def _write(self, content: Mapping[str, Any]) -> None:
        self.manifest = {**content, "kind": self.layout.kind, "format": self.layout.format}
        manifest.write(self.path, self.manifest)


def _sync(file: Path) -> None:
    with file.open("rb") as opened:
        os.fsync(opened.fileno())


def subfolder(path: Path, name: str, layout: Layout) -> Path:
    """An own folder within a folder, made when it is not there.

    Raises:
        FolderError: it is a link, or something else of that name is in the way.
    """
    folder = path / name
    if folder.is_symlink():
        raise layout.error(f"{folder} is a link; links are not followed out of a folder")
    if folder.is_dir():
        return folder
    if folder.exists():
        raise layout.error(f"{folder} is in the way: it is not a folder")
    folder.mkdir()
    files.sync_folder(path)
    return folder


def own_files(path: Path, name: str, layout: Layout) -> list[Path]:
    """Own files in an own folder, by name; what else is in it belongs to the user. None through a link."""
    folder = path / name
    if folder.is_symlink() or not folder.is_dir():
        return []
    own = re.compile(layout.folders[name])
    return sorted(file for file in folder.iterdir() if own.fullmatch(file.name) and _is_plain(file))


def _is_plain(file: Path) -> bool:
    return file.is_file() and not file.is_symlink()


def clear(path: Path, name: str, layout: Layout) -> None:
    """Remove the own files of an own folder, and the folder when nothing else is in it."""
    for file in own_files(path, name, layout):
        file.unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        (path / name).rmdir()


def remove_leftovers(path: Path, layout: Layout) -> None:
    """Remove files that were being written here when the process that wrote them died."""
    inner = [path / name for name in layout.folders if not (path / name).is_symlink()]
    for folder in (path, *inner):
        if not folder.is_dir():
            continue
        for file in list(folder.iterdir()):
            if files.is_leftover(file.name) and _is_plain(file):
                file.unlink(missing_ok=True)
