"""Markets: LRT pools (StableSwap), token pools (constant product), the order book of a day, redemption queues.

A market does not decide. The arithmetic is compiled in :mod:`..kernels`; the modules here are its typed front.
"""
