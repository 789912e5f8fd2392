"""The economies of the public engine, with agents of our own, and the formulas in closed form.

Economies of the same size share their populations and orders of moves, seed by seed, so that they differ by what
their name says alone.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from ....model import pools as model
from ....model.concentration import nakamoto
from ....model.randomness import SeedTree
from ..experiment import Check, Level, Outcome, Parameters
from ..tables import rows
from .economies import (
    BASE,
    DEAR,
    DEFAULT_COSTS,
    ECONOMIES,
    ENGINE,
    FLAT,
    FREE,
    SINGLE,
    VARIANT,
    VECTORS,
    Economy,
    Seed42,
)

if TYPE_CHECKING:
    import pandas as pd

_PAPER = "Brünjes, Kiayias, Koutsoupias, Stouka (2020)"
MORE_POOLS, FEWER_OPERATORS, NAKAMOTO_OFF = 1.03, 0.9, 0.15
"""Tolerances: pools above k, operators below k, Nakamoto coefficient off k/2."""
MARGIN_OFF = 5e-4
WAR_ENDS = (0.98, 1.001)
"""Where the lowest appeal of a pool lies, over what the best agent outside the first k could offer."""
MEASURES = ("pools", "operators", "nakamoto", "nakamoto_strict", "pledged", "margin", "rounds")


def run(parameters: Parameters) -> Outcome:
    """Compare; all randomness from ``parameters["seed"]``."""
    import pandas as pd

    runs, margins = [], []
    for economy in ECONOMIES:
        for seed in _seeds(economy, parameters):
            agents, outcome = _play(economy, seed, parameters)
            runs.append(_measured(economy, seed, agents, outcome))
            if economy.name in (BASE, FLAT, SINGLE):
                margins += list(_margins(economy, seed, agents, outcome))
    table, at_rest = pd.DataFrame(runs), pd.DataFrame(margins)
    economies = _beside(table)
    replayed = _seed_42(parameters)
    checks = [
        *_formulas(parameters),
        *_closed_form(at_rest),
        *_base(table),
        *_orders(replayed),
        *_docked(economies, parameters),
        *_weaker(table),
    ]
    return Outcome(tuple(checks), {"economies": economies, "runs": table, "margins": at_rest, "seed_42": replayed})


# ---------------------------------------------------------------------------------------------------------------- runs


def _seeds(economy: Economy, parameters: Parameters) -> range:
    which = "seeds" if economy.main else "seeds_of_large" if economy.large else "seeds_of_variants"
    first = int(parameters["seed"])
    return range(first, first + int(parameters[which]))


def _scheme(economy: Economy, parameters: Parameters) -> model.Scheme:
    return model.Scheme(
        economy.target,
        economy.influence,
        economy.extra_cost,
        calm=int(parameters["calm"]),
        thorough=economy.thorough,
    )


def _play(economy: Economy, seed: int, parameters: Parameters) -> tuple[model.Agents, model.Outcome]:
    tree, place = SeedTree(seed), f"published.pools.{economy.agents}"
    low, high = DEFAULT_COSTS
    agents = model.draw_agents(
        economy.agents,
        tree.generator(f"{place}.stakes"),
        tree.generator(f"{place}.costs"),
        shape=None if economy.flat else 2.0,
        cost_range=(economy.dearness * low, economy.dearness * high),
        myopic=economy.myopic,
    )
    order = tree.generator(f"{place}.order")
    return agents, model.play(_scheme(economy, parameters), agents, order, economy.rounds)


def _measured(economy: Economy, seed: int, agents: model.Agents, outcome: model.Outcome) -> dict[str, Any]:
    return {
        "economy": economy.name,
        "seed": seed,
        "largest_holder": float(agents.stakes.max()),
        "converged": outcome.converged,
        "pools": outcome.pools,
        "operators": outcome.operators,
        "nakamoto": outcome.nakamoto(),
        "nakamoto_strict": outcome.nakamoto(strictly=True),
        "pledged": outcome.pledged,
        "margin": outcome.median_margin,
        "rounds": outcome.rounds,
        "war_ends": float(outcome.appeal.min()) / _next_best(economy, agents),
    }


def _next_best(economy: Economy, agents: model.Agents) -> float:
    """Profit of a saturated pool of the best agent outside the first k."""
    scheme = model.Scheme(economy.target, economy.influence)
    profits = [scheme.potential_profit(stake, cost) for stake, cost in zip(agents.stakes, agents.costs, strict=True)]
    return float(np.sort(profits)[-economy.target - 1])


def _margins(economy: Economy, seed: int, agents: model.Agents, outcome: model.Outcome) -> Iterator[dict[str, Any]]:
    """Margin of every pool beside the closed form for its operator."""
    closed = model.Scheme(economy.target, economy.influence).rent_margins(agents.stakes, agents.costs)
    for owner, margin in zip(outcome.owner, outcome.margin, strict=True):
        yield {
            "economy": economy.name,
            "seed": seed,
            "agent": int(owner),
            "margin": float(margin),
            "closed_form": float(closed[owner]),
        }


def _seed_42(parameters: Parameters) -> "pd.DataFrame":
    """The engine's own population of seed 42, in as many orders of moves as there are seeds."""
    import pandas as pd

    base = next(economy for economy in ECONOMIES if economy.name == BASE)
    agents = model.draw_agents(
        base.agents, np.random.default_rng(Seed42.seed), np.random.default_rng(Seed42.seed), cost_range=DEFAULT_COSTS
    )
    scheme = _scheme(base, parameters)
    found = []
    for seed in _seeds(base, parameters):
        order = SeedTree(seed).generator("published.pools.seed-42.order")
        found.append(_measured(base, seed, agents, model.play(scheme, agents, order, base.rounds)))
    return pd.DataFrame(found)


