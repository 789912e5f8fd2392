"""Tables of published numbers."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


def rows(table: "pd.DataFrame") -> Iterator[Any]:
    """Rows of a table whose columns are attributes of any type: what stands in a cell is known to the reader only."""
    yield from table.itertuples(index=False)
