"""A failed run as a file that runs it again, anywhere."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import casts
from ..folders import files
from ..folders.errors import FolderError
from ..provenance import package_version
from .errors import SweepFolderError
from .identity import code_identity
from .task import Job, Record, Task, make_one

if TYPE_CHECKING:
    from ...agents.cast import Cast
    from ...model.scenario import Scenario
    from .folder import SweepFolder

KIND = "capsule"
FORMAT = 1


def write_failure(folder: "SweepFolder", record: Record) -> None:
    """Write traceback and capsule of a failed run into ``failures/``.

    Raises:
        OSError: they could not be written.
    """
    from ..designs.design import without_nulls
    from ..folders.folder import subfolder
    from .folder import FAILURES, LAYOUT

    design, runs = folder.ordering.design, folder.ordering.runs
    target = subfolder(folder.path, FAILURES, LAYOUT)
    for number, name in folder.capsule_names(record):
        run = runs[number]
        files.write_bytes(target / f"{name}.txt", (record.traceback or f"{record.error}\n").encode())
        scenario = design.scenario.with_overrides(run.overrides).with_overrides({"seed": run.seed})
        content = {
            "format": FORMAT,
            "kind": KIND,
            "run_id": name,
            "design": design.name,
            "point": run.point,
            "replication": run.replication,
            "seed": run.seed,
            "overrides": without_nulls(run.overrides),
            "error": record.error,
            "code": record.code,
            "cast": folder.own,
            "version": package_version(),
            "scenario": without_nulls(scenario.to_dict()),
        }
        files.write_json(target / f"{name}.json", content)


@dataclass(frozen=True)
class Capsule:
    """A run to make again.

    Attributes:
        run_id: its name.
        scenario: the resolved scenario, seed included.
        code: the code that it was made with.
        error: what had gone wrong.
        cast: what own classes were known by; None when there were none.
    """

    run_id: str
    scenario: "Scenario"
    code: str
    error: str
    cast: casts.Identity | None = None

    @property
    def same_code(self) -> bool:
        """Whether this code is the one that the run was made with."""
        return self.code == code_identity(self.cast)


def read_capsule(path: str | Path) -> Capsule:
    """Read a capsule.

    Raises:
        SweepFolderError: the file is not a capsule.
        ScenarioError: its scenario is not valid (any more).
    """
    from ...model.scenario.loading import read_resolved

    path = Path(path)
    if path.is_dir():
        raise SweepFolderError(f"{path} is a folder; give one of the capsules in its failures/ (*.json)")
    if not path.is_file():
        raise SweepFolderError(f"{path}: there is no such file{_listed(path.parent)}")
    content = _capsule_content(path)
    scenario = read_resolved(content["scenario"], str(path))
    return Capsule(
        str(content["run_id"]),
        scenario,
        str(content.get("code", "")),
        str(content.get("error", "")),
        content.get("cast"),
    )


def _capsule_content(path: Path) -> dict[str, Any]:
    try:
        content = files.read_json(path)
    except FolderError as error:
        raise SweepFolderError(str(error)) from error
    if content.get("kind") != KIND or not isinstance(content.get("scenario"), dict) or "run_id" not in content:
        raise SweepFolderError(f"{path} is not a capsule (failures/*.json of a sweep)")
    if content.get("format") != FORMAT:
        raise SweepFolderError(f"{path} has format {content.get('format')!r}; this version reads format {FORMAT}")
    return content


def _listed(folder: Path) -> str:
    names = sorted(path.name for path in folder.glob("*.json"))[:3] if folder.is_dir() else []
    return f"; capsules there: {', '.join(names)}" if names else ""


def replay(
    capsule: Capsule,
    agents: "Cast | Mapping[str, type] | None" = None,
    model: casts.Maker | None = None,
) -> Record:
    """Make the run of a capsule again, in this process.

    Args:
        capsule: the capsule.
        agents: the classes of its agents, when they were not the shipped ones.
        model: the maker of its model, when it was not the shipped one.

    Returns:
        The record: ``done`` with the summary, or ``failed`` with error and traceback.

    Raises:
        CastError: classes or maker are not those that the run was made with.
    """
    cast = casts.same({"cast": capsule.cast}, agents, capsule.run_id, model)
    own = casts.Packed.of(cast, model)
    job = Job(capsule.scenario, code_identity(casts.identity_with(cast, model)), series=False, own=own)
    return make_one(job, Task(0, capsule.scenario.seed, {}))[0]
