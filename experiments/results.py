"""The results of a sweep: what researchers import. They are read by :mod:`.runner.results`."""

from .runner.results import Results, load_results

__all__ = ["Results", "load_results"]
