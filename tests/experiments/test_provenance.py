"""What a result says of the machine that made it."""

import pytest

from restaking.experiments.provenance import processor


def test_the_processor_and_its_features() -> None:
    found = processor()
    assert found["name"] and isinstance(found["features"], list)
    assert found["features"] == sorted(found["features"])


def test_what_the_user_chose_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_CPU_NAME", "generic")
    monkeypatch.setenv("NUMBA_CPU_FEATURES", "+sse2,-avx,+fma")
    assert processor() == {"name": "generic", "features": ["fma", "sse2"]}
