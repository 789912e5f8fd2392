"""Importing: cheap, lazy, complete, and only under the name `restaking`."""

import ast
import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
ROOTS = ("agents", "model", "experiments")
HEAVY = ("numpy", "scipy", "pandas", "pyarrow", "networkx", "mesa", "matplotlib", "numba", "pydantic")


def python(code: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run code in a fresh interpreter that finds the same installation as this one."""
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=120,
        env=os.environ | variables,
        check=False,
    )


@pytest.mark.parametrize("module", [*(f"restaking.{root}" for root in ROOTS), "restaking.experiments.cli.main"])
def test_importing_loads_nothing_heavy(module):
    done = python(f"import sys, {module}; print([name for name in {HEAVY} if name in sys.modules])")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"


def test_help_loads_nothing_heavy():
    code = f"""
import sys
from restaking.experiments.cli.main import main
code = main(["--help"])
print([name for name in {HEAVY} if name in sys.modules], code)
"""
    done = python(code)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[] 0"


@pytest.mark.parametrize("root", ROOTS)
def test_bare_import_is_refused(root):
    done = python(f"import {root}", PYTHONPATH=str(PROJECT))
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(f"ImportError: import restaking.{root}, not {root} (")


@pytest.mark.parametrize("root", ROOTS)
def test_every_public_name_is_there(root):
    package = importlib.import_module(f"restaking.{root}")
    assert list(package.__all__) == sorted(package._EXPORTS)
    assert set(package.__all__) <= set(dir(package))
    for name in package.__all__:
        assert getattr(package, name) is not None
        assert name in vars(package), "a second use should not pass through __getattr__"


@pytest.mark.parametrize("root", ROOTS)
def test_an_unknown_name_is_an_attribute_error(root):
    package = importlib.import_module(f"restaking.{root}")
    with pytest.raises(AttributeError, match=f"module 'restaking.{root}' has no attribute 'Restakr'"):
        package.Restakr  # noqa: B018


@pytest.mark.parametrize("root", ROOTS)
def test_type_checkers_see_the_same_names(root):
    """What stands under TYPE_CHECKING and what is loaded at run time are written twice: they must agree."""
    tree = ast.parse((PROJECT / root / "__init__.py").read_text())
    imported = {
        alias.name: f".{node.module}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.level
        for alias in node.names
    }
    assert imported == importlib.import_module(f"restaking.{root}")._EXPORTS
