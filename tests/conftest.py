"""What holds for every test: no display, and property tests that say how to repeat a failure."""

import os

from hypothesis import settings

# Figures are drawn on machines without a screen, and by several test processes at once.
os.environ.setdefault("MPLBACKEND", "Agg")

# A machine shared by several processes makes single examples slow without meaning anything. In CI the same examples
# are tried every time; elsewhere new ones are, and a failure prints how to repeat it.
settings.register_profile("restaking", deadline=None, derandomize="CI" in os.environ, print_blob=True)
settings.load_profile("restaking")
