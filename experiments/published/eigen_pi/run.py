"""The published weeks through the simulation, and stake that responds to its own dilution."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ....model import programme
from ..experiment import Check, Level, Outcome, Parameters
from ..tables import rows

if TYPE_CHECKING:
    import pandas as pd

DAYS_PER_WEEK = 7.0
_FAQ = "FAQ of the Eigen Foundation"
_TABLE = "ether.fi, LRT rewards distribution"
_LRT = "alpha"


def run(parameters: Parameters) -> Outcome:
    """Compare; deterministic."""
    checks = _budget(parameters)
    weeks = _weeks(checks, parameters)
    _compression(checks, weeks, parameters)
    response = _response(checks, parameters, weeks)
    return Outcome(tuple(checks), {"weeks": weeks, "response": response})


def _budget(parameters: Parameters) -> list[Check]:
    weekly = programme.weekly_budget(parameters["supply"], parameters["yearly_share"])
    stakers = programme.for_stakers(weekly, parameters["staker_share"], parameters["operator_commission"])
    per_eth = programme.per_eth(stakers, parameters["reported_eligible_eth"])
    # ether.fi's own account starts from another supply.
    theirs = programme.weekly_budget(1_691_670_555, 0.03)
    their_stakers = programme.for_stakers(theirs, 1.0)
    per_eth_and_year = programme.per_eth(their_stakers * programme.WEEKS_PER_YEAR, 4.2e6)
    return [
        Check.number(
            "budget of the first year (EIGEN)", 66_945_866.7314, weekly * programme.WEEKS_PER_YEAR, where=_FAQ
        ),
        Check.number("budget of a week (EIGEN)", 1_287_420.51407, weekly, where=_FAQ),
        Check.number("for restakers of ETH and LSTs, a week (EIGEN)", 869_008.85, stakers, where=_FAQ),
        Check.number("EIGEN per ETH and week at 4.2 million ETH", 0.20691, per_eth, absolute=5e-6, where=_FAQ),
        Check.number(
            "ether.fi: for stakers, a year (EIGEN)", 45_675_105, their_stakers * programme.WEEKS_PER_YEAR, where=_TABLE
        ),
        Check.number("ether.fi: EIGEN per ETH", 10.87, per_eth_and_year, absolute=0.01, where=_TABLE),
        Check.number(
            "ether.fi: EIGEN per ETH and week",
            0.209,
            programme.per_eth(their_stakers, 4.2e6),
            absolute=5e-4,
            where=_TABLE,
        ),
    ]


def simulated_claim(restaked_eth: float, eligible_eth: float, weekly: float, parameters: Parameters) -> float:
    """Tokens of a week for an LRT with ``restaked_eth``, by the simulation's own accrual.

    A world whose only restakers are that LRT and natively restaked ETH, seven times its first day: accrual comes
    before decisions, so the stakes are exactly the published ones.
    """
    from ....model.ecosystem import RestakingEcosystem

    started = 1.0  # an LRT that is not new starts with a NAV above 1: its supply is scaled to the wanted stake
    for _ in range(2):
        overrides = {
            "stakers.count": parameters["stakers"],
            "days": 2,
            "restaking.programme_start_day": 0,
            "restaking.programme_tokens_per_week": weekly,
            "restaking.programme_staker_share": parameters["staker_share"],
            "restaking.operator_commission": parameters["operator_commission"],
            "restaking.initial_native_eth": eligible_eth - restaked_eth,
            "restaking.initial_lst_eth": 0.0,
            "lrt.beta.initial_eth": 0.0,
            f"lrt.{_LRT}.initial_eth": restaked_eth / started,
        }
        with RestakingEcosystem("baseline", seed=parameters["seed"], **overrides) as model:
            row = model.venue_names.index(_LRT) - model.first_restaking
            stake = float(model.restaked[row])
            model.step()
            tokens = float(model.programme_tokens[row])
        started *= stake / restaked_eth
    return DAYS_PER_WEEK * tokens


def _weeks(checks: list[Check], parameters: Parameters) -> "pd.DataFrame":
    import pandas as pd

    table = pd.read_csv(Path(__file__).parent / "data" / "etherfi.csv")
    weekly = programme.weekly_budget(parameters["supply"], parameters["yearly_share"])
    stakers = programme.for_stakers(weekly, parameters["staker_share"], parameters["operator_commission"])
    spans = pd.to_datetime(table["end"]) - pd.to_datetime(table["start"])
    table["calendar_weeks"] = (spans.dt.days + 1) / DAYS_PER_WEEK
    table["eligible_eth"] = [
        programme.eligible_stake(stakers * row.calendar_weeks, row.restaked_eth, row.claimed) for row in rows(table)
    ]
    table["per_restaked_eth"] = [programme.per_eth(stakers, eligible) for eligible in table["eligible_eth"]]
    table["model_claim"] = [
        row.calendar_weeks * simulated_claim(row.restaked_eth, row.eligible_eth, weekly, parameters)
        for row in rows(table)
    ]
    eeth = table["restaked_eth"] + table["not_restaked_eth"]
    table["model_rate"] = table["model_claim"] / eeth / table["weeks"]
    table["own_columns_rate"] = table["claimed"] / eeth / table["weeks"]
    for row in rows(table):
        span = f"{row.start} to {row.end}"
        checks.append(Check.number(f"{span}: claimed by ether.fi (EIGEN)", row.claimed, row.model_claim, where=_TABLE))
        rate, suffix = (row.rate, "") if row.consistent else (row.own_columns_rate, f", printed as {row.rate:.3f}")
        checks.append(
            Check.number(
                f"{span}: EIGEN per eETH and week{suffix}",
                rate,
                row.model_rate,
                relative=0.0,
                absolute=5e-4,
                where=f"{_TABLE}{'' if row.consistent else ': the claims and eETH of the row, which contradict it'}",
            )
        )
    return table


def _compression(checks: list[Check], weeks: "pd.DataFrame", parameters: Parameters) -> None:
    by_start = weeks.set_index("start")
    first: Any
    last: Any
    first, last = by_start.loc["2024-10-06"], by_start.loc["2024-12-08"]
    growth = last["eligible_eth"] / first["eligible_eth"] - 1.0
    # From what the simulation paid, not from the rule.
    paid = [week["model_claim"] / week["restaked_eth"] for week in (first, last)]
    where = "6-12 October to 8-14 December 2024"
    checks.append(Check.number("growth of eligible ETH", 0.195, growth, relative=0.0, absolute=5e-4, where=where))
    checks.append(
        Check.number(
            "EIGEN per restaked ETH", -0.163, paid[1] / paid[0] - 1.0, relative=0.0, absolute=5e-4, where=where
        )
    )
    rule = programme.compression(first["eligible_eth"], last["eligible_eth"])
    checks.append(Check.number("EIGEN per restaked ETH: rule and simulation", rule, paid[1] / paid[0] - 1.0))
    reported: Any = by_start.loc["2024-11-24", "eligible_eth"]
    part = reported / parameters["reported_eligible_eth"]
    checks.append(
        Check(
            "eligible ETH over the reported total, 24-30 November 2024",
            "about 4.2 million ETH with EigenLayer on 27 November",
            float(part),
            "between 0.9 and 1: only stake whose operator serves an AVS counts",
            0.9 <= part <= 1.0,
            Level.REL,
            _TABLE,
        )
    )


def _response(checks: list[Check], parameters: Parameters, weeks: "pd.DataFrame") -> "pd.DataFrame":
    import pandas as pd

    stake = float(weeks["eligible_eth"].iloc[-1])
    kept = 1.0 - parameters["incentive_cut"]
    before = programme.per_eth(1.0, stake)
    rows = []
    for elasticity in parameters["elasticities"]:
        found = programme.equilibrium_stake(stake, before, lambda eth: programme.per_eth(kept, eth), elasticity)
        closed = kept ** (elasticity / (1.0 + elasticity))
        checks.append(
            Check.number(
                f"stake after a {parameters['incentive_cut']:.0%} cut, elasticity {elasticity:g} (of the stake before)",
                closed,
                found / stake,
                where="fixed point of S = S0 (y/y0)^e with y = B/S: (B/B0)^(e/(1+e))",
            )
        )
        rows.append(
            {
                "elasticity": elasticity,
                "stake_left": found / stake,
                "yield_left": programme.per_eth(kept, found) / before,
            }
        )
    return pd.DataFrame(rows)
