"""Toxic liquidations: when repaying a loan makes it riskier."""

from ..experiment import Experiment, Level, Origin
from .figure import draw
from .run import run

EXPERIMENT = Experiment(
    id="spiral",
    title="Toxic liquidation spirals: above 1 / (1 + bonus) a liquidation raises the loan to value",
    citation=(
        "J. Warmuz, A. Chaudhary, D. Pinna (2022), Toxic Liquidation Spirals, https://arxiv.org/abs/2212.07306; "
        "A. McFarlane (2025), https://arxiv.org/abs/2510.10171, on the frontier with slippage"
    ),
    level=Level.NUM,
    question=(
        "Does a liquidation help? Only while the loan is below 1 / (1 + bonus) of its collateral: beyond that the "
        "bonus takes more collateral than debt, each liquidation makes the next worse, and slippage moves the "
        "frontier down."
    ),
    switched_off=(
        "Pools and prices: one loan at a fixed oracle price. Uses model.kernels.debts.seizure, which every liquidation "
        "of a run goes through, and model.markets.leverage."
    ),
    parameters={"seed": 1, "bonus": 0.08, "close_factor": 0.5, "collateral": 100.0, "slippages": (1.0, 1.02, 1.05)},
    run=run,
    draw=draw,
    seconds=0.5,
    origins={
        "Warmuz": Origin.FORMULA,
        "McFarlane": Origin.FORMULA,
    },
)
