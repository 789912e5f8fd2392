"""EIGEN's Programmatic Incentives: a fixed weekly budget and what restakers got of it."""

from ..experiment import Experiment, Level, Origin
from .figure import draw
from .run import run

EXPERIMENT = Experiment(
    id="eigen-pi",
    title="EIGEN Programmatic Incentives: reward compression under a fixed budget",
    citation=(
        "Eigen Foundation (2024), Programmatic Incentives FAQ, "
        "https://docs.eigenfoundation.org/programmatic-incentives/programmatic-incentives-faq; "
        "ether.fi (2024-25), LRT rewards distribution, "
        "https://etherfi.gitbook.io/etherfi/king-protocol-formerly-lrt/lrt-rewards-distribution"
    ),
    level=Level.NUM,
    question=(
        "How much of a restaking yield disappears just because others restake too? A fixed budget pays each ETH in "
        "inverse proportion to all eligible ETH; stakers who respond only move part of the way back."
    ),
    switched_off=(
        "Decisions: every week is the first day of a world with the published stakes, before anyone moves. Tokens are "
        "counted, not priced. Uses RestakingEcosystem (the programme's accrual) and model.programme (the rule)."
    ),
    parameters={
        "supply": 1_673_646_668.28466,
        "yearly_share": 0.04,
        "staker_share": 0.75,
        "operator_commission": 0.10,
        "reported_eligible_eth": 4.2e6,
        "elasticities": (0.0, 0.5, 1.0, 2.0, 4.0),
        "incentive_cut": 0.70,
        "seed": 1,
        "stakers": 60,
    },
    run=run,
    draw=draw,
    seconds=8.0,
    notes=(
        "The eligible stake of each week is not published: it is the rule read backwards, so agreement of the claims "
        "shows that the simulation follows the rule, not that the rule is right. The evidence is the total: ether.fi "
        "reports about 4.2 million ETH with EigenLayer on 27 November 2024, the rule implies 96 % of that for stake "
        "with operators that serve an AVS. The source contradicts itself in three rows. 24-30 November and 22-28 "
        "December 2024: claims over eETH give 0.1827 and 0.1889, printed are 0.180 and 0.188; for these two the model "
        "is held against the row's own columns. 15 August to 5 October 2024: the printed rate divides by six weeks, "
        "the dates span 7.4. ether.fi computes with a supply of 1,691,670,555, the foundation's first year is 4 % of "
        "1,673,646,668. The response of stake to yield is not published; its elasticities are examples."
    ),
    origins={
        "FAQ": Origin.FORMULA,
        "ether.fi": Origin.PUBLISHED,
        "ether.fi, LRT rewards distribution: the claims": Origin.FORMULA,
        "6-12 October": Origin.PUBLISHED,
        "fixed point": Origin.CONSTRUCTION,
        "": Origin.CONSTRUCTION,
    },
)
