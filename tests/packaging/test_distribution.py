"""What is built and installed: the tree, all of it and nothing else, and a command that answers."""

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
ROOTS = ("agents", "model", "experiments")
LEFT_BY_TOOLS = shutil.ignore_patterns("__pycache__", "*.pyc", ".*")

pytestmark = pytest.mark.slow


def run(*command: str | Path, cwd: Path) -> str:
    """Run a command without this session's paths and return what it printed; a failure shows all of it."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "COV_"))}
    done = subprocess.run(
        [*map(str, command)], cwd=cwd, env=clean, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, f"{command} said\n{done.stdout}\n{done.stderr}"
    return done.stdout


def files_below(root: Path) -> set[str]:
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def source(tmp_path_factory) -> Path:
    """A copy of the tree as a release sees it: building leaves files behind, and caches are no part of it."""
    copy = tmp_path_factory.mktemp("build") / "source"
    copy.mkdir()
    for root in ROOTS:
        shutil.copytree(PROJECT / root, copy / root, ignore=LEFT_BY_TOOLS)
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy2(PROJECT / name, copy / name)
    return copy


@pytest.fixture(scope="module")
def tree(source) -> set[str]:
    """Paths that an installation must have, as they stand in a wheel."""
    return {f"restaking/{root}/{path}" for root in ROOTS for path in files_below(source / root)}


@pytest.fixture(scope="module")
def built(source, tree) -> Path:
    """Folder with the source distribution, and the wheel that was built from *it*."""
    out = source.parent / "dist"
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", out, source, cwd=source.parent)
    return out


@pytest.fixture(scope="module")
def wheel(built) -> Path:
    (path,) = built.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> Path:
    """The python of a new environment that holds the wheel and borrows this session's dependencies."""
    home = tmp_path_factory.mktemp("installed")
    venv.create(home / "venv", with_pip=False, symlinks=True)
    python = home / "venv" / "bin" / "python"
    run(sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index", wheel, cwd=home)
    # A path file adds the folder but does not read the path files in it: an editable installation of the tree
    # under test stays invisible, so what is imported below comes from the wheel.
    site = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=home).strip())
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python


def test_wheel_holds_the_tree(wheel, tree):
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert sorted(tree - packed) == [], "missing: a kind of file that is not in DATA of setup.py"
    assert sorted(packed - tree) == []


def test_every_root_is_typed_and_has_data(tree):
    assert {f"restaking/{root}/py.typed" for root in ROOTS} <= tree
    assert any(path.startswith("restaking/model/scenarios/") and path.endswith(".toml") for path in tree)


def test_source_distribution_holds_the_tree(built, tree):
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        packed = {member.name.partition("/")[2] for member in archive.getmembers() if member.isfile()}
    assert sorted({name.removeprefix("restaking/") for name in tree} - packed) == []
    assert {"LICENSE", "README.md", "pyproject.toml", "setup.py"} <= packed


def test_installed_package_is_the_wheel(installed):
    places = run(
        installed,
        "-c",
        "import restaking.agents as a, restaking.model as m; print(a.__file__, m.__file__)",
        cwd=installed.parent,
    )
    assert places.count(str(installed.parents[1])) == 2
    assert str(PROJECT) not in places


def test_command_answers(installed):
    command = installed.parent / "restaking"
    declared = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["version"]
    assert "Usage: restaking" in run(command, "--help", cwd=installed.parent)
    assert run(command, "--version", cwd=installed.parent).split() == ["restaking", declared]


def test_shipped_scenarios_are_found(installed):
    listed = run(installed.parent / "restaking", "list", "scenarios", cwd=installed.parent)
    for scenario in (PROJECT / "model" / "scenarios").glob("*.toml"):
        assert scenario.stem in listed
