"""Gains from splitting a large operator, over the size of the network and the difference between its blocks.

The networks are those of :class:`~restaking.model.security.sybil.TwoBlocks`; the operator that may split is the first
large one of the block that conspires. Gains are shares of its own stake. Up to ``SMALL`` a gain counts as about zero,
above it as positive; the same for all rules, kinds of attack and networks, and set before anything was run.
"""

from typing import TYPE_CHECKING, Any

from ....model.randomness import SeedTree
from ....model.security.sybil import (
    Rule,
    TwoBlocks,
    gain_with_both_in,
    gain_with_half_in,
    gain_with_one_in,
    group_of,
)
from ..experiment import Check, Level, Outcome, Parameters

if TYPE_CHECKING:
    import pandas as pd

_CHITRA = "Chitra, Penna, Schneider (2025), abstract"
_OURS = "slashing by stake as defined here"
AT_LEAST = 59 / 60
SMALL = 0.05
"""Gain as a share of the operator's stake that counts as about zero."""
NOTHING = 1e-9
KINDS = {"one": gain_with_one_in, "half": gain_with_half_in, "both": gain_with_both_in}
"""Kinds of attack: one identity attacks (it as small as the attack allows, or half), both halves attack."""


def run(parameters: Parameters) -> Outcome:
    """Compare; all randomness from ``parameters["seed"]``."""
    import pandas as pd

    seeds = range(int(parameters["seed"]), int(parameters["seed"]) + int(parameters["seeds"]))
    table = pd.DataFrame([_measure(seed, *case, parameters) for seed in seeds for case in _cases(parameters)])
    return Outcome(tuple(_checks(table)), {"gains": table})


def _cases(parameters: Parameters) -> list[tuple[int, float]]:
    """Sizes and heterogeneities: the least and the most at every size, all of them at the largest."""
    sizes = [int(size) for size in parameters["sizes"]]
    grid = [float(value) for value in parameters["heterogeneity"]]
    return [(size, value) for size in sizes for value in grid if size == max(sizes) or value in (min(grid), max(grid))]


def _measure(seed: int, operators: int, heterogeneity: float, parameters: Parameters) -> dict[str, Any]:
    blocks = TwoBlocks(
        operators,
        int(parameters["services"]),
        float(parameters["density"]),
        heterogeneity,
        float(parameters["threshold"]),
        float(parameters["large"]),
    )
    network, coalition = blocks.draw(SeedTree(seed).generator(f"published.sybil.{operators}"))
    group = group_of(network, coalition, 0)
    gains = {f"{rule}_{kind}": gain(group, rule) for rule in Rule for kind, gain in KINDS.items()}
    return {
        "seed": seed,
        "operators": operators,
        "heterogeneity": heterogeneity,
        "attackers": int(coalition.sum()),
        "group": 1 + int(group.others.size),
        "surplus_over_stake": group.surplus / group.stake,
        "slashed_marginal": group.slashed(Rule.MARGINAL) / group.stake,
        "slashed_multiplicative": group.slashed(Rule.MULTIPLICATIVE) / group.stake,
        **gains,
    }


def _checks(table: "pd.DataFrame") -> list[Check]:
    largest, most = int(table["operators"].max()), float(table["heterogeneity"].max())
    at_largest = table[table["operators"] == largest]
    even, uneven = (at_largest[at_largest["heterogeneity"] == value] for value in (0.0, most))
    every = [f"{rule}_{kind}" for rule in Rule for kind in KINDS]

    def seeds(name: str, statement: str, held: "pd.Series[bool]", where: str = _CHITRA) -> Check:
        return Check.share_of_seeds(name, statement, int(held.sum()), len(held), at_least=AT_LEAST, where=where)

    block = f"block model, heterogeneity {most:g}"
    pays = f"gain above {SMALL:g} of the stake"
    best = uneven[[f"{Rule.MARGINAL}_one", f"{Rule.MARGINAL}_both"]]
    return [
        seeds(
            f"Erdos-Renyi, {largest} operators: no split pays, of either kind, under either rule",
            f"gain at most {SMALL:g} of the stake",
            (even[every] <= SMALL).all(axis=1),
        ),
        _falling(table),
        seeds(f"{block}: under marginal slashing one of two identities attacks", pays, best.iloc[:, 0] > SMALL),
        seeds(f"{block}: under marginal slashing both identities attack", pays, best.iloc[:, 1] > SMALL),
        seeds(
            f"{block}: under multiplicative slashing one of two identities attacks",
            pays,
            uneven[f"{Rule.MULTIPLICATIVE}_one"] > SMALL,
        ),
        seeds(
            "under multiplicative slashing two attacking identities lose what one loses",
            "no gain",
            at_largest.groupby("seed")[f"{Rule.MULTIPLICATIVE}_both"].agg(lambda gains: gains.abs().max()) <= NOTHING,
            _OURS,
        ),
        seeds(
            f"{block}: neither rule stops both kinds",
            "each rule lets one kind pay",
            _some_kind(uneven, Rule.MARGINAL) & _some_kind(uneven, Rule.MULTIPLICATIVE),
        ),
        seeds(
            "the more the blocks differ, the more the best split gains",
            "rises",
            at_largest.sort_values("heterogeneity")
            .groupby("seed")[f"{Rule.MARGINAL}_one"]
            .agg(lambda gains: bool((gains.diff().dropna() > 0.0).all())),
        ),
    ]


def _some_kind(table: "pd.DataFrame", rule: Rule) -> "pd.Series[bool]":
    return (table[[f"{rule}_one", f"{rule}_both"]] > SMALL).any(axis=1)


def _falling(table: "pd.DataFrame") -> Check:
    """The mean of the best gain on Erdos-Renyi graphs falls from each size to the next."""
    even = table[table["heterogeneity"] == 0.0]
    best = even[[f"{rule}_{kind}" for rule in Rule for kind in KINDS]].max(axis=1)
    means = best.groupby(even["operators"]).mean()
    return Check(
        "Erdos-Renyi: mean of the best gain over the seeds, by size",
        "goes to zero as the network grows",
        ", ".join(f"{value:.3f}" for value in means),
        "falls from each size to the next",
        bool((means.diff().dropna() < 0.0).all()),
        Level.REL,
        _CHITRA,
    )
