"""Arbitrage against a constant-product pool, and what it costs those who provide it."""

from ..experiment import Experiment, Level, Origin
from .figure import draw
from .run import run

EXPERIMENT = Experiment(
    id="amm",
    title="Arbitrage of a constant-product pool, and loss-versus-rebalancing",
    citation=(
        "G. Angeris, H.-T. Kao, R. Chiang, C. Noyes, T. Chitra (2020), An analysis of Uniswap markets, Cryptoeconomic "
        "Systems, https://arxiv.org/abs/1911.03380; J. Milionis, C. Moallemi, T. Roughgarden, A. L. Zhang (2022), "
        "Automated market making and loss-versus-rebalancing, https://arxiv.org/abs/2208.06046"
    ),
    level=Level.NUM,
    question=(
        "What does an arbitrageur take from a pool when prices move, and so what must fees and incentives pay before "
        "anybody provides liquidity for a governance token? Volatility squared over eight of the pool's value."
    ),
    switched_off="Everything but one pool. Uses model.markets.constant_product, the pool in which tokens trade.",
    parameters={"seed": 1, "volatility": 0.05, "steps": 1_000, "paths": 4_000, "fees": (0.0, 0.0005, 0.003, 0.01)},
    run=run,
    draw=draw,
    short={"paths": 1_000},
    seconds=5.0,
    notes=(
        "The trades are the papers' closed forms evaluated at reserves of 1,000. The tolerance of 1e-9 holds for the "
        "formula; the published vectors have six decimals and are held to half of the last one."
    ),
    origins={
        "Angeris": Origin.FORMULA,
        "Milionis et al. (2022)": Origin.FORMULA,
        "Milionis, Moallemi": Origin.PUBLISHED,
    },
)
