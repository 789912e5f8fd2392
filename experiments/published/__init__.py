"""Published experiments, each a folder, that one command repeats."""
