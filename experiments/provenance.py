"""Where a result comes from: versions, code, machine. Nothing here depends on when it is asked."""

import functools
import hashlib
import platform
import subprocess
from dataclasses import dataclass
from pathlib import Path

DISTRIBUTION = "restaking"
LIBRARIES = ("numpy", "numba", "scipy", "mesa", "networkx", "pandas", "pyarrow", "matplotlib")
"""Libraries that the numbers, the files or the figures of a run depend on."""

_HERE = Path(__file__).resolve().parent
_GIT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Provenance:
    """What a table or figure needs to say about its origin; equal runs say the same.

    Attributes:
        scenario: name of the scenario.
        scenario_hash: hash of the resolved scenario (hex).
        seed: seed of the run.
        version: version of the package.
        code: see :func:`model_code`; with a digest of own classes, where there are any.
    """

    scenario: str
    scenario_hash: str
    seed: int
    version: str
    code: str

    def __str__(self) -> str:
        return (
            f"{DISTRIBUTION} {self.version} (code {self.code}), scenario {self.scenario} "
            f"({self.scenario_hash[:8]}), seed {self.seed}"
        )

    def as_metadata(self) -> dict[str, str]:
        """The same as texts, for the metadata of files."""
        return {
            f"{DISTRIBUTION}.{key}": str(value)
            for key, value in (
                ("code", self.code),
                ("scenario", self.scenario),
                ("scenario_hash", self.scenario_hash),
                ("seed", self.seed),
                ("version", self.version),
            )
        }


def package_version() -> str:
    """Version of the installed package."""
    return _installed(DISTRIBUTION) or "unknown (not installed)"


def library_versions() -> dict[str, str]:
    """Versions of Python and of the libraries a run depends on, by name; libraries that are not there are left out."""
    found = {name: _installed(name) for name in LIBRARIES}
    return {"python": platform.python_version(), **{name: version for name, version in found.items() if version}}


def _installed(name: str) -> str | None:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(name)
    except PackageNotFoundError:
        return None


@functools.cache
def model_code() -> str:
    """Hash (12 hex digits) of all Python sources of the model and the agents.

    Two runs of one scenario with the same hash, seed and library versions have the same numbers.
    """
    digest = hashlib.sha256()
    for root in ("agents", "model"):
        folder = _HERE.parent / root
        for source in sorted(folder.rglob("*.py"), key=lambda path: path.relative_to(folder).as_posix()):
            digest.update(f"{root}/{source.relative_to(folder).as_posix()}\0".encode())
            digest.update(source.read_bytes().replace(b"\r\n", b"\n"))
            digest.update(b"\0")
    return digest.hexdigest()[:12]


def platform_name() -> str:
    """Operating system and processor."""
    return f"{platform.system()} {platform.release()} {platform.machine()}"


def processor() -> dict[str, str | list[str]]:
    """The processor that kernels are compiled for, and those of its features that are used.

    Another kind of processor, or another choice of features (``NUMBA_CPU_NAME``, ``NUMBA_CPU_FEATURES``), may round
    differently.
    """
    import os

    from llvmlite import binding

    # What numba reads: it is not imported for this, as whoever hands out the runs of a sweep compiles nothing.
    name, chosen = os.environ.get("NUMBA_CPU_NAME"), os.environ.get("NUMBA_CPU_FEATURES")
    if chosen is None:
        features = [feature for feature, used in binding.get_host_cpu_features().items() if used]
    else:
        features = [feature.removeprefix("+") for feature in chosen.split(",") if feature.startswith("+")]
    return {"name": str(name or binding.get_host_cpu_name()), "features": sorted(features)}


def git_state() -> dict[str, str | bool] | None:
    """Commit of the repository that the package's sources belong to, and whether files differ from it.

    None when the sources are not under version control (an installed package, even inside somebody else's repository)
    or git is not there.
    """
    source = Path(__file__).resolve()
    if _git("ls-files", "--error-unmatch", source.name) is None:
        return None
    commit = _git("rev-parse", "HEAD")
    if commit is None:
        return None
    return {"commit": commit, "modified": bool(_git("status", "--porcelain", "--untracked-files=no"))}


def _git(*arguments: str) -> str | None:
    """Output of git in the package's folder, None when it fails."""
    try:
        done = subprocess.run(
            ["git", "-C", str(_HERE), *arguments],
            capture_output=True,
            text=True,
            timeout=_GIT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
