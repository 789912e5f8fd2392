"""The page about own rules: its blocks run as they stand."""

import re
import shlex
import sys
from pathlib import Path

import pytest

from restaking.experiments.cli.main import main

PAGE = Path(__file__).resolve().parents[2] / "docs" / "bring-your-own.md"
BLOCK = re.compile(r"^```(\w+)(?: file=(\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.filterwarnings("ignore::restaking.agents.cast.SlowRulesWarning")
def test_every_block_of_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    blocks = BLOCK.findall(PAGE.read_text(encoding="utf-8"))
    assert [language for language, _, _ in blocks] == ["python", "python", "console"] * 2
    for language, file, text in blocks:
        if file:
            Path(file).write_text(text, encoding="utf-8")
        elif language == "python":
            exec(compile(text, str(PAGE), "exec"), {"__name__": "page"})
        else:
            for line in text.splitlines():
                assert main(shlex.split(line)[1:]) == 0, line
    for name in ("my_rules", "my_metrics"):
        sys.modules.pop(name, None)
