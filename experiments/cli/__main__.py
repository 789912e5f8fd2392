"""``python -m restaking.experiments.cli``: the command line where no script is installed."""

import sys

from .main import main

if __name__ == "__main__":
    sys.exit(main())
