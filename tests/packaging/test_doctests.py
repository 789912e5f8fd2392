"""The examples in docstrings run, and print what they say."""

import doctest
import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import restaking

ROOTS = ("model", "agents", "experiments")


def modules_with_examples() -> Iterator[str]:
    """Names of the modules whose sources hold an example; nothing heavy is imported to find them."""
    for root in ROOTS:
        package = importlib.import_module(f"restaking.{root}")
        for found in pkgutil.walk_packages(package.__path__, f"restaking.{root}."):
            source = Path(found.module_finder.path) / found.name.rpartition(".")[2]
            file = source / "__init__.py" if found.ispkg else source.with_suffix(".py")
            if ">>> " in file.read_text("utf-8"):
                yield found.name


EXAMPLES = list(modules_with_examples())


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 10


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_of(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    module = importlib.import_module(name)
    assert "doctest: +SKIP" not in Path(str(module.__file__)).read_text("utf-8"), "an example that nobody runs"
    result = doctest.testmod(module, extraglobs={"restaking": restaking})
    assert result.attempted > 0
    assert result.failed == 0
