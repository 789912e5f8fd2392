"""Files that are whole or not there, also after the power has gone."""

import contextlib
import errno
import hashlib
import json
import math
import os
import re
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from .errors import DamagedError, FolderError

PARTIAL = ".partial"
_LEFTOVER = re.compile(r"\.(?P<name>.+)\.[0-9a-f]{8}" + re.escape(PARTIAL))
_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


@contextlib.contextmanager
def durable(path: Path) -> Iterator[IO[bytes]]:
    """A file to write that becomes ``path`` when the block ends well, and has reached the disk by then.

    It is written under a name that nobody else uses, flushed, renamed; after an error nothing of it stays. What stood
    under ``path`` is replaced, a link itself and not what it points to.
    """
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}{PARTIAL}")
    descriptor = os.open(partial, _NEW, 0o666)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
        sync_folder(path.parent)
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)


def problem(error: OSError) -> str:
    """What the disk refuses, in words."""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    return "the disk is full" if full else (error.strerror or str(error))


def is_leftover(name: str) -> bool:
    """Whether a file of this name was being written when the process that wrote it died."""
    return _LEFTOVER.fullmatch(name) is not None


def sync_folder(folder: Path) -> None:
    """Make renames inside a folder durable, where the system can open folders at all."""
    flag = getattr(os, "O_DIRECTORY", None)
    if flag is None:
        return
    descriptor = os.open(folder, os.O_RDONLY | flag)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file durably."""
    with durable(path) as file:
        file.write(content)


def write_text(path: Path, text: str) -> None:
    """Write a text file durably, with the same bytes on every platform."""
    write_bytes(path, text.encode("utf-8"))


def write_json(path: Path, content: Any) -> None:
    """Write strict JSON durably (NaN and infinities as null)."""
    write_bytes(path, json_bytes(content))


def json_bytes(content: Any) -> bytes:
    """Strict JSON as it is written (NaN and infinities as null)."""
    text = json.dumps(without_nan(content), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    return text.encode("utf-8")


def without_nan(value: Any) -> Any:
    """The same JSON content with null in place of numbers that JSON does not have."""
    if isinstance(value, Mapping):
        return {key: without_nan(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [without_nan(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def read_json(path: Path, digest: str | None = None) -> dict[str, Any]:
    """Read a JSON object.

    Args:
        path: file to read.
        digest: SHA-256 that it must have, any when None.

    Raises:
        DamagedError: the file cannot be read as a JSON object, or is not the one with that digest.
        FolderError: it is not there.
    """
    content = parse_json(read_bytes(path, digest), str(path))
    if not isinstance(content, dict):
        raise DamagedError(f"{path} cannot be read: it is not a JSON object")
    return content


def parse_json(content: bytes, where: str) -> Any:
    """Parse JSON.

    Raises:
        DamagedError: it is not JSON, nested too deeply, or has numbers of thousands of digits.
    """
    try:
        return json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        problem = "it is nested too deeply" if isinstance(error, RecursionError) else error
        raise DamagedError(f"{where} cannot be read: {problem}") from error


def read_bytes(path: Path, digest: str | None = None) -> bytes:
    """Read a file.

    Args:
        path: file to read.
        digest: SHA-256 that it must have, any when None.

    Raises:
        DamagedError: it cannot be read, or is not the file with that digest.
        FolderError: it is not there.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise FolderError(f"{path.parent} has no {path.name}") from None
    except (OSError, ValueError) as error:
        raise DamagedError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    if digest is not None and hashlib.sha256(content).hexdigest() != digest:
        raise DamagedError(f"{path} {CHANGED}")
    return content


CHANGED = "is not the file that was written (its SHA-256 differs)"


def sha256(path: Path) -> str:
    """SHA-256 of a file (hex)."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
