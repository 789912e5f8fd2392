"""Install into the environment of this interpreter, and show how far that is; standard library only.

    python .ci/install.py EXTRAS     extras as in pyproject.toml, comma-separated, or "" for none

What pip says is shown when it fails, and then all of it.
"""

import re
import subprocess
import sys
import time
from pathlib import Path

LINE_EVERY_SECONDS = 10.0
_FOUND = re.compile(
    r"^(?:Collecting |Requirement already satisfied: )([\w.-]+)|^Processing \S*?([A-Za-z0-9._]+)-\d\S*\.(?:whl|gz)"
)
_INSTALLING = re.compile(r"Installing collected packages: (.+)")


class Display:
    """One line that moves in a terminal, a line now and then in a log; on standard error."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._began = self._spoke = time.monotonic()

    def __call__(self, text: str) -> None:
        """Show what is being done now."""
        now = time.monotonic()
        line = f"{self._label}: {text}, {now - self._began:.0f} s"
        if sys.stderr.isatty():
            print(f"\r{line[:99]:<99}", end="", file=sys.stderr, flush=True)
        elif now - self._spoke >= LINE_EVERY_SECONDS:
            self._spoke = now
            print(line, file=sys.stderr, flush=True)

    def close(self, text: str) -> None:
        """Leave a last line."""
        start = "\r" if sys.stderr.isatty() else ""
        line = f"{self._label}: {text}, {time.monotonic() - self._began:.0f} s"
        print(f"{start}{line:<99}".rstrip(" "), file=sys.stderr, flush=True)


def main(extras: str) -> int:
    """Install the project with some of its extras."""
    root = Path(__file__).resolve().parents[1]
    display = Display(f"installing {extras or 'the simulator'}")
    command = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--progress-bar", "off"]
    command += ["--constraint", "constraints.txt", "--editable", f".[{extras}]" if extras else "."]
    said: list[str] = []
    found: dict[str, None] = {}
    new = 0
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as pip:
        assert pip.stdout is not None
        for line in pip.stdout:
            said.append(line)
            if match := _INSTALLING.match(line):
                new = len(match[1].split(","))
                display(f"unpacking {new} packages")
            elif match := _FOUND.match(line):
                name = match[1] or match[2]
                found[name.lower()] = None
                display(f"package {len(found)}, {name}")
    code = pip.returncode
    if code:
        display.close("failed")
        sys.stderr.writelines(said)
        return code
    display.close(f"{len(found)} packages, {new} of them new")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
