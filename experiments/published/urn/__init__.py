"""How compounding spreads shares, and how little a schedule can spread them."""

from ..experiment import Experiment, Level, Origin
from .figure import draw
from .run import run

EXPERIMENT = Experiment(
    id="urn",
    title="Compounding of rewards: variance of shares by schedule",
    citation=(
        "G. Fanti, L. Kogan, S. Oh, K. Ruan, P. Viswanath, G. Wang (2019), Compounding of Wealth in Proof-of-Stake "
        "Cryptocurrencies, FC 2019, https://arxiv.org/abs/1809.07468; I. Rosu, F. Saleh (2021), Evolution of shares in "
        "a proof-of-stake cryptocurrency, Management Science 67(2), https://doi.org/10.1287/mnsc.2020.3791; H. A. "
        "Simon (1955), On a class of skew distribution functions, Biometrika 42"
    ),
    level=Level.NUM,
    question=(
        "Do rich stakers get richer when an LRT compounds for them? On average nobody's share moves; it spreads, and "
        "by how much is a matter of rewards over stake and of their schedule."
    ),
    switched_off="Everything but one staker, its stake and the rewards. Uses model.urn.",
    parameters={"seed": 1, "share": 1.0 / 3.0, "stake": 100.0, "steps": 1_000, "runs": 20_000, "entrants": 200_000},
    run=run,
    draw=draw,
    short={"runs": 4_000, "entrants": 100_000},
    seconds=6.0,
    notes=(
        "The variances are the papers' formulas evaluated, to the digits printed; the exact formula is also compared "
        "with its closed form for constant rewards to 1e-10. Tang's phase transition (arXiv:2206.02227), rewards that "
        "grow in a fixed ratio for ever, has no finite test and is not repeated."
    ),
    origins={
        "Fanti": Origin.FORMULA,
        "Fanti et al. (2019), theorem": Origin.PUBLISHED,
        "Polya": Origin.FORMULA,
        "Simon": Origin.FORMULA,
    },
)
