"""stETH in 2022: a discount that comes with the sales and stays as long as nobody can redeem."""

import statistics

from restaking.model import RestakingEcosystem

PUBLISHED = {43: 0.02, 78: 0.06, 103: 0.04, 160: 0.039}
"""Discounts by day of the run: 12 May (https://cryptonews100.com/2022/05/13/), 17 June (https://forklog.com/en/news/),
12 July (https://www.coindesk.com/markets/2022/07/13/) and 7 September 2022 (http://amp.coincodex.com/article/18923/)."""


def test_discounts_and_supply_are_of_the_published_size() -> None:
    """Medians of five seeds, within a factor of two."""
    found: dict[int, list[float]] = {day: [] for day in PUBLISHED}
    supplies = []
    for seed in range(1, 6):
        with RestakingEcosystem("steth-2022", seed=seed) as model:
            model.run(180)
            discount = model.recorder.series("worst_discount")
            for day in PUBLISHED:
                found[day].append(float(discount[day]))
            supplies.append(float(model.recorder.series("lrt_supply_eth")[-1]))
    for day, published in PUBLISHED.items():
        assert 0.5 * published <= statistics.median(found[day]) <= 2.0 * published, day
    assert 3.8e6 <= statistics.median(supplies) <= 4.8e6
