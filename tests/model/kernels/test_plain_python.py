"""Kernels as plain Python (``NUMBA_DISABLE_JIT=1``), for a debugger: the same numbers, bit for bit."""

import hashlib
import os
import subprocess
import sys

import pytest

from restaking.model import RestakingEcosystem
from restaking.model.kernels.books import settle

RUNS = {
    # Loans taken, repaid and liquidated, redemptions that open, every queue; the second with stablecoins.
    "thin-loop": {"stakers.count": 60, "days": 130, "seed": 1},
    "season-2024": {"stakers.count": 50, "days": 100, "lending.stable_borrowers": 0.5},
    "steth-2022": {"stakers.count": 60, "days": 60, "seed": 3},
    "baseline": {"stakers.count": 600, "days": 20},  # more of everybody than a byte counts
}


def fingerprints(names: list[str]) -> dict[str, str]:
    """Hash of all that a run has recorded and of the state that it ends in, by scenario."""
    found = {}
    for name in names:
        with RestakingEcosystem(name, **RUNS[name]) as model:
            model.run()
            digest = hashlib.sha256(model.recorder.daily.tobytes())
            for table in (*model.recorder.entity.values(), *model.world):
                fields = table.dtype.names
                for column in [table[field] for field in fields] if fields else [table]:
                    digest.update(column.tobytes())
            digest.update(repr([(e.day, e.type, e.subject, e.amount) for e in model.recorder.events]).encode())
            found[name] = digest.hexdigest()
    return found


@pytest.mark.parametrize("name", RUNS)
def test_plain_python_gives_the_same_bits(name: str) -> None:
    """Warnings are errors there: an unsigned column that wraps would only warn."""
    command = [sys.executable, "-W", "error::RuntimeWarning", __file__, name]
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.splitlines() == ["function", *fingerprints([name]).values()]


def test_those_runs_lend() -> None:
    with RestakingEcosystem("thin-loop", **RUNS["thin-loop"]) as model:
        model.run()
        assert (model.world.debt_shares > 0.0).any() and model.recorder.series("loans_eth").max() > 0.0


if __name__ == "__main__":
    print(type(settle).__name__)  # and not a dispatcher of numba's
    print(*fingerprints(sys.argv[1:]).values(), sep="\n")
