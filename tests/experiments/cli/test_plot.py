"""``restaking plot``: the figures of a run and of a sweep."""

from pathlib import Path

import pytest

from restaking.experiments.cli.main import main

DESIGN = """
name = "tiny"
scenario = "baseline"
days = 12
stakers = 40
replications = 2
[design]
kind = "grid"
[axes]
"campaigns.airdrop_share" = [0.02, 0.1]
"stakers.attention" = [0.02, 0.05]
"""


@pytest.fixture(autouse=True)
def _somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("tiny.toml").write_text(DESIGN, encoding="utf-8")


def test_figures_of_a_sweep(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sweep", "tiny.toml", "--workers", "1", "--out", "s"]) == 0
    capsys.readouterr()
    assert main(["plot", "s", "--metric", "lrt_supply_eth"]) == 0
    printed = capsys.readouterr().out.split()
    assert printed == [f"s/figures/{kind}-lrt_supply_eth.png" for kind in ("profile", "map", "band")]
    assert all(Path(name).with_suffix(suffix).is_file() for name in printed for suffix in (".svg", ".pdf", ".png"))
    first = Path(printed[0]).read_bytes()
    assert main(["plot", "s", "--metric", "lrt_supply_eth", "--out", "again"]) == 0
    assert (Path("again") / Path(printed[0]).name).read_bytes() == first
    assert main(["plot", "s", "--metric", "lrt_suply_eth"]) == 2
    assert "lrt_supply_eth" in capsys.readouterr().err


def test_figures_of_a_run(capsys: pytest.CaptureFixture[str]) -> None:
    main(["run", "baseline", "--days", "12", "--stakers", "40", "--no-figures", "--out", "r"])
    assert main(["plot", "r"]) == 0
    assert Path("r/figures/tvl.pdf").is_file()
    capsys.readouterr()
    assert main(["plot", "r", "--metric", "lrt_hhi", "--metric", "lrt.nav"]) == 0
    assert capsys.readouterr().out.split() == ["r/figures/metric-lrt_hhi.png", "r/figures/metric-lrt.nav.png"]
    for name, told in (("lrt_hi", "nearest valid name: lrt_hhi"), ("nav", "give one of lrt.nav, lst.nav")):
        assert main(["plot", "r", "--metric", name]) == 2
        assert told in capsys.readouterr().err


def test_neither_run_nor_sweep(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plot", "nowhere"]) == 2
    assert "nowhere" in capsys.readouterr().err
    assert not Path("nowhere").exists()
