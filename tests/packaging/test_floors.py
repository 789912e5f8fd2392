"""The floors of the house, read from the sources: who may import whom.

Ground first: the parts of ``model``, then ``agents``, then ``model.ecosystem``, then ``experiments``; a name needed for
types alone, or late, inside a function, still looks up; only the ecosystem, which is handed to those below, may be
named for its type. No circles: not among modules while they are imported, and not among the parts (``model.scenario``,
``model.state``) whenever it is; types alone make none.
"""

import ast
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import networkx as nx
import pytest

PROJECT = Path(__file__).resolve().parents[2]
ROOTS = ("agents", "model", "experiments")

KERNEL_LIBRARIES = {"numpy", "numba"}
KERNEL_NEIGHBOURS = ("model.kernels", "model._compile", "model.state")


@dataclass(frozen=True)
class Import:
    """One imported module (``model.state``, ``numpy.typing``), and where it is imported."""

    importer: str
    imported: str
    line: int
    typing_only: bool
    late: bool

    def __str__(self) -> str:
        return f"{self.importer}:{self.line} imports {self.imported}"


class House:
    """The modules of the three roots, named without the namespace (``model.state``), and what they import."""

    def __init__(self, root: Path) -> None:
        self.files = {module_name(path, root): path for name in ROOTS for path in sorted((root / name).rglob("*.py"))}
        self.trees = {name: ast.parse(path.read_bytes()) for name, path in self.files.items()}
        self.imports = [found for name in self.files for found in self._imports_of(name)]

    def _imports_of(self, module: str) -> Iterator[Import]:
        hidden = everything_in(typing_blocks(self.trees[module]))
        late = everything_in(functions(self.trees[module]))
        for node in ast.walk(self.trees[module]):
            if not isinstance(node, ast.Import | ast.ImportFrom):
                continue
            for imported in self._targets(module, node):
                yield Import(module, imported, node.lineno, typing_only=id(node) in hidden, late=id(node) in late)

    def _targets(self, module: str, node: ast.Import | ast.ImportFrom) -> Iterable[str]:
        if isinstance(node, ast.Import):
            return [alias.name for alias in node.names]
        base = self._absolute(module, node)
        return {self._provider(base, alias.name) for alias in node.names}

    def _absolute(self, module: str, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        package = module.split(".") if self.files[module].name == "__init__.py" else module.split(".")[:-1]
        parent = package[: len(package) - node.level + 1]
        return ".".join([*parent, *filter(None, [node.module])])

    def _provider(self, base: str, name: str) -> str:
        """The module that ``from base import name`` loads: a sub-module, or the one a lazy package gets it from."""
        submodule = f"{base}.{name}".lstrip(".")
        if submodule in self.files:
            return submodule
        if base in ROOTS and name in self.lazy_exports(base):
            return base + self.lazy_exports(base)[name]
        return base

    def lazy_exports(self, root: str) -> dict[str, str]:
        """The table of names of a root package, without importing it."""
        for node in ast.walk(self.trees[root]):
            if isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == ["_EXPORTS"]:
                return ast.literal_eval(node.value)
        raise AssertionError(f"{root}/__init__.py has no _EXPORTS")


def module_name(path: Path, root: Path) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def typing_blocks(tree: ast.AST) -> Iterator[ast.stmt]:
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}:
            yield from node.body


def functions(tree: ast.AST) -> Iterator[ast.stmt]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def everything_in(statements: Iterable[ast.stmt]) -> set[int]:
    return {id(inner) for node in statements for inner in ast.walk(node)}


def within(module: str, *packages: str) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def parts_of_model_look_up(found: Import) -> bool:
    if not within(found.importer, "model") or found.importer == "model.ecosystem":
        return False
    # The package's front door names the day; parts that are given the ecosystem say so to type checkers.
    return within(found.imported, "agents", "mesa") or (
        found.imported == "model.ecosystem" and found.importer != "model" and not found.typing_only
    )


def anything_looks_up_to_experiments(found: Import) -> bool:
    return within(found.importer, "model", "agents") and within(found.imported, "experiments")


def agents_look_up_to_the_ecosystem(found: Import) -> bool:
    return within(found.importer, "agents") and found.imported == "model.ecosystem" and not found.typing_only


def kernels_reach_out(found: Import) -> bool:
    if not within(found.importer, "model.kernels") or within(found.imported, *KERNEL_NEIGHBOURS):
        return False
    top = found.imported.partition(".")[0]
    return top not in KERNEL_LIBRARIES and top not in sys.stdlib_module_names


def own_code_by_absolute_name(found: Import) -> bool:
    return within(found.imported, "restaking")


RULES = [
    parts_of_model_look_up,
    anything_looks_up_to_experiments,
    agents_look_up_to_the_ecosystem,
    kernels_reach_out,
    own_code_by_absolute_name,
]


def part_of(module: str) -> str:
    return ".".join(module.split(".")[:2])


def circles(edges: Iterable[tuple[str, str]]) -> list[list[str]]:
    graph = nx.DiGraph((start, end) for start, end in edges if start != end)
    return [sorted(ring) for ring in nx.strongly_connected_components(graph) if len(ring) > 1]


