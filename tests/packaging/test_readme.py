"""The commands of the README, copied from the page and run."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

README = Path(__file__).resolve().parents[2] / "README.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(language: str, start: str) -> list[str]:
    """Blocks of a language under a heading."""
    text = README.read_text(encoding="utf-8")
    section = text.split(f"\n## {start}\n", 1)[1].split("\n## ", 1)[0]
    return [content for found, content in BLOCK.findall(section) if found == language]


@pytest.fixture
def shell(tmp_path: Path) -> dict[str, str]:
    """An environment in which ``restaking`` is the command of this interpreter."""
    command = tmp_path / "bin" / "restaking"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m restaking.experiments.cli "$@"\n')
    command.chmod(0o755)
    return {**os.environ, "PATH": f"{command.parent}{os.pathsep}{os.environ['PATH']}"}


def run(script: str, folder: Path, environment: dict[str, str]) -> str:
    """Standard output and error of a script that must succeed."""
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


@pytest.mark.slow
def test_the_study(tmp_path: Path, shell: dict[str, str]) -> None:
    design, (sweep, fork, reproduce) = blocks("toml", "A study")[0], blocks("sh", "A study")
    (tmp_path / "airdrop.toml").write_text(design, encoding="utf-8")
    told = run(sweep, tmp_path, shell)
    assert "nothing to do" in told
    results = tmp_path / "results" / "runs" / "airdrop"
    assert (results / "runs.parquet").is_file()
    assert (results / "figures" / "map-airdrop_retention.png").is_file()
    assert "lrt_supply_eth" in run(fork, tmp_path, shell)
    assert "eth-issuance" in run(reproduce, tmp_path, shell)


def test_the_first_runs(tmp_path: Path, shell: dict[str, str]) -> None:
    (script,) = blocks("sh", "Run")
    lines = [line for line in script.splitlines() if "validate" not in line]  # minutes, and tested by itself
    small = "\n".join(f"{line.split('#')[0]} " for line in lines)
    small = small.replace("run season-2024", "run season-2024 --stakers 300 --days 210 --no-figures")
    small = small.replace("run baseline", "run baseline --stakers 300 --days 60 --no-figures")
    assert "campaigns.airdrop_share" in run(small, tmp_path, shell)


def test_the_python_blocks(tmp_path: Path, shell: dict[str, str]) -> None:
    run(
        "restaking run baseline --stakers 100 --days 60 --no-figures --out results/runs/demo",
        tmp_path,
        shell,
    )
    for block in blocks("python", "Look at a run"):
        (tmp_path / "script.py").write_text(block, encoding="utf-8")
        run(f'"{sys.executable}" script.py', tmp_path, shell)
