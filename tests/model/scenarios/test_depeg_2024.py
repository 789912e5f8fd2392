"""What a reader of depeg-2024 sees with its default seed: a depeg, and no better or worse one than most."""

import numpy as np
import pytest

from restaking.model import RestakingEcosystem, load_scenario

SEEDS = range(1, 21)
EVENT = 90


def deepest(seed: int) -> tuple[float, int]:
    """Deepest discount and its day."""
    with RestakingEcosystem("depeg-2024", seed=seed, **{"recording.operators": False, "recording.avs": False}) as model:
        model.run()
        discounts = model.recorder.series("worst_discount")
        return float(discounts.max()), int(discounts.argmax())


@pytest.mark.slow
def test_the_default_seed_shows_a_usual_depeg() -> None:
    """Its deepest discount lies within the middle half of seeds 1 to 20 and comes with the sales."""
    found = {seed: deepest(seed) for seed in SEEDS}
    shown, day = found[load_scenario("depeg-2024").seed]
    low, high = np.quantile([discount for discount, _ in found.values()], [0.25, 0.75])
    assert low <= shown <= high
    assert shown > 0.05
    assert EVENT < day <= EVENT + 7
