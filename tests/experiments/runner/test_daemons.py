"""A sweep inside a worker of a pool."""

import multiprocessing

import pytest

from restaking.experiments.runner.errors import SweepFolderError
from restaking.experiments.runner.pool import Processes


def test_a_worker_of_a_pool_may_not_start_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(multiprocessing.current_process()._config, "daemon", True)
    with pytest.raises(SweepFolderError, match="give workers=1"):
        Processes(2)
