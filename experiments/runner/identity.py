"""What a run is known by: scenario, parameters, seed and code."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from .. import casts
from ..designs import Design, PlannedRun
from ..provenance import model_code

_KEY_DIGITS = 12


def code_identity(own: casts.Identity | None = None) -> str:
    """The code that makes the numbers: all sources of model and agents, and the kernels with their compiler.

    Args:
        own: what own classes are known by, when there are any; then they are a part of it.
    """
    from ...model._code_version import code_version

    shipped = f"{model_code()}-{code_version()}"
    return shipped if own is None else f"{shipped}-{casts.digest(own)[:_KEY_DIGITS]}"


def own_digest(code: str) -> str:
    """The part of a code that stands for own classes; empty where there were none."""
    return "-".join(code.split("-")[2:])


def run_id(run: PlannedRun, scenario_hash: str, code: str) -> str:
    """Name of a run: its place in the design, and a hash (12 hex digits) of all that its numbers depend on.

    Args:
        run: the run.
        scenario_hash: hash of the design's scenario.
        code: see :func:`code_identity`.
    """
    content = [scenario_hash, sorted(run.overrides.items()), run.seed, code]
    digest = hashlib.sha256(json.dumps(content, separators=(",", ":"), allow_nan=False).encode()).hexdigest()
    return f"p{run.point:05d}-r{run.replication:03d}-{digest[:_KEY_DIGITS]}"


def representatives(runs: Sequence[PlannedRun]) -> list[int]:
    """For every run, the number of the first one with the same parameters and seed.

    Sampled designs over switches and whole numbers visit some points more than once; they are run once.
    """
    first: dict[tuple[str, int], int] = {}
    return [first.setdefault((_text(run.overrides), run.seed), number) for number, run in enumerate(runs)]


def _text(overrides: Mapping[str, Any]) -> str:
    return json.dumps(sorted(overrides.items()), separators=(",", ":"))


def scenario_hash(design: Design) -> str:
    """Hash of the scenario that every run of a design starts from."""
    return design.scenario.content_hash()
