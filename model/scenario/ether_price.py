"""The price of ETH in dollars: flat, as it was, drawn, or from a file."""

from pathlib import Path
from typing import Any, Literal

from pydantic import SerializerFunctionWrapHandler, model_serializer, model_validator
from pydantic_core import PydanticCustomError

from .parameter import Date, Number, Parameters, Whole, parameter
from .price_file import CLOSES, FILE, FIRST, KEY, read_closes
from .price_table import PriceFileError

_PANEL = "https://arxiv.org/abs/2604.03274"


class EtherPriceParameters(Parameters):
    """ETH/USD, which loans in stablecoins and budgets in dollars depend on; the rest of the model counts in ETH."""

    path: Literal["flat", "historical", "gbm", "csv"] = parameter(
        "flat",
        description="flat: the initial price for ever; historical: published closes from March 2022 to September 2025, "
        "joined in logarithms and flat beyond (a run says so), whatever initial_usd; gbm: geometric Brownian motion "
        "with jumps; csv: the daily closes of a file",
        role="lever",
    )
    initial_usd: float = parameter(
        2_400.0, description="price on day 0", unit="USD/ETH", low=0.01, high=1e9, source=_PANEL, scale="log"
    )
    drift: float = parameter(0.0, description="yearly drift of the logarithm (gbm)", unit="1/yr", low=-10.0, high=10.0)
    volatility: float = parameter(
        0.6, description="yearly standard deviation of the logarithm (gbm)", unit="1/sqrt(yr)", low=0.0, high=10.0
    )
    jump_rate: float = parameter(2.0, description="jumps per year (gbm)", unit="1/yr", low=0.0, high=365.0)
    jump_mean: float = parameter(-0.08, description="mean jump of the logarithm (gbm)", unit="log", low=-5.0, high=5.0)
    jump_sigma: float = parameter(
        0.06, description="standard deviation of a jump's logarithm (gbm)", unit="log", low=0.0, high=5.0
    )
    file: str = parameter(
        "",
        description="file with a date and a price in dollars for each day without gaps (csv); a relative path starts "
        "from the file that names it; read when the scenario is made, which holds the closes from then on",
        role="lever",
    )
    closes_usd: tuple[Number, ...] = parameter(
        (), description="daily closes, in place of a file or as it was read (csv)", unit="USD/ETH", role="lever"
    )
    closes_from: Date | None = parameter(
        None, description="date of the first of closes_usd (csv)", unit="date", role="lever"
    )
    crash_day: Whole = parameter(
        -1, description="day on which the price falls besides; -1: never", unit="day", low=-1, high=3_650, role="lever"
    )
    crash_size: float = parameter(
        0.21,
        description="part of the price that is lost on that day",
        unit="fraction",
        low=0.0,
        high=0.99,
        source="https://governance.aave.com/t/arfc-wsteth-and-weeth-e-modes-and-lt-ltv-adjustments-on-ethereum-arbitrum-base-03-12-25/21370",
        role="lever",
    )

    @model_validator(mode="before")
    @classmethod
    def _read_file(cls, data: Any) -> Any:
        """The closes of the file, which is known by its name alone afterwards."""
        if not isinstance(data, dict) or data.get("path") != "csv" or data.get(CLOSES):
            return data
        file = data.get(FILE)
        if not isinstance(file, str) or not file:
            return data
        try:
            first, closes = read_closes(file)
        except PriceFileError as error:
            raise PydanticCustomError("scenario_key", "{problem}", {"key": KEY, "problem": str(error)}) from None
        return {**data, FILE: Path(file).name, FIRST: first, CLOSES: closes}

    @model_serializer(mode="wrap")
    def _leave_out_what_no_file_gave(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        content: dict[str, Any] = handler(self)
        if not self.closes_usd:
            del content[CLOSES], content[FIRST]
        return content
