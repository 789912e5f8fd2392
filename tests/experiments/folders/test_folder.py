"""Folders: ours or nobody's business, filled whole, by one at a time, and never through links."""

import os
from pathlib import Path
from typing import Any

import pytest

from restaking.experiments.folders import files, folder, manifest
from restaking.experiments.folders.errors import DamagedError, FolderError
from restaking.experiments.folders.folder import Layout, claim
from restaking.experiments.folders.lock import FolderLock

LAYOUT = Layout("thing", 3, "a thing", FolderError, {"pictures": r"[a-z]+\.png"})


def fill(path: Path, **texts: str) -> None:
    with claim(path, LAYOUT) as place, place.staging() as staged:
        for name, text in texts.items():
            files.write_text(staged / f"{name}.txt", text)
        place.put(staged, {"name": "first"})


def everything(path: Path) -> dict[str, bytes]:
    return {p.relative_to(path).as_posix(): p.read_bytes() for p in sorted(path.rglob("*")) if p.is_file()}


def test_what_was_put_is_there_and_vouched_for(tmp_path: Path) -> None:
    fill(tmp_path / "t", a="one", b="two")
    assert sorted(p.name for p in (tmp_path / "t").iterdir()) == ["a.txt", "b.txt", "manifest.json"]
    there = folder.read(tmp_path / "t", LAYOUT)
    assert (there["kind"], there["format"], there["state"], there["name"]) == ("thing", 3, "written", "first")
    assert manifest.problems(tmp_path / "t", there) == {}
    (tmp_path / "t" / "a.txt").write_text("One")
    (tmp_path / "t" / "b.txt").unlink()
    assert manifest.problems(tmp_path / "t", there) == {
        "a.txt": "a.txt is not the file that was written (its SHA-256 differs)",
        "b.txt": "b.txt is missing",
    }


def test_only_own_names_go(tmp_path: Path) -> None:
    fill(tmp_path / "t", a="one", b="two")
    (tmp_path / "t" / "notes.md").write_text("mine")
    (tmp_path / "t" / "pictures").mkdir()
    (tmp_path / "t" / "pictures" / "mine.jpg").write_text("mine")
    fill(tmp_path / "t", b="three")
    assert {name for name in everything(tmp_path / "t") if name != "manifest.json"} == {
        "b.txt",
        "notes.md",
        "pictures/mine.jpg",
    }


@pytest.mark.parametrize(
    "content",
    [
        '{"name": "my web app"}',
        '{"kind": "sweep", "format": 2}',
        '{"kind": "thing"}',
        '{"kind": "thing", "format": "3"}',
        '{"kind": "thing", "format": 2}',
        "[]",
        "no JSON",
    ],
)
def test_a_foreign_folder_is_never_touched(tmp_path: Path, content: str) -> None:
    there = tmp_path / "app"
    (there / "src").mkdir(parents=True)
    (there / "manifest.json").write_text(content)
    (there / "src" / "thesis.tex").write_text("years of work")
    before = everything(tmp_path)
    with pytest.raises(FolderError, match="never replaced"), claim(there, LAYOUT):
        pytest.fail("a foreign folder was claimed")
    assert everything(tmp_path) == before


def test_a_folder_in_which_nothing_was_made_goes_again(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), claim(tmp_path / "a" / "b", LAYOUT):
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "mine").mkdir()
    with pytest.raises(ZeroDivisionError), claim(tmp_path / "mine", LAYOUT):
        raise ZeroDivisionError
    assert list((tmp_path / "mine").iterdir()) == [], "what was there before stays"


def test_one_at_a_time(tmp_path: Path) -> None:
    with (
        claim(tmp_path / "t", LAYOUT),
        pytest.raises(FolderError, match=rf"worked on by process {os.getpid()}"),
        claim(tmp_path / "t", LAYOUT),
    ):
        pytest.fail("two writers in one folder")
    fill(tmp_path / "t", a="one")


# --------------------------------------------------------------------------------------------------------------- links


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    (tmp_path / "elsewhere").mkdir()
    path = tmp_path / "elsewhere" / "precious.txt"
    path.write_text("years of work")
    return path


def test_out_through_a_link_writes_into_its_target(tmp_path: Path) -> None:
    (tmp_path / "scratch").mkdir()
    (tmp_path / "out").symlink_to("scratch")
    fill(tmp_path / "out", a="one")
    assert (tmp_path / "out").is_symlink() and (tmp_path / "scratch" / "a.txt").read_text() == "one"


def test_a_link_to_nothing_is_told(tmp_path: Path) -> None:
    (tmp_path / "out").symlink_to("unmounted")
    with pytest.raises(FolderError, match="it is a link to unmounted, which is not there"):
        fill(tmp_path / "out", a="one")
    assert not (tmp_path / "unmounted").exists()


def test_a_lock_that_is_a_link_is_not_followed(tmp_path: Path, victim: Path) -> None:
    (tmp_path / "t").mkdir()
    (tmp_path / "t" / "lock").symlink_to(victim)
    with pytest.raises(FolderError, match="lock is a link; links are not followed"):
        fill(tmp_path / "t", a="one")
    assert victim.read_text() == "years of work"


