"""Reward-sharing stake pools: do k operators emerge, and what undoes them."""

from ..experiment import Experiment, Level, Origin
from .figure import draw
from .run import run

EXPERIMENT = Experiment(
    id="pools",
    title="Reward sharing: about k independent operators emerge, unless pledges weigh nothing or pools are dear",
    citation=(
        "L. Brünjes, A. Kiayias, E. Koutsoupias, A.-P. Stouka (2020), Reward Sharing Schemes for Stake Pools, IEEE "
        "EuroS&P, https://arxiv.org/abs/1807.11218; C. Ovezik, A. Kiayias (2022), Decentralization Analysis of Pooling "
        "Behavior in Cardano Proof of Stake, ICAIF; engine of the authors: "
        "https://github.com/Blockchain-Technology-Lab/Rewards-Sharing-Simulation-Engine"
    ),
    level=Level.DIST,
    question=(
        "Can rewards alone steer stake to many independent operators? In restaking terms a pool is an operator, the "
        "pledge its self-stake, the margin its commission, and k the operators that an LRT or an operator set aims at: "
        "a cap on delegation and a premium on self-stake do it, and either is undone by dear operation."
    ),
    switched_off=(
        "Everything but operators, delegators and one budget of rewards a round: no slashing, no services, no tokens. "
        "Uses model.pools, and model.concentration for the Nakamoto coefficient."
    ),
    parameters={
        "seed": 1,
        "seeds": 20,
        "seeds_of_variants": 20,
        "seeds_of_large": 4,
        "calm": 10,
    },
    run=run,
    draw=draw,
    short={"seeds_of_variants": 3, "seeds_of_large": 0},
    seconds=30.0,
    known_misses=(
        "n=100, k=10, flat stake: pools, always",
        "n=100, k=10, flat stake, costs x100, extra pools not cheaper: margins against 1 - P(k+1)/P(j), largest "
        "difference",
    ),
    notes=(
        "The papers print figures; the published numbers here are those of their public engine (threshold of a move "
        "1e-9, random order), run with seeds 1 to 20 where n = 100, 1 to 8 or 1 to 3 where n = 200, and one to four "
        "seeds where n = 1000. Populations are drawn anew; only that of seed 42 is the engine's. Two checks fail. With "
        "flat stakes one seed of 20 comes to rest with eleven pools, where the engine had ten in all of its 20. The "
        "profits of agents then differ by no more than a few times the lead with which a pool sets out to beat another "
        "(1e-6 of all rewards), six pools leave their delegators the same to eight digits, and the one that ranks "
        "eleventh keeps the stake that it has: nobody gains by leaving a full pool that pays as much. And margins "
        "follow the closed form on average, not one by one: at default costs and flat stakes they reach 2e-4, so "
        "that the tolerance of 5e-4 says little there; with costs a hundredfold and extra pools as dear as the first, "
        "where margins reach 2 %, the median difference is below 1e-5, the largest 1.1 %. Agents move once they gain, "
        "and come to rest before the best k have driven all others out. Nakamoto "
        "coefficients count operators that hold half of the stake in pools, as the published k/2 does; by 'more than "
        "half' ten equal pools give 6, by 'half' 5, and the engine's own value in such a tie (always 5 at flat stakes, "
        "6 at seed 42) hangs on rounding; both readings stand in the tables, and the mean of either keeps to the rule. "
        "Rounds are those until the last change; the published ones probably include the ten idle rounds after it. "
        "Bisection on the number of pools is the published rule; it "
        "takes income to have one peak in that number, which it need not, and the economy 'every number tried' shows "
        "that the results do not hang on it. Ranges over seeds count as overlapping if they share a value, a weak rule "
        "for economies with few seeds in the engine; those of n = 1000 are only shown. Splitting one pool into two "
        "pays when (1 + a0) (1 - phi) c > a0 s, phi the cost of an extra pool over the first: at the average default "
        "cost for holders of less than 0.014 % of the stake, with costs a hundredfold for holders of less than 1.4 %, "
        "nearly three times the average stake at n = 200. In restaking terms: a premium on self-stake keeps one "
        "operator from posing as two only while the premium on half of its self-stake is worth more than what a "
        "second operator would save."
    ),
    origins={
        "Brünjes": Origin.FORMULA,
        "public engine": Origin.FORMULA,
    },
)