def module_circles(house: "House") -> list[list[str]]:
    return circles(
        (found.importer, found.imported) for found in house.imports if not found.typing_only and not found.late
    )


def part_circles(house: "House") -> list[list[str]]:
    return circles(
        (part_of(found.importer), part_of(found.imported)) for found in house.imports if not found.typing_only
    )


@pytest.fixture(scope="module")
def house() -> House:
    return House(PROJECT)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_floors(house, rule):
    assert [str(found) for found in house.imports if rule(found)] == []


def test_no_circles(house):
    assert module_circles(house) == []
    assert part_circles(house) == []


def test_the_reader_of_imports_reads(house):
    """The rules would hold for an empty list too."""
    assert {root for root in ROOTS if any(found.importer.startswith(root) for found in house.imports)} == set(ROOTS)
    assert any(found.imported == "model.state" for found in house.imports)


FORBIDDEN = {
    "a part of the model calls an agent": ("model/parts.py", "from ..agents.staker import Staker"),
    "the same, late": ("model/parts.py", "def day():\n    from .. import agents"),
    "the front door calls an agent": ("model/__init__.py", "_EXPORTS = {}\nfrom ..agents import Staker"),
    "a part calls an agent for its type": (
        "model/parts.py",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from ..agents import Staker",
    ),
    "a part of the model builds on Mesa": ("model/parts.py", "import mesa.agent"),
    "a part of the model calls the day": ("model/parts.py", "from . import RestakingEcosystem"),
    "an agent calls the day": ("agents/staker.py", "from ..model.ecosystem import RestakingEcosystem"),
    "an agent calls the day by the front door": ("agents/staker.py", "from ..model import RestakingEcosystem"),
    "an agent calls an experiment": ("agents/staker.py", "from ..experiments.run import run_scenario"),
    "a kernel calls a library": ("model/kernels/loops.py", "from scipy.special import expit"),
    "a kernel calls an upper floor": ("model/kernels/loops.py", "from ..parts import price"),
    "an absolute name": ("agents/staker.py", "import restaking.model.state"),
}


@pytest.mark.parametrize(("path", "source"), FORBIDDEN.values(), ids=FORBIDDEN)
def test_each_breach_is_found(tmp_path, path, source):
    small_house(tmp_path, {path: source})
    assert [found for found in House(tmp_path).imports for rule in RULES if rule(found)]


@pytest.mark.parametrize("path", ["model/parts.py", "agents/staker.py"])
def test_who_is_given_the_ecosystem_may_name_its_type(tmp_path, path):
    dots = "." if path.startswith("model") else "..model."
    source = f"from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from {dots}ecosystem import RestakingEcosystem"
    small_house(tmp_path, {path: source})
    assert not [found for found in House(tmp_path).imports for rule in RULES if rule(found)]


RING = [["model.kernels.loops", "model.parts", "model.state"]]
RING_OF_PARTS = [["model.kernels", "model.parts", "model.state"]]


@pytest.mark.parametrize(
    ("late", "modules", "parts"),
    [
        ("", RING, RING_OF_PARTS),
        ("def later():\n    ", [], RING_OF_PARTS),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    ", [], []),
    ],
    ids=["at once", "late", "for types"],
)
def test_circles_are_found(tmp_path, late, modules, parts):
    small_house(tmp_path, {"model/state.py": f"{late}from .parts import price"})
    house = House(tmp_path)
    assert module_circles(house) == modules
    assert part_circles(house) == parts


def test_a_part_may_turn_late_inside_itself(tmp_path):
    small_house(
        tmp_path,
        {
            "model/scenario/__init__.py": "from .scenario import Scenario",
            "model/scenario/scenario.py": "def load():\n    from .loading import load",
            "model/scenario/loading.py": "from .scenario import Scenario",
        },
    )
    assert module_circles(House(tmp_path)) == part_circles(House(tmp_path)) == []


def small_house(root: Path, changes: dict[str, str]) -> None:
    sources = {
        "agents/__init__.py": "_EXPORTS = {'Staker': '.staker'}",
        "agents/staker.py": "import mesa\nfrom ..model.state import STAKER",
        "experiments/__init__.py": "_EXPORTS = {'run_scenario': '.run'}",
        "experiments/run.py": "from ..model import RestakingEcosystem",
        "model/__init__.py": "_EXPORTS = {'RestakingEcosystem': '.ecosystem'}",
        "model/ecosystem.py": "import mesa\nfrom ..agents import Staker\nfrom . import parts",
        "model/parts.py": "import scipy\nfrom .kernels import loops\nfrom .state import STAKER",
        "model/state.py": "import numpy as np",
        "model/kernels/__init__.py": "",
        "model/kernels/loops.py": "import math\nimport numpy as np\nfrom ..state import STAKER",
    }
    for path, source in (sources | changes).items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(source)


def test_the_small_house_stands(tmp_path):
    """So that each breach above is the only one."""
    small_house(tmp_path, {})
    house = House(tmp_path)
    assert [str(found) for found in house.imports for rule in RULES if rule(found)] == []
    assert module_circles(house) == part_circles(house) == []