def test_a_lock_that_is_a_pipe_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "lock")
    with pytest.raises(FolderError, match="lock is in the way: it is not a file"):
        FolderLock(tmp_path)


def test_own_names_that_are_links_are_replaced_and_not_followed(tmp_path: Path, victim: Path) -> None:
    fill(tmp_path / "t", a="one")
    (tmp_path / "t" / "a.txt").unlink()
    (tmp_path / "t" / "a.txt").symlink_to(victim)
    fill(tmp_path / "t", a="two")
    assert victim.read_text() == "years of work"
    assert not (tmp_path / "t" / "a.txt").is_symlink() and (tmp_path / "t" / "a.txt").read_text() == "two"


def test_an_own_folder_that_is_a_link_is_refused(tmp_path: Path, victim: Path) -> None:
    fill(tmp_path / "t", a="one")
    (tmp_path / "t" / "pictures").symlink_to(victim.parent)
    with pytest.raises(FolderError, match="pictures is a link; links are not followed out of a folder"):
        fill(tmp_path / "t", a="two")
    with pytest.raises(FolderError, match="is a link"):
        folder.subfolder(tmp_path / "t", "pictures", LAYOUT)
    assert folder.own_files(tmp_path / "t", "pictures", LAYOUT) == []


def test_a_manifest_cannot_reach_out_of_its_folder(tmp_path: Path, victim: Path) -> None:
    """Folders are what researchers exchange: what a manifest lists is no licence."""
    fill(tmp_path / "t", a="one")
    outside = f"../elsewhere/{victim.name}"
    there = manifest.read(tmp_path / "t")
    for state in ({"state": "written"}, {"state": "moving", "staged": "../elsewhere", "old": [outside, 7, None]}):
        manifest.write(tmp_path / "t", there | state | {"files": {outside: "0" * 64, "../t": "0" * 64}})
        fill(tmp_path / "t", b="two")
        assert victim.read_text() == "years of work"


# ------------------------------------------------------------------------------------------------------- half-way there


def test_new_files_that_were_on_their_way_arrive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed between two renames: the new ones are complete, and the next writer or reader finds them so."""
    fill(tmp_path / "t", a="old", b="old", c="old")
    replace, left = os.replace, [4]

    def cut(source: Any, target: Any, **options: Any) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise KeyboardInterrupt
        replace(source, target, **options)

    monkeypatch.setattr(folder.shutil, "rmtree", lambda *_, **__: None)
    monkeypatch.setattr(os, "replace", cut)
    with pytest.raises(KeyboardInterrupt):
        fill(tmp_path / "t", a="new", b="new")
    monkeypatch.undo()
    state = manifest.read(tmp_path / "t")["state"]
    assert state == "moving"
    with claim(tmp_path / "t", LAYOUT) as place:
        assert place.manifest is not None and place.manifest["state"] == "written"
    there = everything(tmp_path / "t")
    assert (there["a.txt"], there["b.txt"], sorted(there)) == (b"new", b"new", ["a.txt", "b.txt", "manifest.json"])


def test_leftovers_of_a_killed_writer_go_and_what_only_looks_like_them_stays(tmp_path: Path) -> None:
    fill(tmp_path / "t", a="one")
    (tmp_path / "t" / ".a.txt.0123abcd.partial").write_text("half")
    (tmp_path / "t" / ".staged-abc_1").mkdir()
    (tmp_path / "t" / ".staged-abc_1" / "a.txt").write_text("half")
    (tmp_path / "t" / "a.txt.partial").write_text("mine")
    fill(tmp_path / "t", a="two")
    assert sorted(everything(tmp_path / "t")) == ["a.txt", "a.txt.partial", "manifest.json"]


def test_names_that_no_file_can_have_are_told(tmp_path: Path) -> None:
    for name in ("x" * 300, "a\0b"):
        with pytest.raises(FolderError, match=r"cannot be (read|written)"):
            fill(tmp_path / name, a="one")
    (tmp_path / "file").write_text("")
    with pytest.raises(FolderError, match=r"not a folder|cannot be written"):
        fill(tmp_path / "file" / "t", a="one")


def test_json_has_null_where_numbers_have_nan(tmp_path: Path) -> None:
    nan, infinite = float("nan"), float("inf")
    files.write_json(tmp_path / "x.json", {"a": nan, "b": [infinite, 1.5], "c": {"d": -infinite}})
    assert files.read_json(tmp_path / "x.json") == {"a": None, "b": [None, 1.5], "c": {"d": None}}
    with pytest.raises(DamagedError, match="SHA-256 differs"):
        files.read_json(tmp_path / "x.json", "0" * 64)


def test_files_have_the_rights_that_the_user_wants(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        files.write_text(tmp_path / "x.txt", "x")
    finally:
        os.umask(before)
    assert (tmp_path / "x.txt").stat().st_mode & 0o777 == 0o640
