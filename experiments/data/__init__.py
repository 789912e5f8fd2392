"""Reference figures: what was observed, with the page that says so in every row.

Small tidy tables to compare runs with. They are never read by the model: nothing observed after the first day enters
a run. Rates and changes are fractions, amounts ETH; dates are timestamps at midnight. A figure published for a month
or a quarter stands at its last day.

`kind` tells how a supply is known: ``measured`` (read off the token contract on Ethereum), ``derived`` (market shares
of a published data set times another token's measured supply; within 2 % of the one total published for eETH and 6 %
of those for the sector) or ``published`` (stated by the source).

    >>> read("lrt_supply").columns.tolist()
    ['date', 'entity', 'supply_eth', 'kind', 'source']
"""

import importlib.resources
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

TABLES: Mapping[str, str] = MappingProxyType(
    {
        "avs_count": "services registered with the restaking layer: date, services",
        "eth_price": "price of ETH at month ends: date, usd",
        "eth_staked": "ETH staked on Ethereum: date, staked_eth",
        "lrt_supply": "supply of liquid restaking tokens, mostly at month ends: date, entity, supply_eth, kind",
        "restaked_eth": "ETH in EigenLayer, LRTs included: date, restaked_eth",
        "steth_apy": "net yield of stETH, mean of the month: date, apy",
        "supply_change": "change of an LRT's supply in days after an event: entity, event, date, days, change, kind",
    }
)
"""Names of the tables and what they hold; each has a column ``source`` besides."""

SECTOR = "sector"
"""Entity of ``lrt_supply`` that stands for all liquid restaking tokens together."""


def read(table: str) -> "pd.DataFrame":
    """Read one table, rows in the order of the file: by entity where it has one, then by date.

    Args:
        table: a name in :data:`TABLES`.

    Raises:
        KeyError: there is no such table.
    """
    if table not in TABLES:
        raise KeyError(f"there is no table {table!r} of reference figures; there are: {', '.join(TABLES)}")
    import pandas as pd

    with importlib.resources.files(__name__).joinpath(f"{table}.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file, parse_dates=["date"])


def supply(entity: str) -> "pd.Series[float]":
    """Supply of one LRT (its id in ``season-2024``), or of :data:`SECTOR`, in ETH, indexed by date.

    Raises:
        KeyError: there are no figures for ``entity``.
    """
    table = read("lrt_supply")
    rows = table[table["entity"] == entity]
    if rows.empty:
        raise KeyError(f"there are no supplies of {entity!r}; there are: {', '.join(table['entity'].unique())}")
    return rows.set_index("date")["supply_eth"].astype(float).rename(entity)


def supplies() -> "pd.DataFrame":
    """Supplies of all LRTs and of the sector in ETH: rows are dates, columns are entities, NaN between points."""
    return read("lrt_supply").pivot(index="date", columns="entity", values="supply_eth").astype(float)
