"""What must be measured every day, whatever happens."""

import numpy as np

from restaking.model.metrics import metrics_of
from restaking.model.recorder import Recorder


def all_measured(recorder: Recorder) -> bool:
    """Whether every series of the whole has a number on every day so far, those aside that may be missing."""
    required = [metric.name for metric in metrics_of("total") if not metric.optional]
    return bool(np.isfinite([recorder.series(name) for name in required]).all())
