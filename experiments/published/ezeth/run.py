"""Branches of depeg-2024: averaged or spot oracle, withdrawals closed or open, pools half and twice as deep."""

from typing import TYPE_CHECKING, Any, NamedTuple

from ....model.markets.leverage import liquidation_price
from ..experiment import Check, Outcome, Parameters

if TYPE_CHECKING:
    import pandas as pd

SCENARIO, TOKEN = "depeg-2024", "exet"
SHOCK_DAY, WATCHED_DAYS, DEEPEST_WITHIN_DAYS = 90, 20, 6
"""The wave is announced on its day and sold on the next; later discounts have other reasons (claims, unlocks)."""
POOLS = {"deep pool": 2.0, "shallow pool": 0.5}
LEAST_LEVERAGE = 4.5
BELOW = 0.02
"""A day counts as depegged when the token's lowest price is further below NAV than this."""
_PRESS = "press of 24 April 2024"
_PRICES = {4: 0.8721, 5: 0.9302, 6: 0.9690, 7: 0.9967}


class Branch(NamedTuple):
    """What happened after the sales."""

    discount: float  # largest
    depegged_days: int
    oracle_low: float
    liquidated: float  # ETH at NAV over supply
    least_leverage: float  # of those liquidated; infinite when nobody was
    bad_debt_eth: float


def run(parameters: Parameters) -> Outcome:
    """Measure over seeds; deterministic given ``parameters["seed"]``, the first of them."""
    import pandas as pd

    seeds = range(int(parameters["seed"]), int(parameters["seed"]) + int(parameters["seeds"]))
    found = [
        {"seed": seed, "branch": name, **branch(seed, name, parameters)._asdict()}
        for seed in seeds
        for name in branches(float(parameters["sold"]))
    ]
    table = pd.DataFrame(found)
    return Outcome((*_formulas(), *_checks(table, len(seeds))), {"branches": table})


def branches(sold: float) -> dict[str, dict[str, Any]]:
    """Changes of each branch; the averaged oracle with closed withdrawals is the one that happened."""
    shock = {"day": SHOCK_DAY, "kind": "shock", "target": TOKEN, "size": sold}
    closed = {"day": 77, "kind": "pause", "target": TOKEN, "size": 60}
    happened = {"hazards.events": [closed, shock]}
    return {
        "averaged oracle": happened,
        "spot oracle": {**happened, "lending.oracle": "spot"},
        "redemption open": {"hazards.events": [shock]},
        "deep pool": happened,
        "shallow pool": happened,
    }


def branch(seed: int, name: str, parameters: Parameters) -> Branch:
    """Fork the run of a seed and watch it for some days after the sales."""
    from ....model import RestakingEcosystem

    settings: dict[str, Any] = {
        "stakers.count": int(parameters["stakers"]),
        "recording.operators": False,
        "recording.avs": False,
        "hazards.events": [],
    }
    with RestakingEcosystem(SCENARIO, seed=seed, **settings) as model:
        changes = branches(float(parameters["sold"]))
        model.run(int(parameters["fork_day"]))
        model.change(changes["redemption open" if name == "redemption open" else "averaged oracle"])
        model.run(SHOCK_DAY - model.day)
        if name == "spot oracle":
            model.change(changes[name])
        model.exchange.scale_pool(list(model.scenario.lrt).index(TOKEN), POOLS.get(name, 1.0))
        liquidated, bad = model.lending.liquidated_eth, model.lending.bad_debt_eth
        supply = float(model.lrt_supplies.sum())
        model.run(WATCHED_DAYS)
        names = model.recorder.kinds["lrt"][1]
        token = model.recorder.entity["lrt"][SHOCK_DAY + 1 : model.day + 1, list(model.scenario.lrt).index(TOKEN)]
        discount, oracle = token[:, names.index("discount")], token[:, names.index("oracle_low")]
        leverage = token[:, names.index("liquidated_leverage")]
        hit = leverage[leverage > 0.0]
        return Branch(
            float(discount[:DEEPEST_WITHIN_DAYS].max()),
            int((discount > BELOW).sum()),
            float(oracle[:DEEPEST_WITHIN_DAYS].min()),
            (model.lending.liquidated_eth - liquidated) / supply,
            float(hit.min()) if hit.size else float("inf"),
            model.lending.bad_debt_eth - bad,
        )


def _formulas() -> list[Check]:
    return [
        Check.number(
            f"liquidation price of a loop of {leverage} at a threshold of 86 %",
            price,
            liquidation_price(leverage, 0.86),
            relative=0.0,
            absolute=5.1e-5,
            where="definition of the health factor",
        )
        for leverage, price in _PRICES.items()
    ]


def _checks(table: "pd.DataFrame", seeds: int) -> list[Check]:
    wide = table.pivot(index="seed", columns="branch")
    discount, days = wide["discount"], wide["depegged_days"]
    one, spot, opened = "averaged oracle", "spot oracle", "redemption open"
    share = 59 / 60
    rules = [
        (
            "the pool's low against the oracle's",
            "the averaged oracle falls less",
            1.0 - discount[one] < wide["oracle_low"][one],
        ),
        (
            "who is liquidated under an averaged oracle",
            f"only leverage of {LEAST_LEVERAGE} and more",
            wide["least_leverage"][one] >= LEAST_LEVERAGE,
        ),
        (
            "withdrawals open",
            "smaller and no longer discount",
            (discount[opened] < discount[one]) & (days[opened] <= days[one]),
        ),
        ("a pool twice as deep", "smaller discount", discount["deep pool"] < discount[one]),
        ("a pool half as deep", "larger discount", discount["shallow pool"] > discount[one]),
    ]
    checks = [
        Check.share_of_seeds(name, statement, int(held.sum()), seeds, at_least=share, where=_PRESS)
        for name, statement, held in rules
    ]
    more = wide["liquidated"][spot] >= wide["liquidated"][one]
    checks.append(
        Check.share_of_seeds(
            "liquidations under a spot oracle", "at least as many", int(more.sum()), seeds, at_least=0.95, where=_PRESS
        )
    )
    return checks