def _beside(table: "pd.DataFrame") -> "pd.DataFrame":
    """A row for each economy that was run: mean, least and most here, and what the engine gave."""
    import pandas as pd

    found = []
    for economy in ECONOMIES:
        part = table[table["economy"] == economy.name]
        if part.empty:
            continue
        row: dict[str, Any] = {
            "economy": economy.name,
            "agents": economy.agents,
            "target": economy.target,
            "seeds": len(part),
            "converged": int(part["converged"].sum()),
        }
        for measure in MEASURES:
            row |= {
                measure: float(part[measure].mean()),
                f"{measure}_least": float(part[measure].min()),
                f"{measure}_most": float(part[measure].max()),
            }
        found.append(row | _of_the_engine(economy))
    return pd.DataFrame(found)


def _of_the_engine(economy: Economy) -> dict[str, Any]:
    engine = economy.engine
    if engine is None:
        return {}
    row: dict[str, Any] = {"engine_seeds": engine.seeds, "engine_converged": engine.converged}
    for measure in ("pools", "operators", "nakamoto"):
        low, high = getattr(engine, measure)
        row |= {f"engine_{measure}_least": low, f"engine_{measure}_most": high}
    return row | {"engine_pledged": engine.pledged, "engine_margin": engine.margin, "engine_rounds": engine.rounds}


# -------------------------------------------------------------------------------------------------------------- checks


def _formulas(parameters: Parameters) -> Iterator[Check]:
    scheme = model.Scheme(10, 0.3)
    for stake, pledge, published in VECTORS:
        name = f"reward of a pool with stake {stake:g}, pledge {pledge:g}"
        yield Check.number(
            name,
            published,
            scheme.reward(stake, pledge),
            relative=0.0,
            absolute=5e-9,
            where=f"{_PAPER}, reward function",
        )
    stakes = 1.0 + np.random.default_rng(Seed42.seed).pareto(2.0, 100)
    stakes /= stakes.sum()
    where = f"{ENGINE}, initial state of seed 42"
    for name, value, measured in (
        ("largest", Seed42.largest, stakes.max()),
        ("smallest", Seed42.smallest, stakes.min()),
        ("median", Seed42.median, np.median(stakes)),
    ):
        yield Check.number(f"seed 42: {name} stake", value, float(measured), relative=0.0, absolute=5e-9, where=where)
    yield Check.exact("seed 42: holders of half of the stake", Seed42.prior, nakamoto(stakes, 0.5), where=where)


def _closed_form(margins: "pd.DataFrame") -> Iterator[Check]:
    for name, published in ((FLAT, "the closed form (engine: 2.5e-4)"), (SINGLE, "the closed form")):
        part = margins[margins["economy"] == name]
        off, largest = float((part["margin"] - part["closed_form"]).abs().max()), float(part["closed_form"].max())
        yield Check(
            f"{name}: margins against 1 - P(k+1)/P(j), largest difference",
            published,
            f"{off:.2g} (margins up to {largest:.2g})",
            f"at most {MARGIN_OFF:g}",
            off <= MARGIN_OFF,
            Level.NUM,
            f"{_PAPER}, equilibrium",
        )


