"""Processes of a pool: what they find when they start."""

import pytest

from restaking.experiments.runner import pool


@pytest.mark.parametrize(("cold", "loads"), [(True, 1), (False, 0)])
def test_workers_that_are_not_forked_find_the_model_compiled(cold: bool, loads: int, monkeypatch: pytest.MonkeyPatch):
    seen: list[str] = []
    monkeypatch.setattr("sys.platform", "win32")
    monkeypatch.setattr("restaking.model._kernel_cache.is_cold", lambda version: cold)
    monkeypatch.setattr(pool, "load", lambda: seen.append("compiled"))
    monkeypatch.setattr(pool, "ProcessPoolExecutor", lambda *args, **kwargs: seen.append("started"))
    pool.Processes(2)
    assert seen == ["compiled"] * loads + ["started"]
