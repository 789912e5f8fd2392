"""One writer for one folder.

The lock belongs to the operating system, so that of a process that has died is free at once, however it died; the
file's content only says who holds it.
"""

import contextlib
import datetime
import json
import os
import socket
import stat
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from .errors import FolderError

NAME = "lock"

# Neither a link to somebody's file nor a pipe that waits for a reader may stand in for the lock.
_FLAGS = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


class FolderLock:
    """The right to write to a folder; a context manager.

    Args:
        folder: an existing folder.

    Raises:
        FolderError: another process has it, or the file system knows no locks.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / NAME
        self._descriptor = self._acquire()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Removed while it is held: whoever opened it before finds another file under its name, and tries again.
        try:
            with contextlib.suppress(OSError):
                self._path.unlink(missing_ok=True)
        finally:
            os.close(self._descriptor)

    def _acquire(self) -> int:
        while True:
            descriptor = self._open()
            try:
                if not _lock(descriptor):
                    raise FolderError(self._held(descriptor))
                if self._is_current(descriptor):
                    self._sign(descriptor)
                    return descriptor
            except OSError as error:
                os.close(descriptor)
                problem = error.strerror or str(error)
                raise FolderError(f"{self._folder} cannot be locked ({problem}); use a local disk") from error
            except BaseException:
                os.close(descriptor)
                raise
            os.close(descriptor)

    def _open(self) -> int:
        try:
            descriptor = os.open(self._path, _FLAGS, 0o644)
        except OSError as error:
            if self._path.is_symlink():
                raise FolderError(f"{self._path} is a link; links are not followed out of a folder") from error
            raise FolderError(f"{self._folder} cannot be written: {error.strerror or error}") from error
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            return descriptor
        os.close(descriptor)
        raise FolderError(f"{self._path} is in the way: it is not a file")

    def _is_current(self, descriptor: int) -> bool:
        try:
            return os.path.samestat(os.fstat(descriptor), os.stat(self._path))
        except FileNotFoundError:
            return False

    def _sign(self, descriptor: int) -> None:
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        owner = {"pid": os.getpid(), "host": socket.gethostname(), "since": now}
        # Only words for others: a full disk must not keep a writer from saying so properly later.
        with contextlib.suppress(OSError):
            os.ftruncate(descriptor, 0)
            os.lseek(descriptor, 0, os.SEEK_SET)
            os.write(descriptor, json.dumps(owner).encode())

    def _held(self, descriptor: int) -> str:
        try:
            owner = json.loads(os.read(descriptor, 4096))
            who = f"process {owner['pid']} on {owner['host']}, since {owner['since']}"
        except (OSError, ValueError, KeyError, TypeError):
            who = "another process"
        return f"{self._folder} is being worked on by {who}; wait for it, or stop it and give the command again"


def _lock(descriptor: int) -> bool:
    """Take the lock of an open file; False when another process has it."""
    if sys.platform == "win32":
        import msvcrt

        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
