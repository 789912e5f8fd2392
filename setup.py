"""Where the packages are; everything else about the distribution stands in pyproject.toml.

The folder front_door/ is installed as the package `restaking`, the folders agents/, model/ and experiments/ inside it.
Their sub-packages are found, not listed: a list in pyproject.toml would go stale with the first folder that is added.

An editable installation of folders with other names than their packages is an import hook, which runs but which no
editor and no type checker can follow. So it gets a tree of links with the packages' names, `.links`, and a path file
that names it, which all of them read. Where links cannot be made (Windows without the right to), it is the hook.
"""

import os
import sys
from pathlib import Path

from setuptools import find_namespace_packages, setup
from setuptools.command.editable_wheel import editable_wheel

NAMESPACE, FRONT_DOOR = "restaking", "front_door"
ROOTS = ("agents", "model", "experiments")
LINKS = ".links"
# Folders of data (model/scenarios) have no __init__.py; to setuptools they are packages too.
DATA = ["py.typed", "*.toml", "*.csv", "*.json", "*.html", "*.css", "*.js", "*.mplstyle"]


def packages() -> list[str]:
    """Dotted names of the front door and of every package of the three roots."""
    found = [NAMESPACE]
    for root in ROOTS:
        below = find_namespace_packages(root, exclude=["*__pycache__*"])
        found += [f"{NAMESPACE}.{root}", *(f"{NAMESPACE}.{root}.{package}" for package in below)]
    return found


def lay_links() -> bool:
    """Lay the tree of links; returns whether it stands."""
    project = Path(__file__).resolve().parent
    tree = project / LINKS / NAMESPACE
    front = [path.name for path in (project / FRONT_DOOR).iterdir() if path.is_file()]
    wanted = {**{root: root for root in ROOTS}, **{name: f"{FRONT_DOOR}/{name}" for name in front}}
    try:
        tree.mkdir(parents=True, exist_ok=True)
        for link in tree.iterdir():
            if link.is_symlink():
                link.unlink()
        for name, target in wanted.items():
            os.symlink(Path("..", "..", target), tree / name, target_is_directory=name in ROOTS)
    except OSError as error:
        print(f"no links ({error}): editors will not resolve the packages, Python will", file=sys.stderr)
        return False
    return True


class EditableByLinks(editable_wheel):
    """An editable installation through the tree of links."""

    def finalize_options(self) -> None:
        """Put the tree in the place of the mapping."""
        if lay_links():
            self.distribution.package_dir = {"": LINKS}
        super().finalize_options()


setup(
    packages=packages(),
    package_dir={NAMESPACE: FRONT_DOOR, **{f"{NAMESPACE}.{root}": root for root in ROOTS}},
    package_data={"": DATA},
    cmdclass={"editable_wheel": EditableByLinks},
)
