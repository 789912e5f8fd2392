"""Loops over all stakers take the arrays they need out of the world first.

The world is a tuple of some twenty-five arrays. Handing it to a compiled function, or reading an array out of it,
counts references: 140 ns a time, which a loop over 250,000 rows pays 250,000 times, while what the loop does with a row
takes one or two. So the body of a loop over rows does not mention the world at all. Loops over events (the day's
intentions, orders, paid claims) may hand it on: they move ETH between its arrays, and events are few.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from restaking.model import kernels
from restaking.model.kernels.books import World
from tests.model.kernels.small_world import drawn_world, small_scenario

SOURCES = sorted(Path(kernels.__file__).parent.glob("*.py"))
STAKERS = 103
"""A number of stakers that nothing else in a small world has by chance."""


def row_arrays() -> set[str]:
    """Arrays of the world with one entry per staker, or two (the list of borrowers has room for newcomers)."""
    world = drawn_world(small_scenario(stakers={"count": STAKERS}))
    return {name for name, array in zip(World._fields, world, strict=True) if array.shape[0] in (STAKERS, 2 * STAKERS)}


ROW_ARRAYS = row_arrays()


class RowLoops:
    """The loops over rows in one function, and where their bodies mention the world."""

    def __init__(self, function: ast.FunctionDef) -> None:
        self.function = function
        self.rows = {argument.arg for argument in function.args.args if argument.arg in ROW_ARRAYS}
        self.worlds = {"world"}
        for node in ast.walk(function):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.attr in World._fields:
                self.worlds.add(node.value.id)
        self.counts: set[str] = set()
        self._follow_names()

    def _follow_names(self) -> None:
        """Names that stand for the world, for arrays of rows and for the number of rows."""
        before = -1
        while before != (before := len(self.rows) + len(self.worlds) + len(self.counts)):
            for target, value in self._assignments():
                if isinstance(value, ast.Name) and value.id in self.worlds:
                    self.worlds.add(target)
                if self._is_rows(value):
                    self.rows.add(target)
                if self._counts_rows(value):
                    self.counts.add(target)

    def _assignments(self) -> Iterator[tuple[str, ast.expr]]:
        for node in ast.walk(self.function):
            if not isinstance(node, ast.Assign):
                continue
            for target in node.targets:
                pairs = [(target, node.value)]
                if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                    pairs = list(zip(target.elts, node.value.elts, strict=True))
                yield from ((left.id, right) for left, right in pairs if isinstance(left, ast.Name))

    def _is_rows(self, node: ast.expr) -> bool:
        """Whether an expression is an array of rows, a part of one, or the list of borrowers."""
        if isinstance(node, ast.Name):
            return node.id in self.rows
        if isinstance(node, ast.Attribute):
            return isinstance(node.value, ast.Name) and node.value.id in self.worlds and node.attr in ROW_ARRAYS
        if isinstance(node, ast.Subscript):
            column = isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str)
            return (column or isinstance(node.slice, ast.Slice)) and self._is_rows(node.value)
        if isinstance(node, ast.Call):
            named = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if isinstance(node.func, ast.Attribute) and self._is_rows(node.func.value):
                return True  # a copy of it, or a view
            return named == "rows_with_loans" or (named in ("enumerate", "zip") and any(map(self._is_rows, node.args)))
        return False

    def _counts_rows(self, node: ast.AST) -> bool:
        """Whether an expression contains the number of rows."""
        for part in ast.walk(node):
            if isinstance(part, ast.Name) and part.id in self.counts:
                return True
            if isinstance(part, ast.Attribute) and part.attr == "size" and self._is_rows(part.value):
                return True
            if isinstance(part, ast.Subscript) and isinstance(part.value, ast.Attribute):
                first = isinstance(part.slice, ast.Constant) and part.slice.value == 0
                if part.value.attr == "shape" and first and self._is_rows(part.value.value):
                    return True
            if isinstance(part, ast.Call) and getattr(part.func, "id", "") == "len" and self._is_rows(part.args[0]):
                return True
        return False

    def bodies(self) -> Iterator[ast.AST]:
        """What loops over rows do with each of them."""
        for node in ast.walk(self.function):
            if isinstance(node, ast.For) and self._over_rows(node.iter):
                yield from node.body
            if isinstance(node, ast.While) and self._counts_rows(node.test):
                yield from node.body
            if isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp):
                yield from (node.elt for part in node.generators[:1] if self._over_rows(part.iter))

    def _over_rows(self, iterated: ast.expr) -> bool:
        return self._is_rows(iterated) or self._counts_rows(iterated)

    def offences(self) -> list[int]:
        """Lines on which such a body mentions the world."""
        found = {
            node.lineno
            for body in self.bodies()
            for node in ast.walk(body)
            if isinstance(node, ast.Name) and node.id in self.worlds
        }
        return sorted(found)


def offences(source: str) -> list[tuple[str, int]]:
    """Function and line of every loop over rows in a source that mentions the world in its body."""
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    return [(function.name, line) for function in functions for line in RowLoops(function).offences()]


def test_there_are_arrays_of_rows_and_loops_over_them() -> None:
    assert {"stakers", "debt_shares", "debt_asset", "points", "queue_next", "borrowers"} == ROW_ARRAYS
    looping = {
        node.name
        for source in SOURCES
        for node in ast.walk(ast.parse(source.read_text()))
        if isinstance(node, ast.FunctionDef) and any(RowLoops(node).bodies())
    }
    assert {"stakers_day", "settle_all", "frighten", "survey_loans", "close_orphans", "add_up", "holdings"} <= looping


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_no_loop_over_rows_mentions_the_world(source: Path) -> None:
    assert offences(source.read_text()) == []


SLOW = {
    "a helper": "for row in range(world.stakers.size):\n        total += owed_eth(world, row)",
    "an array": "for row in range(world.debt_shares.size):\n        total += world.debt_shares[row]",
    "a keyword": "for row in range(len(world.stakers)):\n        total += owed(row, world=world)",
    "another name": "w, n = world, world.points.shape[0]\n    for row in range(n):\n        total += owed(w, row)",
    "taken out but handed on": (
        "stakers = world.stakers\n    for row in range(stakers.size):\n        total += owed(world, row)"
    ),
    "borrowers": "for row in rows_with_loans(world.borrowers, world.listed, d):\n        total += owed(world, row)",
    "directly": "for staker in world.stakers:\n        total += worth(world, staker)",
    "a while": "row = 0\n    while row < world.stakers.size:\n        total += owed(world, row)",
    "inside another": (
        "for venue in range(3):\n        for row in range(world.stakers.size):\n            total += owed(world, row)"
    ),
    "a tuple": "for row in range(world.stakers.size):\n        total += owed(*world, row)",
}
FAST = {
    "hoisted": "d = world.debt_shares\n    for row in range(d.size):\n        total += owed(d, row)",
    "venues": "for venue in range(world.venues.size):\n        total += worth(world, venue)",
    "columns": "for k in range(world.points.shape[1]):\n        total += worth(world, k)",
    "events": "for n in range(count):\n        total += carry(world, intentions[n])",
}


@pytest.mark.parametrize("body", SLOW.values(), ids=SLOW)
@pytest.mark.parametrize("name", ["world", "state"])
def test_the_slow_shape_is_found(body: str, name: str) -> None:
    body = body.replace("world=world", "given=world").replace("world", name)
    assert offences(f"def kernel({name}, d, count, intentions):\n    total = 0.0\n    {body}\n    return total")


@pytest.mark.parametrize("body", FAST.values(), ids=FAST)
def test_other_loops_are_left_alone(body: str) -> None:
    assert offences(f"def kernel(world, count, intentions):\n    total = 0.0\n    {body}\n    return total") == []
