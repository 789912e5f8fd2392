"""The chain's rules at the published points."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ....model import ethereum
from ....model.ethereum import Fork
from ....model.markets import redemption
from ..experiment import Check, Level, Outcome, Parameters
from ..tables import rows

if TYPE_CHECKING:
    import pandas as pd

_SPEC = "consensus specifications"
_CADLABS = "1_model_validation.ipynb"
_CADLABS_PENALISED = ("source", "target", "head", "sync")
_YEAR = 365.25


def published(name: str) -> "pd.DataFrame":
    """A table of published numbers."""
    import pandas as pd

    return pd.read_csv(Path(__file__).parent / "data" / f"{name}.csv")


def run(parameters: Parameters) -> Outcome:
    """Compare; deterministic."""
    checks: list[Check] = []
    tables = {
        "yields": _yields(checks),
        "churn": _churn(checks),
        "delays": _delays(checks),
        "projection": _projection(checks, parameters),
        "cadlabs": _cadlabs(checks, parameters),
    }
    return Outcome(tuple(checks), tables)


def _yields(checks: list[Check]) -> "pd.DataFrame":
    checks.append(Check.exact("epochs a year", 82_181.25, ethereum.EPOCHS_PER_YEAR, where=_SPEC))
    checks.append(
        Check.number("issuance a year over sqrt(stake)", 166.3232, ethereum.ISSUANCE_COEFFICIENT, where=_SPEC)
    )
    table = published("yields")
    table["model_yield_percent"] = [100.0 * ethereum.issuance_yield(stake) for stake in table["staked_eth"]]
    table["model_issuance_eth"] = [ethereum.issuance_eth_per_year(stake) for stake in table["staked_eth"]]
    table["model_rounded_issuance_eth"] = [ethereum.rounded_issuance_eth_per_year(d) for d in table["staked_eth"]]
    table["model_tempered_yield_percent"] = [100.0 * ethereum.tempered_yield(stake) for stake in table["staked_eth"]]
    for row in rows(table):
        at = f"at {row.staked_eth:,} ETH"
        checks.append(
            Check.number(
                f"yield {at} (1/yr)",
                float(row.yield_percent) / 100.0,
                ethereum.issuance_yield(row.staked_eth),
                absolute=5e-7,
                where=_SPEC,
            )
        )
        checks.append(
            Check.number(
                f"issuance {at} (ETH/yr)",
                row.issuance_eth,
                ethereum.issuance_gwei_per_epoch(row.staked_eth) / 1e9 * ethereum.EPOCHS_PER_YEAR,
                where=_SPEC,
            )
        )
    for name, curve, elasticity in (
        ("yield", ethereum.issuance_yield, -0.5),
        ("issuance", ethereum.issuance_eth_per_year, 0.5),
    ):
        measured = math.log(curve(60e6) / curve(15e6)) / math.log(4.0)
        checks.append(Check.number(f"elasticity of {name} to stake", elasticity, measured, where=_SPEC))
    half = ethereum.tempered_yield(2.0**25) / ethereum.issuance_yield(2.0**25)
    where = "Elowsson, tempered issuance with k = 2^-25"
    checks.append(Check.number("tempered over plain yield at 2^25 ETH", 0.5, half, where=where))
    return table


def _churn(checks: list[Check]) -> "pd.DataFrame":
    table = published("churn")
    rules = {"entry": ethereum.entry_churn_eth_per_epoch, "exit": ethereum.exit_churn_eth_per_epoch}
    table["model_eth_per_epoch"] = [rules[row.direction](row.staked_eth, Fork(row.fork)) for row in rows(table)]
    table["model_eth_per_day"] = table["model_eth_per_epoch"] * ethereum.EPOCHS_PER_DAY
    for row in rows(table):
        name = f"{row.direction} churn at {row.staked_eth:,} ETH, {row.fork}"
        checks.append(Check.exact(f"{name} (ETH/epoch)", float(row.eth_per_epoch), row.model_eth_per_epoch))
        checks.append(Check.number(f"{name} (ETH/day)", row.eth_per_day, row.model_eth_per_day))
    return table


def _delays(checks: list[Check]) -> "pd.DataFrame":
    import pandas as pd

    churn = ethereum.exit_churn_eth_per_day(34e6, Fork.ELECTRA)
    delays: list[dict[str, Any]] = []
    for row in rows(published("exit_queue")):
        days = ethereum.queue_days(row.queue_eth, churn)
        name = f"exit queue of {row.queue_eth:,} ETH"
        checks.append(Check.number(f"{name} (days)", row.days, days, absolute=5e-3, where="EIP-7251"))
        leaving = ethereum.withdrawable_days(row.queue_eth, churn)
        delays.append({"delay": name, "published_days": row.days, "model_days": days})
        for design, parallel in (("beside", True), ("after", False)):
            total = redemption.unstaking_days(leaving, ethereum.blocks_to_days(100_800), parallel)
            delays.append({"delay": f"{name}, restaking escrow {design} it", "model_days": total})
    hours = 24.0 * ethereum.withdrawable_days(0.0, churn)
    checks.append(Check.number("exit to withdrawable (hours)", 27.3, hours, absolute=0.05, where=_SPEC))
    slashed = ethereum.withdrawable_days(0.0, churn, slashed=True)
    checks.append(Check.number("exit to withdrawable when slashed (days)", 36.4, slashed, absolute=0.05, where=_SPEC))
    delays.append({"delay": "exit to withdrawable", "published_days": 27.3 / 24.0, "model_days": hours / 24.0})
    delays.append({"delay": "exit to withdrawable, slashed", "published_days": 36.4, "model_days": slashed})
    for row in rows(published("delays")):
        days = ethereum.blocks_to_days(row.blocks)
        name = f"EigenLayer {row.delay}"
        checks.append(Check.number(f"{name} (days)", row.days, days, where="EigenLayer safety delays"))
        delays.append({"delay": name, "published_days": row.days, "model_days": days})
    return pd.DataFrame(delays)


def _projection(checks: list[Check], parameters: Parameters) -> "pd.DataFrame":
    import pandas as pd

    start = pd.Timestamp(parameters["projection_start"])
    stake, supply = parameters["projection_staked_eth"], parameters["projection_supply_eth"]
    where = "EIP-7514, motivation"
    for row in rows(published("projection")):
        days = ethereum.days_to_stake(stake, row.share * supply, Fork.PRE_DENEB)
        month = (start + pd.Timedelta(days=days)).strftime("%Y-%m")
        checks.append(Check.exact(f"{row.share:.0%} staked with a full queue", row.month, month, where=where))
    checks.append(
        Check.number(
            "yield with all ETH staked, about 1.6 % (1/yr)",
            0.016,
            ethereum.issuance_yield(supply),
            relative=0.0,
            absolute=1e-3,
            where=where,
        )
    )
    shares = [stake / supply + (1.0 - stake / supply) * step / 120 for step in range(121)]
    return pd.DataFrame(
        [
            {
                "share": share,
                "date": (start + pd.Timedelta(days=days)).strftime("%Y-%m-%d"),
                "rule": fork.value,
            }
            for fork in (Fork.PRE_DENEB, Fork.DENEB)
            for share in shares
            for days in [ethereum.days_to_stake(stake, share * supply, fork)]
        ]
    )


def _cadlabs(checks: list[Check], parameters: Parameters) -> "pd.DataFrame":
    table = published("cadlabs")
    days, supply = parameters["cadlabs_days"], parameters["cadlabs_supply_eth"]
    model: dict[tuple[int, str], float] = {}
    for stake in table["staked_eth"].unique():
        issued = ethereum.rounded_issuance_eth_per_year(float(stake)) * days / _YEAR
        rewards = ethereum.duty_rewards(issued, parameters["participation"], _CADLABS_PENALISED)
        net = sum(rewards.values())
        model |= {(int(stake), item): eth for item, eth in {**rewards, "net issuance": net}.items()}
    table["model_eth"] = [model[int(row.staked_eth), row.item] for row in rows(table)]
    table["relative_difference"] = table["model_eth"] / table["eth"] - 1.0
    for row in rows(table[table["item"] == "net issuance"]):
        theirs, ours = (eth / days * _YEAR / supply for eth in (row.eth, row.model_eth))
        name = f"inflation at {row.staked_eth:,} ETH staked (1/yr)"
        checks.append(Check.number(name, theirs, ours, relative=0.0, absolute=1e-4, where=_CADLABS))
        if row.staked_eth != 524_288:
            checks.append(_below_one_percent(ours))
            continue
        profit = (1.0 - parameters["cadlabs_staas_fee"]) * row.model_eth / days * _YEAR / row.staked_eth
        checks.append(
            Check(
                "profit yield of full staking as a service at 524,288 ETH (1/yr)",
                "around 18-19 %",
                profit,
                "between 0.18 and 0.19",
                0.18 <= profit <= 0.19,
                Level.NUM,
                _CADLABS,
            )
        )
    return table


def _below_one_percent(inflation: float) -> Check:
    statement = "below 1 % a year"
    return Check("issuance at 30 % staked", statement, inflation, statement, inflation < 0.01, Level.REL, _CADLABS)
