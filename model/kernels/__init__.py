"""Compiled loops: numpy and numba only, one function per step, with the names of the definitions."""
