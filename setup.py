"""Where the packages are; everything else about the distribution stands in pyproject.toml.

The folders agents/, model/ and experiments/ are installed inside the namespace package `restaking`. Their
sub-packages are found, not listed: a list in pyproject.toml would go stale with the first folder that is added.
"""

from setuptools import find_namespace_packages, setup

NAMESPACE = "restaking"
ROOTS = ("agents", "model", "experiments")
# Folders of data (model/scenarios) have no __init__.py; to setuptools they are packages too.
DATA = ["py.typed", "*.toml", "*.csv", "*.json", "*.html", "*.css", "*.js", "*.mplstyle"]


def packages() -> list[str]:
    """Dotted names of every package of the three roots."""
    found = []
    for root in ROOTS:
        below = find_namespace_packages(root, exclude=["*__pycache__*"])
        found += [f"{NAMESPACE}.{root}", *(f"{NAMESPACE}.{root}.{package}" for package in below)]
    return found


setup(
    packages=packages(),
    package_dir={f"{NAMESPACE}.{root}": root for root in ROOTS},
    package_data={"": DATA},
)
