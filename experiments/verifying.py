"""Runs and sweeps against their manifests and against a second try."""

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import casts, store
from .folders import files, folder, manifest
from .folders.errors import FolderError
from .forking import replay
from .verdict import Verdict

if TYPE_CHECKING:
    from ..agents.cast import Cast


def kind_of(path: Path) -> str:
    """Whether a folder is that of a ``run`` or of a ``sweep``.

    Raises:
        FolderError: it is neither.
    """
    from .runner import folder as sweeps

    if not path.is_dir():
        raise FolderError(f"there is no folder {path}")
    kind, _ = manifest.kind_and_format(path)
    if kind in (store.KIND, sweeps.KIND):
        return str(kind)
    if (path / manifest.NAME).is_file() and kind is None:
        raise FolderError(f"{path / manifest.NAME} cannot be read: it does not say what the folder is")
    raise FolderError(f"{path} is neither the folder of a run nor of a sweep")


def verify_folder(
    path: str | Path,
    *,
    sample: int = 10,
    seed: int = 1,
    tell: Callable[[int, int], None] = lambda done, total: None,
    agents: "Cast | Mapping[str, type] | None" = None,
    model: casts.Maker | None = None,
) -> Verdict:
    """Compare the files of a run or a sweep with its manifest, make runs again, and compare them bit for bit.

    Args:
        path: the folder.
        sample: number of a sweep's runs to make again; all when there are fewer; 0 makes nothing again.
        seed: picks them.
        tell: called with the runs checked and their number.
        agents: the classes of its agents, when they were not the shipped ones.
        model: the maker of its models, when it was not the shipped one.

    Raises:
        FolderError: it cannot be read.
        CastError: classes or maker are not those that it was made with.
    """
    path = Path(path)
    if kind_of(path) == store.KIND:
        return _verify_run(path, sample > 0, tell, agents, model)
    from .results import load_results
    from .runner.verifying import verify

    return verify(load_results(path), sample=sample, seed=seed, tell=tell, agents=agents, model=model)


def _verify_run(
    path: Path,
    make_again: bool,
    tell: Callable[[int, int], None],
    agents: "Cast | Mapping[str, type] | None",
    model: casts.Maker | None,
) -> Verdict:
    there = folder.read(path, store.LAYOUT)
    if make_again or casts.given(agents, model):
        casts.same(there, agents, str(path), model)
    verdict = Verdict(notes=code_notes(there))
    verdict.problems += manifest.problems(path, there).values()
    if verdict.problems and make_again:
        verdict.notes.append(f"the run was not made again: restaking repair {path} makes the files whole first")
    if verdict.problems or not make_again:
        return verdict
    run = store.load_run(path)
    for name, digest in made_again(run, agents=agents, model=model).items():
        if digest != manifest.listed(there).get(name):
            verdict.problems.append(f"{name} differs from that of the run made again")
    verdict.checked.append(f"{there['scenario']}-seed{there['seed']}")
    tell(1, 1)
    return verdict


def code_notes(there: Mapping[str, Any]) -> list[str]:
    """What explains other numbers: other code, another version of the package, other libraries."""
    now = store.code()
    if there.get("code") == now:
        return []
    return [f"made with code {_joined(there.get('code'))}; this is code {_joined(now)}, so numbers may differ"]


def _joined(code: Any) -> str:
    return "-".join(map(str, code.values())) if isinstance(code, Mapping) else str(code)


def made_again(
    run: store.Run,
    into: Path | None = None,
    agents: "Cast | Mapping[str, type] | None" = None,
    model: casts.Maker | None = None,
) -> dict[str, str]:
    """SHA-256 of every file of a run made once more, by name.

    Args:
        run: the run.
        into: folder to write the files to; they are thrown away when None.
        agents: the classes of its agents, when they were not the shipped ones.
        model: the maker of its model, when it was not the shipped one.

    Raises:
        CastError: they are not those that the run was made with.
    """
    with (
        replay(run, agents=agents, model=model) as ecosystem,
        tempfile.TemporaryDirectory(prefix="restaking-verify-") as scratch,
    ):
        target = into or Path(scratch)
        # The summary names the folder of the run, as the first time.
        store.write_files(store.run_in_memory(ecosystem), target)
        return {file.name: files.sha256(file) for file in sorted(target.iterdir()) if file.is_file()}