def _base(table: "pd.DataFrame") -> Iterator[Check]:
    base, flat = (table[table["economy"] == name] for name in (BASE, FLAT))
    k, seeds = 10, len(base)
    over = f"mean of {seeds} seeds"
    yield Check.exact(f"{BASE}: runs that come to rest", f"{seeds} of {seeds}", _of(base["converged"]), where=ENGINE)
    for name, rule, measure, low, high, published in (
        ("pools", f"within [k, {MORE_POOLS:g} k]", "pools", k, MORE_POOLS * k, "10.2, k = 10"),
        ("operators", f"at least {FEWER_OPERATORS:g} k", "operators", FEWER_OPERATORS * k, np.inf, "9-10"),
        (
            "operators that hold half (Nakamoto)",
            f"within {NAKAMOTO_OFF:.0%} of k/2",
            "nakamoto",
            (1.0 - NAKAMOTO_OFF) * k / 2,
            (1.0 + NAKAMOTO_OFF) * k / 2,
            "5.2, k/2 = 5",
        ),
    ):
        mean = float(base[measure].mean())
        yield Check(f"{BASE}: {name}, {over}", published, mean, rule, low <= mean <= high, Level.DIST, ENGINE)
    for name, always, measure in (("pools", 10, "pools"), ("operators that hold half", 5, "nakamoto")):
        values = flat[measure]
        yield Check(
            f"{FLAT}: {name}, always",
            always,
            f"{values.min()} to {values.max()}",
            "equal in every seed",
            bool((values == always).all()),
            Level.DIST,
            ENGINE,
        )
    ends = base["war_ends"].between(*WAR_ENDS)
    yield Check.share_of_seeds(
        f"{BASE}: the least that a pool leaves, over what the next best agent could",
        f"within {WAR_ENDS[0]:g} to {WAR_ENDS[1]:g} (engine: 0.988 to 1)",
        int(ends.sum()),
        seeds,
        where=ENGINE,
    )


def _of(held: "pd.Series[bool]") -> str:
    return f"{int(held.sum())} of {len(held)}"


def _orders(replayed: "pd.DataFrame") -> Iterator[Check]:
    where, rule = f"{ENGINE}, seed 42", "within the range over orders of moves"
    for measure in ("pools", "operators", "pledged"):
        low, high = float(replayed[measure].min()), float(replayed[measure].max())
        # The published share of pledges has four digits.
        slack = 5e-5 if measure == "pledged" else 0.0
        yield Check.within(
            f"seed 42: {measure}", getattr(Seed42, measure), low - slack, high + slack, rule=rule, where=where
        )
    low, high = float(replayed["nakamoto"].min()), float(replayed["nakamoto_strict"].max())
    rule += ", half or more than half"
    yield Check.within("seed 42: Nakamoto coefficient", Seed42.nakamoto, low, high, rule=rule, where=where)


def _docked(economies: "pd.DataFrame", parameters: Parameters) -> Iterator[Check]:
    """Engine and model, economy by economy; only where enough seeds were run to speak of ranges."""
    enough = economies[(economies["seeds"] >= 8) & economies["engine_seeds"].notna()]
    for measure in ("pools", "operators", "nakamoto", "pledged", "margin"):
        outside, count = [], 0
        for row in rows(enough):
            low, high = getattr(row, f"{measure}_least"), getattr(row, f"{measure}_most")
            published = _engine_span(row, measure)
            if published is None:
                continue
            count += 1
            if published[0] > high or published[1] < low:
                outside.append(row.economy)
        yield Check(
            f"ranges over seeds, {measure}: economies in which engine and model overlap",
            f"{count} of {count}",
            f"{count - len(outside)} of {count}" + (f"; not: {'; '.join(outside)}" if outside else ""),
            "all, to the digits printed",
            count > 0 and not outside,
            Level.DIST,
            ENGINE,
        )


def _engine_span(row: Any, measure: str) -> tuple[float, float] | None:
    """What the engine gave; single values with half of their last digit to either side."""
    if measure not in ("pledged", "margin"):
        return getattr(row, f"engine_{measure}_least"), getattr(row, f"engine_{measure}_most")
    value = getattr(row, f"engine_{measure}")
    if value is None or np.isnan(value):
        return None
    half = 5e-4
    return value - half, value + half


def _weaker(table: "pd.DataFrame") -> Iterator[Check]:
    usual = table[table["economy"] == VARIANT].set_index("seed")["nakamoto"]
    for name, what in ((FREE, "pledges that weigh nothing (a0 = 0)"), (DEAR, "costs a hundredfold")):
        other = table[table["economy"] == name].set_index("seed")["nakamoto"]
        lower = other < usual
        yield Check(
            f"n=200, k=20: {what}: operators that hold half, mean",
            "fewer (engine: 1-2, and 2.6, against 10.1)",
            f"{other.mean():.2f} against {usual.mean():.2f}; fewer in {_of(lower)} seeds",
            "the mean is lower",
            bool(other.mean() < usual.mean()),
            Level.REL,
            ENGINE,
        )
