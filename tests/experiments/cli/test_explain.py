"""``restaking explain``."""

import json
from pathlib import Path

import pytest

from restaking.experiments.cli.main import main
from restaking.model.day import DAY
from restaking.model.scenario import parameters


def output(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["explain", *arguments]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    return captured.out


def test_a_parameter(capsys: pytest.CaptureFixture[str]) -> None:
    lines = output(capsys, "ethereum.mev_apr").splitlines()
    told = dict(line.split(maxsplit=1) for line in lines if not line.startswith(" "))
    assert told["key"] == "ethereum.mev_apr"
    assert (told["default"], told["unit"], told["range"]) == ("0.006", "1/yr", "0 .. 0.03")
    assert told["source"].startswith("https://")


def test_a_concrete_key_and_its_pattern(capsys: pytest.CaptureFixture[str]) -> None:
    text = output(capsys, "lrt.renzo.fee")
    assert "lrt.renzo.fee" in text and "lrt.<id>.fee" in text
    assert "lrt.<id>.fee" in output(capsys, "lrt.<id>.fee")


def test_the_value_in_a_scenario(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text("[lrt.renzo]\nfee = 0.07", encoding="utf-8")
    assert json.loads(output(capsys, "lrt.renzo.fee", "--scenario", str(path), "--json"))["value"] == 0.07
    assert "0.07" in output(capsys, "lrt.renzo.fee", "--scenario", str(path))
    assert main(["explain", "lrt.kelp.fee", "--scenario", str(path)]) == 2
    assert "has no lrt.kelp.fee; valid names: renzo" in capsys.readouterr().err


def test_every_parameter_can_be_explained(capsys: pytest.CaptureFixture[str]) -> None:
    for info in parameters()[::7]:
        assert info.key in output(capsys, info.key)


def test_the_day(capsys: pytest.CaptureFixture[str]) -> None:
    text = output(capsys, "day")
    positions = [text.index(f"{number}. {name}") for number, (name, _) in enumerate(DAY, start=1)]
    assert positions == sorted(positions)
    assert [name for name, _ in DAY] == ["news", "accrue", "decide", "queue", "trade", "faults", "settle", "record"]
    assert [step["name"] for step in json.loads(output(capsys, "day", "--json"))["day"]] == [name for name, _ in DAY]


def test_a_metric(capsys: pytest.CaptureFixture[str]) -> None:
    [metric] = json.loads(output(capsys, "lrt_hhi", "--json"))["metrics"]
    assert (metric["name"], metric["level"]) == ("lrt_hhi", "total")
    assert metric["definition"] in " ".join(output(capsys, "lrt_hhi").split())


def test_a_metric_of_several_levels(capsys: pytest.CaptureFixture[str]) -> None:
    levels = [metric["level"] for metric in json.loads(output(capsys, "supply_eth", "--json"))["metrics"]]
    assert {"lrt", "lst"} <= set(levels)
    [one] = json.loads(output(capsys, "lrt.supply_eth", "--json"))["metrics"]
    assert one["level"] == "lrt"


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("stakers.atention", "stakers.attention"),
        ("attention", "stakers.attention"),
        ("lrt.renzo.fees", "lrt.<id>.fee"),
        ("lrt_hhl", "lrt_hhi"),
        ("dya", "day"),
    ],
)
def test_nearest_names(capsys: pytest.CaptureFixture[str], name: str, nearest: str) -> None:
    assert main(["explain", name]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert nearest in captured.err


def test_a_day_runs_what_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    from restaking.model import RestakingEcosystem

    called: list[str] = []
    with RestakingEcosystem("baseline", **{"stakers.count": 100, "days": 2}) as model:
        for name, _ in DAY:
            monkeypatch.setattr(model, name, lambda name=name: called.append(name))
        model.step()
    assert called == [name for name, _ in DAY]
