"""Speed and memory of the simulator, as ratios taken in the same run; start with ``python -m benchmarks``."""
