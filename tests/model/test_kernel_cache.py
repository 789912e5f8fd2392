"""Where compiled kernels are kept: by their sources, not by where these are; safely; read where nothing is written."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from restaking.model import _kernel_cache as cache
from restaking.model._compile import code_version, compiled

needs_unix = pytest.mark.skipif(not hasattr(os, "getuid"), reason="owners and modes as Unix has them")
VERSION = "0123456789ab"

PROGRAM = """
from restaking.model._compile import compiled

@compiled
def twice(x):
    return STEP * x

STEP = 2
print(twice(21), sum(twice._cache_hits.values()))
"""


@pytest.fixture(autouse=True)
def _ask_again():
    """Folders are found once for a process; here every test has its own."""
    found = (cache.cache_directory, cache.fallback_directory, cache._of_this_process)
    for function in found:
        function.cache_clear()
    yield
    for function in found:
        function.cache_clear()


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def temporary(tmp_path, monkeypatch) -> Path:
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


@pytest.fixture
def nothing_can_be_written(home, monkeypatch):
    """The user's cache folder cannot be made or written; also for root, who may write everywhere."""

    def refuse(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(cache.tempfile, "TemporaryFile", refuse)


def run(program: Path, root: Path) -> list[str]:
    environment = {**os.environ, "XDG_CACHE_HOME": str(root)}
    done = subprocess.run(
        [sys.executable, str(program)], env=environment, capture_output=True, text=True, check=True, timeout=300
    )
    return done.stdout.split()


def test_the_same_source_in_another_place_is_not_compiled_again_and_another_source_is(tmp_path):
    program, root = PROGRAM, tmp_path / "cache"
    for name in ("one", "two", "edited"):
        (tmp_path / name).mkdir()
        text = program if name != "edited" else program.replace("STEP = 2", "STEP = 3")
        (tmp_path / name / "program.py").write_text(text)
    assert run(tmp_path / "one" / "program.py", root) == ["42", "0"]
    assert run(tmp_path / "two" / "program.py", root) == ["42", "1"]
    assert run(tmp_path / "edited" / "program.py", root) == ["63", "0"]


def test_the_folder_is_named_by_the_code(home):
    assert cache.cache_directory(code_version()) == home / ".cache" / "restaking" / "kernels" / code_version()


def test_a_relative_cache_folder_and_a_missing_home_are_no_folders(home, monkeypatch, temporary):
    monkeypatch.setenv("XDG_CACHE_HOME", "relative/path")
    assert cache.cache_root() == home / ".cache" / "restaking" / "kernels"
    monkeypatch.setattr("os.path.expanduser", lambda path: path)
    assert cache.cache_root() is None
    folder = cache.cache_directory(VERSION)
    assert folder is not None and folder.is_relative_to(temporary)


def test_the_users_version_that_was_used_last_is_kept(home):
    root = home / ".cache" / "restaking" / "kernels"
    for number in range(10):
        (root / f"{number:012}").mkdir(parents=True)
        os.utime(root / f"{number:012}", (number, number))
    cache.cache_directory(f"{0:012}")
    assert sorted(path.name for path in root.iterdir()) == [f"{number:012}" for number in (0, 5, 6, 7, 8, 9)]


def test_a_cache_that_may_only_be_read_is_read(home, temporary, nothing_can_be_written):
    folder = home / ".cache" / "restaking" / "kernels" / VERSION
    folder.mkdir(parents=True)
    assert cache.cache_directory(VERSION).is_relative_to(temporary)  # nothing is in it
    cache.cache_directory.cache_clear()
    (folder / "books.mint-1.py311.nbi").touch()
    assert cache.cache_directory(VERSION) == folder


def test_what_a_cache_that_may_only_be_read_lacks_is_kept_elsewhere(home, temporary, monkeypatch):
    folder = home / ".cache" / "restaking" / "kernels" / code_version()
    folder.mkdir(parents=True)
    (folder / "books.mint-1.py311.nbi").touch()
    monkeypatch.setattr(cache.os, "access", lambda path, mode: Path(path) != folder)
    monkeypatch.setattr(cache, "_prepared", lambda path: path)
    first = cache._FolderCache.save_overload

    def save(place, sig, data):
        if place.cache_path == str(folder):
            raise PermissionError(13, "Permission denied")
        first(place, sig, data)

    monkeypatch.setattr(cache._FolderCache, "save_overload", save)
    assert compiled(_half)(3.0) == 1.5
    again = compiled(_half)
    assert again(5.0) == 2.5 and sum(again._cache_hits.values()) == 1
    assert list(temporary.rglob("*.nbi")) and len(list(folder.iterdir())) == 1


def test_a_damaged_file_is_compiled_again(home):
    assert compiled(_half)(3.0) == 1.5
    for file in home.rglob("*.nbc"):
        file.write_bytes(file.read_bytes()[:100])
    again = compiled(_half)
    assert again(3.0) == 1.5 and not again._cache_hits


def test_without_any_folder_kernels_are_compiled_and_not_kept(home, monkeypatch):
    monkeypatch.setattr(cache, "cache_root", lambda: None)

    def nowhere():
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr(cache.tempfile, "gettempdir", nowhere)
    assert cache.cache_directory(VERSION) is None
    assert compiled(_half)(3.0) == 1.5


def _half(x):
    return x / 2.0


# --- the folder among the temporary files -----------------------------------------------------------------------------


@needs_unix
def test_the_temporary_folder_is_private(temporary):
    folder = cache.fallback_directory(VERSION)
    for place in (folder, folder.parent):
        assert stat.S_IMODE(place.stat().st_mode) == 0o700


@needs_unix
@pytest.mark.parametrize("taken", ["link", "open", "file", "others"])
def test_a_temporary_folder_that_somebody_else_prepared_is_not_used(taken, temporary, tmp_path, monkeypatch):
    name = temporary / f"restaking-kernels-{os.getuid()}"
    if taken == "link":
        (tmp_path / "prepared").mkdir(mode=0o700)
        name.symlink_to(tmp_path / "prepared")
    elif taken == "file":
        name.touch()
    else:
        name.mkdir(mode=0o700)
    if taken == "open":
        name.chmod(0o777)
    if taken == "others":
        user = os.getuid()
        monkeypatch.setattr(cache.os, "getuid", lambda: user + 1)
        (temporary / f"restaking-kernels-{user + 1}").mkdir(mode=0o700)
        name = temporary / f"restaking-kernels-{user + 1}"
    folder = cache.fallback_directory(VERSION)
    assert folder.parent != name and folder.is_relative_to(temporary)
    assert not (tmp_path / "prepared" / VERSION).exists()
    assert stat.S_IMODE(folder.parent.stat().st_mode) == 0o700


def test_a_system_without_user_numbers_has_a_temporary_folder(temporary, monkeypatch):
    monkeypatch.delattr(cache.os, "getuid", raising=False)
    folder = cache.fallback_directory(VERSION)
    assert folder == temporary / "restaking-kernels-user" / VERSION and folder.is_dir()


# --- what is compiled -------------------------------------------------------------------------------------------------


@compiled
def plus_one(row):
    return row + 1


@compiled
def of_all(rows, small):
    return plus_one(rows[0]) + plus_one(small) + plus_one(3)


def test_indices_of_all_widths_share_one_compiled_callee(home):
    assert of_all(np.array([4], np.int32), np.uint8(255)) == 5 + 256 + 4
    assert len(plus_one._callee.signatures) == 1


def test_called_from_python_and_from_a_kernel_a_function_gives_the_same(home):
    assert plus_one(7) == 8 and of_all(np.array([7], np.int32), np.uint8(0)) == 8 + 1 + 4
