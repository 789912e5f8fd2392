"""Own classes in a run's identity, on the command line, and in everything that makes a run again."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from restaking.agents import Cast, Staker
from restaking.agents.cast import CastError
from restaking.experiments import casts, checkpoints, store
from restaking.experiments.cli.main import main
from restaking.experiments.forking import fork, replay
from restaking.experiments.run import run_scenario
from restaking.experiments.runner.errors import SweepFolderError
from restaking.experiments.runner.sweeping import sweep
from restaking.experiments.store import Identity, RunFolderError, load_run
from restaking.experiments.verifying import verify_folder

RULES = '''"""Rules for a test."""

from restaking.agents import Cast, Liquidator, NodeOperator, Staker

from fears import FEAR


class Brave(Staker):
    """Fears less."""

    def fear(self) -> float:
        """A constant."""
        return FEAR


class Dear(NodeOperator):
    """Takes a fifth."""

    def reprice(self) -> None:
        """Always a fifth."""
        self.commission = 0.2


MyCast = Cast(staker=Brave, operator=Dear)
by_kind = {"staker": Brave}
number = 3
'''

pytestmark = pytest.mark.filterwarnings("ignore::restaking.agents.cast.SlowRulesWarning")

SMALL: dict[str, Any] = {"days": 12, "stakers": 60, "figures": False, "progress": False}
COMMAND = ["run", "baseline", "--days", "12", "--stakers", "60", "--no-figures", "--out", "r"]


@pytest.fixture
def rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of rules and a module beside it; what is imported from there is forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    (tmp_path / "fears.py").write_text("FEAR = 0.01\n\n\ndef helper() -> None:\n    pass\n")
    file = tmp_path / "my_rules.py"
    file.write_text(RULES.replace("from fears import FEAR", "import fears\n\nFEAR = fears.FEAR"))
    yield file
    for name in ("my_rules", "fears"):
        sys.modules.pop(name, None)


def test_a_run_is_known_by_its_classes_and_their_sources(rules: Path) -> None:
    cast = casts.load_cast("my_rules.py:MyCast")
    run = run_scenario("baseline", out="r", agents=cast, **SMALL)
    known = run.manifest["cast"]
    assert {kind: one["class"] for kind, one in known.items()} == {
        "staker": "my_rules.Brave",
        "operator": "my_rules.Dear",
    }
    assert set(known["staker"]["sources"]) == {"my_rules", "fears"}
    assert str(rules.parent) not in json.dumps(run.manifest["cast"])
    stock = run_scenario("baseline", **SMALL)
    assert stock.manifest["cast"] is None
    assert Identity.of(run.manifest) != Identity.of(stock.manifest)
    assert run.summary != stock.summary


def test_the_same_cast_stands_there_and_another_is_in_the_way(rules: Path) -> None:
    cast = casts.load_cast("my_rules.py:MyCast")
    run_scenario("baseline", out="r", agents=cast, **SMALL)
    assert run_scenario("baseline", out="r", agents=cast, **SMALL).path == Path("r")
    with pytest.raises(RunFolderError, match=r"different cast: it was made with my_rules\.Dear as its operator, which"):
        run_scenario("baseline", out="r", agents={"staker": cast.staker}, **SMALL)
    with pytest.raises(RunFolderError, match="different cast"):
        run_scenario("baseline", out="r", **SMALL)


@pytest.mark.parametrize("changed", ["my_rules.py", "fears.py"])
def test_whatever_makes_a_run_again_refuses_a_changed_class_by_name(rules: Path, changed: str) -> None:
    cast = casts.load_cast("my_rules.py:MyCast")
    run = run_scenario("baseline", out="r", agents=cast, **SMALL)
    assert verify_folder("r", agents=cast).passed
    with replay(run, 5, agents=cast) as model:
        assert model.cast == cast
    branch = fork(run, 5, {"campaigns.airdrop_share": 0.02}, agents=cast)
    assert branch.manifest["cast"] == run.manifest["cast"]

    file = rules.parent / changed
    file.write_text(file.read_text() + "\n# another line\n")
    said = rf"my_rules\.Brave \(staker\) has changed since in {changed.removesuffix('.py')}"
    for again in (
        lambda: verify_folder("r", agents=cast),
        lambda: replay(run, 5, agents=cast),
        lambda: fork(run, 5, {"campaigns.airdrop_share": 0.02}, agents=cast),
    ):
        with pytest.raises(CastError, match=said):
            again()
    with pytest.raises(RunFolderError, match=said):
        run_scenario("baseline", out="r", agents=cast, **SMALL)


def test_a_state_of_another_cast_is_not_gone_on_with(rules: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(rules.parent / "cache"))
    cast = casts.load_cast("my_rules.py:MyCast")
    scenario = run_scenario("baseline", **SMALL).scenario
    own = Identity.planned(scenario, "kernel", cast=casts.identity(cast))
    run = run_scenario("baseline", agents=cast, **SMALL)
    with replay(run, 5, agents=cast) as begun:
        assert checkpoints.keep(own, checkpoints.Checkpoint(begun, "2026-01-01T00:00:00+00:00", 1.0))
    found = checkpoints.find(own)
    assert found is not None and found.ecosystem.cast == cast
    found.ecosystem.run()
    assert store.run_in_memory(found.ecosystem).daily.equals(run.daily)
    assert checkpoints.find(Identity.planned(scenario, "kernel")) is None
    rules.write_text(rules.read_text() + "\n")
    assert checkpoints.find(Identity.planned(scenario, "kernel", cast=casts.identity(cast))) is None


# --- on the command line ----------------------------------------------------------------------------------------------


def test_a_command_runs_verifies_forks_and_repairs_with_own_classes(
    rules: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = ["--with", "my_rules.py:MyCast"]
    assert main([*COMMAND, *own]) == 0
    told = capsys.readouterr().err
    assert told.count("Brave has its own fear, so stakers decide in Python") == 1
    assert main(["verify", "r", *own]) == 0
    assert main(["verify", "r"]) == 2
    assert "r: it was made with my_rules.Dear as its operator, which is not given (--with" in capsys.readouterr().err
    assert main(["fork", "r", "--day", "5", "--set", "campaigns.airdrop_share=0.02", "--out", "b", "--no-figures"]) == 2
    assert main(["fork", "r", "--day", "5", "--set", "campaigns.airdrop_share=0.02", "--out", "b", *own]) == 0
    assert load_run("b").manifest["cast"] == load_run("r").manifest["cast"]
    assert main(["verify", "b", *own]) == 0

    whole = (Path("r") / "daily.parquet").read_bytes()
    (Path("r") / "daily.parquet").write_bytes(b"damaged")
    assert main(["repair", "r"]) == 2
    assert main(["repair", "r", *own]) == 0
    assert (Path("r") / "daily.parquet").read_bytes() == whole


def test_a_class_and_a_mapping_are_casts_too(rules: Path) -> None:
    brave = casts.load("my_rules.py:Brave")
    assert casts.load_cast("my_rules.py:by_kind") == Cast(staker=brave) == casts.load_cast("my_rules:Brave")
    assert casts.load_cast(None) == Cast()


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("my_rules.py", "'my_rules.py' is not FILE.py:NAME or PACKAGE.MODULE:NAME"),
        ("my_rules.py:", "is not FILE.py:NAME"),
        ("my_rules.py:MyCas", "my_rules.py has no MyCas; nearest valid name: MyCast"),
        ("rules.py:MyCast", "there is no file rules.py"),
        ("no.such.module:MyCast", "no.such.module cannot be imported: ModuleNotFoundError"),
        (
            "my_rules.py:number",
            "my_rules.py:number is int; give a Cast, classes by kind, a class of an agent, an OwnMetric",
        ),
        ("my-rules.py:MyCast", "my-rules.py cannot be imported: its name is not one of a module"),
        ("broken.py:MyCast", "broken.py cannot be imported: NameError: name 'nowhere' is not defined (line 2)"),
        ("leaves.py:MyCast", "leaves.py cannot be imported: SystemExit: 3 (line 1)"),
        ("json.py:MyCast", "json.py has the name of another module"),
        ("misspelt.py:Own", "Own overrides nothing: Staker has no scroe; nearest rule: score"),
    ],
)
def test_what_cannot_be_loaded_is_one_sentence_and_exit_code_2(
    rules: Path, capsys: pytest.CaptureFixture[str], place: str, said: str
) -> None:
    folder = rules.parent
    (folder / "my-rules.py").write_text(RULES)
    (folder / "json.py").write_text("")
    (folder / "broken.py").write_text("\nnowhere\n")
    (folder / "leaves.py").write_text("raise SystemExit(3)\n")
    (folder / "misspelt.py").write_text(
        "from restaking.agents import Staker\nclass Own(Staker):\n    def scroe(self): ...\n"
    )
    assert main([*COMMAND, "--with", place]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert "Traceback" not in told
    for name in ("broken", "leaves", "misspelt"):
        sys.modules.pop(name, None)


def test_a_class_without_source_is_refused_where_it_would_be_written() -> None:
    space: dict[str, Any] = {"__name__": "nowhere", "Staker": Staker}
    exec("class Own(Staker):\n    def fear(self):\n        return 0.0\n", space)
    with pytest.raises(CastError, match="the source of Own cannot be read"):
        run_scenario("baseline", agents={"staker": space["Own"]}, **SMALL)


# --- sweeps -----------------------------------------------------------------------------------------------------------

DESIGN = {
    "name": "own",
    "scenario": "baseline",
    "replications": 2,
    "days": 8,
    "stakers": 40,
    "design": {"kind": "grid"},
    "axes": {"campaigns.airdrop_share": [0.02, 0.1]},
}


def own_model(scenario: Any, *, seed: int, **terms: Any) -> Any:
    """A model with a class of its own."""
    from restaking.model import RestakingEcosystem

    class Quiet(RestakingEcosystem):
        """Nobody decides anything."""

        def decide(self) -> None:
            """Nothing."""
            self._intended = 0

    return Quiet(scenario, seed=seed, **terms)


def summaries(results: Any) -> list[float]:
    return list(results.runs["lrt_supply_eth"])


def test_a_sweep_with_own_classes_in_workers_is_resumed_verified_and_refused_when_they_change(rules: Path) -> None:
    cast = casts.load_cast("my_rules.py:MyCast")
    stock = sweep(DESIGN, out="stock", workers=1, progress=False)
    serial = sweep(DESIGN, out="one", workers=1, progress=False, agents=cast)
    results = sweep(DESIGN, out="two", workers=2, progress=False, agents=cast)
    assert len(results.failed) == 0
    assert summaries(results) == summaries(serial)
    assert summaries(results) != summaries(stock)
    assert results.manifest["cast"] == casts.identity(cast)
    assert set(results.runs["run_id"]).isdisjoint(stock.runs["run_id"])
    assert verify_folder("two", agents=cast, sample=4).passed
    with pytest.raises(CastError, match=r"two: it was made with my_rules\.Dear as its operator, which is not given"):
        verify_folder("two", sample=1)
    with pytest.raises(SweepFolderError, match=r"stock: it was made with the shipped operator, not my_rules\.Dear"):
        sweep(DESIGN, out="stock", workers=1, progress=False, agents=cast)
    rules.write_text(rules.read_text() + "\n")
    with pytest.raises(SweepFolderError, match=r"my_rules\.Brave \(staker\) has changed since in my_rules"):
        sweep(DESIGN, out="two", workers=1, progress=False, agents=cast)


def test_a_sweep_takes_a_maker_of_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    results = sweep(DESIGN, out="own", workers=1, progress=False, model=own_model)
    assert len(results.failed) == 0
    assert results.manifest["cast"]["model"]["class"].endswith("test_casts.own_model")
    assert summaries(results) != summaries(sweep(DESIGN, out="stock", workers=1, progress=False))
    with pytest.raises(CastError, match="as its model, which is not given"):
        verify_folder("own", sample=1)


def test_a_lambda_has_no_name_to_import_it_by(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CastError, match="workers cannot import them"):
        sweep(DESIGN, out="own", progress=False, model=lambda scenario, **terms: own_model(scenario, **terms))


def test_a_sweep_on_the_command_line_with_own_classes(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (rules.parent / "own.json").write_text(json.dumps(DESIGN))
    own = ["--with", "my_rules.py:MyCast"]
    assert main(["sweep", "own.json", "--out", "s", "--workers", "2", *own]) == 0
    assert main(["verify", "s", "--sample", "2", *own]) == 0
    assert main(["verify", "s", "--sample", "2"]) == 2
    assert main(["sweep", "own.json", "--out", "s", "--workers", "2"]) == 2
    assert "it was made with my_rules.Dear as its operator" in capsys.readouterr().err
