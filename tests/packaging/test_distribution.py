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
PLACES = {
    "front_door": "restaking",
    **{root: f"restaking/{root}" for root in ("agents", "model", "experiments")},
}
"""Where each folder of the tree stands in an installation."""
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
    for root in PLACES:
        shutil.copytree(PROJECT / root, copy / root, ignore=LEFT_BY_TOOLS)
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy2(PROJECT / name, copy / name)
    return copy


@pytest.fixture(scope="module")
def tree(source) -> set[str]:
    """Paths that an installation must have, as they stand in a wheel."""
    return {f"{place}/{path}" for root, place in PLACES.items() for path in files_below(source / root)}


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
    assert {f"{place}/py.typed" for place in PLACES.values()} <= tree
    assert any(path.startswith("restaking/model/scenarios/") and path.endswith(".toml") for path in tree)


def test_source_distribution_holds_the_tree(built, source):
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        packed = {member.name.partition("/")[2] for member in archive.getmembers() if member.isfile()}
    assert sorted({f"{root}/{path}" for root in PLACES for path in files_below(source / root)} - packed) == []
    assert {"LICENSE", "README.md", "pyproject.toml", "setup.py"} <= packed


def test_installed_package_is_the_wheel(installed):
    places = run(
        installed,
        "-c",
        "import restaking as r, restaking.agents as a, restaking.model as m; print(r.__file__, a.__file__, m.__file__)",
        cwd=installed.parent,
    )
    assert places.count(str(installed.parents[1])) == 3
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


# --- an editable installation -----------------------------------------------------------------------------------------


def installed_for_editing(source: Path, home: Path) -> tuple[Path, Path]:
    """The python of a new environment with an editable installation, and its site-packages."""
    wheels = home / "wheels"
    build = "import sys, setuptools.build_meta as backend; backend.build_editable(sys.argv[1])"
    run(sys.executable, "-c", build, wheels, cwd=source)
    (wheel,) = wheels.glob("*.whl")
    venv.create(home / "venv", with_pip=False, symlinks=True)
    python = home / "venv" / "bin" / "python"
    run(sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index", wheel, cwd=home)
    return python, Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=home).strip())


@pytest.fixture
def copied(source, tmp_path) -> Path:
    """A copy of the tree that a test may change."""
    tree = tmp_path / "source"
    shutil.copytree(source, tree, ignore=shutil.ignore_patterns("build", "*.egg-info"))
    return tree


def test_an_editable_installation_is_a_path_that_editors_can_follow(copied, tmp_path):
    """No import hook: type checkers read path files and links, and run no code."""
    python, site = installed_for_editing(copied, tmp_path)
    lines = [line for file in site.glob("*restaking*.pth") for line in file.read_text().splitlines()]
    assert lines == [str(copied / ".links")]
    for root, place in PLACES.items():
        for path in files_below(copied / root):
            assert (copied / ".links" / place / path).samefile(copied / root / path)
    (copied / "model" / "newcomer.py").write_text("WORD = 'here'\n")
    told = run(python, "-c", "from restaking.model.newcomer import WORD; print(WORD)", cwd=tmp_path)
    assert told.strip() == "here", "a new module needs no new installation"


def test_where_links_cannot_be_made_python_still_finds_the_packages(copied, tmp_path):
    (copied / ".links").write_text("a file in the way\n")
    python, _ = installed_for_editing(copied, tmp_path)
    code = "import restaking, restaking.agents, restaking.model.day; print(restaking.__version__)"
    declared = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["version"]
    assert run(python, "-c", code, cwd=tmp_path).strip() == declared
