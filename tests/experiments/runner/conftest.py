"""Other processes find the package and the tests from wherever they are started."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.experiments.runner.worlds import MARK

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True, scope="session")
def _environment_of_workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    # Workers have the environment that their fork server was started with, so it is the same for all tests.
    os.environ[MARK] = str(tmp_path_factory.mktemp("marks") / "marks")
    before = os.environ.get("PYTHONPATH")
    paths = [os.path.abspath(path) for path in (before or "").split(os.pathsep) if path]
    os.environ["PYTHONPATH"] = os.pathsep.join([*paths, str(ROOT)])
    # What pytest itself was told to search, so that workers unpickle functions of the tests.
    if str(ROOT) not in sys.path:
        sys.path.append(str(ROOT))
    yield
    del os.environ[MARK]
    if before is None:
        del os.environ["PYTHONPATH"]
    else:
        os.environ["PYTHONPATH"] = before


@pytest.fixture(autouse=True)
def _no_marks() -> None:
    Path(os.environ[MARK]).unlink(missing_ok=True)
