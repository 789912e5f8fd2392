"""Editors find every import of the package as Pyright does: by the plain paths of `.pth` files, read statically.

Pyright itself is not among the tools that the tests install: with the node that it runs on it takes 283 MB.
"""

import ast
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
SCRIPTS = sorted([*(PROJECT / "tests").rglob("*.py"), *(PROJECT / "benchmarks").glob("*.py")])


def search_paths() -> list[Path]:
    """Where Pyright looks: the site-packages of the environment and the plain paths that `.pth` files there name."""
    site = Path(sysconfig.get_path("purelib"))
    lines = [line.strip() for file in sorted(site.glob("*.pth")) for line in file.read_text().splitlines()]
    return [site, *(Path(line) for line in lines if line and not line.startswith(("#", "import ", "import\t")))]


@pytest.fixture(scope="module")
def root() -> Path:
    """The folder of the package, as an editor finds it."""
    found = next(
        (path / "restaking" for path in search_paths() if (path / "restaking" / "__init__.py").is_file()), None
    )
    assert found is not None, "no plain path of the environment leads to the package"
    return found


def file_of(root: Path, module: str) -> Path | None:
    place = root.joinpath(*module.split(".")[1:])
    return next((file for file in (place / "__init__.py", place.with_suffix(".py")) if file.is_file()), None)


def bound(file: Path) -> set[str]:
    """Names that a file binds outside of functions and classes, read as a type checker reads them."""

    def names(statements: list[ast.stmt]) -> Iterator[str]:
        for node in statements:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                yield node.name
            elif isinstance(node, ast.Import | ast.ImportFrom):
                yield from ((alias.asname or alias.name).partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.Assign | ast.AnnAssign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                yield from (n.id for target in targets for n in ast.walk(target) if isinstance(n, ast.Name))
            elif isinstance(node, ast.If | ast.Try | ast.With | ast.For):
                yield from names([*node.body, *getattr(node, "orelse", [])])

    return set(names(ast.parse(file.read_text(encoding="utf-8")).body))


def unresolved(root: Path, text: str) -> list[str]:
    """Imports of the package in a script that no file stands for, or whose names no file binds."""
    missing = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names if alias.name.partition(".")[0] == "restaking"]
            missing += [module for module in modules if file_of(root, module) is None]
        if isinstance(node, ast.ImportFrom) and not node.level and (node.module or "").partition(".")[0] == "restaking":
            module = str(node.module)
            file = file_of(root, module)
            if file is None:
                missing.append(module)
                continue
            known = bound(file)
            missing += [
                f"{module}.{alias.name}"
                for alias in node.names
                if alias.name not in known and file_of(root, f"{module}.{alias.name}") is None
            ]
    return missing


def test_the_package_says_that_it_has_types(root: Path) -> None:
    assert (root / "py.typed").is_file()


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: str(path.relative_to(PROJECT)))
def test_every_import_of_a_script_is_found(root: Path, script: Path) -> None:
    assert unresolved(root, script.read_text(encoding="utf-8")) == []


def test_what_is_not_there_is_told(root: Path) -> None:
    wrong = "import restaking.agent\nfrom restaking.agents import Stakr\nfrom restaking import run, runn\n"
    assert unresolved(root, wrong) == ["restaking.agent", "restaking.agents.Stakr", "restaking.runn"]
