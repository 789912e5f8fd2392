"""CPU time: of this process, of a command with all it starts, and in pairs."""

import subprocess
import sys
import time

import numpy as np
import pytest

from benchmarks import measure, peers

BURN = "import time\nuntil = time.process_time() + {seconds}\nwhile time.process_time() < until: pass"


def test_sleep_costs_nothing() -> None:
    assert measure.cpu_seconds(lambda: time.sleep(0.2)) < 0.1


@pytest.mark.skipif(sys.platform != "linux", reason="orphans are adopted on Linux only")
def test_a_command_is_charged_for_what_it_starts_and_does_not_wait_for() -> None:
    script = f"import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', {BURN.format(seconds=0.3)!r}])"
    assert measure.child_seconds(sys.executable, "-c", script) > 0.3


@pytest.mark.skipif(sys.platform != "linux", reason="orphans are adopted on Linux only")
def test_children_that_were_there_before_are_not_waited_for() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        assert measure.child_seconds(sys.executable, "-c", "pass") > 0.0
        assert other.poll() is None
        other.communicate(b"\n")


def test_ratios_are_of_the_same_round() -> None:
    times = measure.Times({"a": [1.0, 20.0, 3.0], "b": [1.0, 10.0, 1.0]})
    assert times.ratio("a", "b") == 2.0
    assert times.seconds("a") == 3.0


def test_actions_run_in_turn() -> None:
    ran: list[str] = []
    measure.in_turn({"a": lambda: ran.append("a"), "b": lambda: ran.append("b")}, 2)
    assert ran == ["a", "b"] * 3


def test_floors_look_at_every_row() -> None:
    records = np.zeros(100, "V64")
    records.view(np.uint8)[::64] = 1
    assert measure.row_touch(records)() == 100
    assert 30 <= measure.touch_and_draw(records)() <= 70


def test_the_peers_are_the_same_model() -> None:
    """Nobody gains or loses ETH, and the venue that pays most holds more than the one that pays least."""
    runs = [peers.run_mesa] + ([peers.run_agentpy] if peers.has_agentpy() else [])
    for run in runs:
        start, end = run(200, 0), run(200, 60)
        assert sum(end) == pytest.approx(sum(start))
        assert end[-1] > end[0]
