"""Where a result comes from: versions, commit, code hash."""

import platform
import subprocess
from pathlib import Path

PACKAGES = ("mesa", "numpy", "numba", "pandas", "pyarrow")


def package_version() -> str:
    """Version of the installed package, ``unknown`` when it is not installed."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("restaking")
    except PackageNotFoundError:
        return "unknown"


def commit() -> str | None:
    """Commit of the checkout that the code runs from, with ``+`` when it has local changes; None outside git."""
    here = Path(__file__).resolve().parent

    def git(*words: str) -> str | None:
        try:
            answer = subprocess.run(["git", *words], cwd=here, capture_output=True, text=True, timeout=10, check=False)
        except (OSError, subprocess.TimeoutExpired):
            return None
        return answer.stdout.strip() if answer.returncode == 0 else None

    revision = git("rev-parse", "--short=12", "HEAD")
    if not revision:
        return None
    return revision + ("+" if git("status", "--porcelain", "--untracked-files=no") else "")


def environment() -> dict[str, str]:
    """Versions that a result depends on."""
    from importlib.metadata import version

    found = {"python": platform.python_version(), "platform": platform.platform()}
    return found | {name: version(name) for name in PACKAGES}
