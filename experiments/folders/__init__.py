"""Folders that this package fills: how they are known, locked, written, checked and replaced.

Runs, sweeps, reproductions and scoreboards share these rules. A folder is known by its ``manifest.json``, which says
what kind it is of and in which layout; without one nothing in it is ever replaced or removed. Whoever writes holds the
folder's lock. Files are written under private names and appear whole; only names that a manifest or a layout lists are
removed; links are not followed out of the folder. The manifest holds the SHA-256 of every file and one of itself, and
readers compare.
"""
