"""The manifest: what makes a folder ours, what is in it, and whether it is still what was written."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from . import files
from .errors import DamagedError

NAME = "manifest.json"
CHECKSUM = "checksum"
FILES = "files"
"""Key of the SHA-256 (hex) of every file by its name, ``/`` between folder and file."""


def write(folder: Path, content: Mapping[str, Any]) -> None:
    """Write a manifest with a checksum of its own."""
    plain = json.loads(files.json_bytes({key: value for key, value in content.items() if key != CHECKSUM}))
    files.write_json(folder / NAME, plain | {CHECKSUM: _checksum(plain)})


def read(folder: Path) -> dict[str, Any]:
    """Read a manifest, of whatever kind.

    Raises:
        DamagedError: it cannot be read, or is not as it was written.
        FolderError: there is none.
    """
    return checked(files.read_json(folder / NAME), folder)


def checked(content: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The content of a manifest without its checksum, which must be right.

    Raises:
        DamagedError: it is not.
    """
    if content.pop(CHECKSUM, None) != _checksum(content):
        raise DamagedError(f"{folder / NAME} is not as it was written (its checksum differs)")
    return content


def kind_and_format(folder: Path) -> tuple[Any, Any]:
    """What a manifest, damaged or not, says that its folder is; None twice when it says nothing that can be read."""
    try:
        content = files.read_json(folder / NAME)
    except ValueError:
        return None, None
    return content.get("kind"), content.get("format")


def _checksum(content: Mapping[str, Any]) -> str:
    # What is not a number of JSON is in no manifest of ours: it makes another checksum, not an error.
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def listed(content: Mapping[str, Any]) -> dict[str, str]:
    """The SHA-256 of every file that a manifest lists, by name."""
    found = content.get(FILES)
    return dict(found) if isinstance(found, Mapping) else {}


def problems(folder: Path, content: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong with the files that a manifest lists, in words, by name; empty when they are as written."""
    found = {}
    for name, digest in sorted(listed(content).items()):
        path = folder / name
        try:
            if not path.is_file():
                found[name] = f"{name} is missing"
            elif files.sha256(path) != digest:
                found[name] = f"{name} {files.CHANGED}"
        except OSError as error:
            found[name] = f"{name} cannot be read: {error.strerror or error}"
    return found
