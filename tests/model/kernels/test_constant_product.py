"""What liquidity costs its providers: exact values of the published formulas, for both curves."""

import pytest

from restaking.model.kernels import constant_product, stableswap


@pytest.mark.parametrize(("volatility", "rate"), [(1.0, 0.125), (0.2, 0.005), (0.05, 0.0003125), (0.0, 0.0)])
def test_lvr_is_an_eighth_of_the_variance(volatility: float, rate: float) -> None:
    """Milionis, Moallemi, Roughgarden, Zhang (2022), section 4, for a constant product."""
    assert constant_product.lvr_rate(volatility) == pytest.approx(rate, rel=1e-15)


@pytest.mark.parametrize("volatility", [1.0, 0.2])
def test_the_general_formula_agrees_with_it_on_a_curve_without_amplification(volatility: float) -> None:
    """In balance a StableSwap curve is ``1 + ann / 2`` times as flat as a constant product.

    From ``ann S + D = ann D + D^3 / (4 x y)`` (Egorov 2019) at ``x = y = D / 2``: ``y'' = 8 / (D (ann + 2))``.
    """
    for ann in (1e-9, 1.0, 20.0, 200.0):
        d = stableswap.invariant(50.0, 50.0, ann, 0.0)
        rate = stableswap.lvr_rate(50.0, 50.0, d, ann, volatility)
        assert rate == pytest.approx((1.0 + 0.5 * ann) * volatility**2 / 8.0, rel=1e-6)


@pytest.mark.parametrize(
    ("ratio", "loss"), [(1.0, 0.0), (4.0, -0.2), (0.25, -0.2), (9.0, -0.4), (1.0 / 9.0, -0.4), (0.0, -1.0)]
)
def test_divergence_loss(ratio: float, loss: float) -> None:
    assert constant_product.divergence_loss(ratio) == pytest.approx(loss, abs=1e-15)


def test_the_chance_of_a_trade_falls_with_the_fee() -> None:
    """Milionis, Moallemi, Roughgarden (2023): ``1 / (1 + w / (sigma sqrt(dt / 2)))``."""
    fee = 1.0 - 2.718281828459045**-0.1  # a band of 0.1 either way
    assert constant_product.trade_probability(fee, 0.1, 2.0) == pytest.approx(0.5)
    assert constant_product.trade_probability(fee, 0.3, 2.0) == pytest.approx(0.75)
    assert constant_product.trade_probability(0.0, 0.3, 2.0) == 1.0
