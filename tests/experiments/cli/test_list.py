"""``restaking list`` and the frame around all verbs."""

import json
import subprocess
import sys

import pytest

from restaking.experiments.cli._common import table
from restaking.experiments.cli.main import VERBS, main
from restaking.model.scenario import parameters, shipped_scenarios


def output(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(list(arguments)) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    return captured.out


def test_parameters(capsys: pytest.CaptureFixture[str]) -> None:
    lines = output(capsys, "list", "parameters").splitlines()
    assert lines[0].split() == ["KEY", "DEFAULT", "UNIT", "RANGE", "ROLE", "DESCRIPTION"]
    assert [line.split()[0] for line in lines[1:]] == [info.key for info in parameters()]
    column = lines[0].index("DESCRIPTION")
    assert all(line[column - 2 : column] == "  " for line in lines[1:]), "columns are aligned"
    [fee] = [line for line in lines if line.startswith("lrt.<id>.fee ")]
    assert fee.split()[:6] == ["lrt.<id>.fee", "0.1", "fraction", "0", "..", "1"]


def test_parameters_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    content = json.loads(output(capsys, "list", "parameters", "--json"))
    assert list(content) == ["parameters"]
    by_key = {row["key"]: row for row in content["parameters"]}
    assert by_key["stakers.attention"]["unit"] == "1/day"
    assert by_key["restaking.stake_mode"]["choices"] == ["pooled", "unique", "elastic"]


def test_schema(capsys: pytest.CaptureFixture[str]) -> None:
    schema = json.loads(output(capsys, "list", "parameters", "--schema"))
    assert schema["properties"]["days"]["unit"] == "days"
    assert "extends" in schema["properties"]


def test_scenarios(capsys: pytest.CaptureFixture[str]) -> None:
    lines = output(capsys, "list", "scenarios").splitlines()
    assert [line.split()[0] for line in lines[1:]] == shipped_scenarios()
    rows = json.loads(output(capsys, "list", "scenarios", "--json"))["scenarios"]
    assert [row["name"] for row in rows] == shipped_scenarios()


def test_metrics(capsys: pytest.CaptureFixture[str]) -> None:
    rows = json.loads(output(capsys, "list", "metrics", "--json"))["metrics"]
    assert {"total", "lrt", "operator", "avs"} <= {row["level"] for row in rows}
    assert all(row["definition"] and row["label"] for row in rows)
    lines = output(capsys, "list", "metrics").splitlines()
    assert [tuple(line.split()[:2]) for line in lines[1:]] == [(row["level"], row["name"]) for row in rows]


def test_help_names_the_verbs_that_exist(capsys: pytest.CaptureFixture[str]) -> None:
    text = output(capsys, "--help")
    assert output(capsys) == text, "no argument asks for help"
    for verb in VERBS:
        assert f"  {verb} " in text


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help(capsys: pytest.CaptureFixture[str], verb: str) -> None:
    assert f"restaking {verb}" in output(capsys, verb, "--help")


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert output(capsys, "--version").startswith("restaking ")


def test_start_up_is_light() -> None:
    code = (
        "import sys\n"
        "from restaking.experiments.cli.main import main\n"
        "main(['--help'])\n"
        "heavy = {'numpy', 'pydantic', 'numba', 'pandas', 'mesa', 'rich', 'networkx'} & set(sys.modules)\n"
        "sys.exit(f'imported: {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_interruption_is_one_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt() -> list[str]:
        raise KeyboardInterrupt

    monkeypatch.setattr("restaking.model.scenario.shipped_scenarios", interrupt)
    assert main(["list", "scenarios"]) == 130
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.strip() == "restaking: interrupted"


def test_a_reader_who_stops_is_no_failure() -> None:
    code = (
        "import sys; from restaking.experiments.cli.main import main; sys.exit(main(['list', 'parameters', '--json']))"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None and process.stderr is not None
    process.stdout.read(10)
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait() == 0


def test_table_is_cut_at_the_terminal() -> None:
    lines = table(("A", "B"), [("x", "a long text"), ("longer", "b")], width=12)
    assert lines == ["A       B", "x       a...", "longer  b"]
