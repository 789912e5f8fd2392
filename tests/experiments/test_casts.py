"""Own classes in a run's identity, on the command line, and in everything that makes a run again."""

import hashlib
import json
import linecache
import subprocess
import sys
import types
from pathlib import Path
from typing import Any

import pytest

from restaking.agents import Cast, NodeOperator, Staker
from restaking.agents.cast import CastError
from restaking.agents.population import RowAgent
from restaking.experiments import casts, checkpoints, store
from restaking.experiments.cli.main import main
from restaking.experiments.forking import fork, replay
from restaking.experiments.run import run_scenario
from restaking.experiments.runner.errors import SweepFolderError
from restaking.experiments.runner.sweeping import sweep
from restaking.experiments.store import Identity, RunFolderError, load_run
from restaking.experiments.unwinding import unwind
from restaking.experiments.verifying import verify_folder
from restaking.model import RestakingEcosystem

RULES = '''"""Rules for a test."""

from pathlib import Path

from restaking.agents import Cast, Liquidator, NodeOperator, Staker
from restaking.model import RestakingEcosystem

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


class Quiet(RestakingEcosystem):
    """Nobody decides anything."""

    def decide(self) -> None:
        """Nothing."""
        self._intended = 0


def quiet(scenario, *, seed, **terms):
    """Makes one."""
    return Quiet(scenario, seed=seed, **terms)


def no_model(scenario, *, seed, **terms):
    """Makes something else."""
    return scenario


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
    cast = casts.load_own(["my_rules.py:MyCast"]).cast
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
    cast = casts.load_own(["my_rules.py:MyCast"]).cast
    run_scenario("baseline", out="r", agents=cast, **SMALL)
    assert run_scenario("baseline", out="r", agents=cast, **SMALL).path == Path("r")
    with pytest.raises(RunFolderError, match=r"different cast: it was made with my_rules\.Dear as its operator, which"):
        run_scenario("baseline", out="r", agents={"staker": cast.staker}, **SMALL)
    with pytest.raises(RunFolderError, match="different cast"):
        run_scenario("baseline", out="r", **SMALL)


@pytest.mark.parametrize("changed", ["my_rules.py", "fears.py"])
def test_whatever_makes_a_run_again_refuses_a_changed_class_by_name(rules: Path, changed: str) -> None:
    cast = casts.load_own(["my_rules.py:MyCast"]).cast
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
    cast = casts.load_own(["my_rules.py:MyCast"]).cast
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
    assert casts.load_own(["my_rules.py:by_kind"]).cast == Cast(staker=brave) == casts.load_own(["my_rules:Brave"]).cast
    assert casts.load_own([]).cast is None and casts.of(None) == Cast()


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
            "my_rules.py:number is int; give a Cast, classes by kind, a class of an agent, an OwnMetric, a list",
        ),
        ("my_rules.py:Path", "my_rules.py:Path is the class Path; give a Cast, classes by kind, a class of an agent"),
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


@pytest.mark.parametrize("twice", ["my_rules.py:MyCast", "my_rules.py:by_kind", "my_rules:Brave"])
def test_a_kind_is_given_once(rules: Path, capsys: pytest.CaptureFixture[str], twice: str) -> None:
    assert main([*COMMAND, "--with", "my_rules.py:Brave", "--with", twice]) == 2
    assert f"--with: {twice} gives the staker a second time" in capsys.readouterr().err
    assert main([*COMMAND, "--with", "my_rules.py:quiet", "--with", "my_rules.py:Quiet"]) == 2
    assert "--with: my_rules.py:Quiet gives the model a second time" in capsys.readouterr().err


def test_classes_are_brought_one_by_one(rules: Path) -> None:
    assert casts.load_own(["my_rules.py:Brave", "my_rules.py:Dear"]).cast == casts.load_own(["my_rules.py:MyCast"]).cast
    assert casts.load_own([]) == casts.Own()


# --- whatever else makes a run ----------------------------------------------------------------------------------------


def test_a_scoreboard_says_with_what_it_was_measured(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = ["validate", "baseline", "--seeds", "2", "--days", "12", "--stakers", "60"]
    main([*line, "--out", "stock"])
    main([*line, "--out", "own", "--with", "my_rules.py:MyCast", "--workers", "2"])
    main([*line, "--out", "one", "--with", "my_rules.py:MyCast", "--workers", "1"])
    read = {name: (Path(name) / "soundness.csv").read_text() for name in ("stock", "own", "one")}
    assert read["own"] == read["one"] != read["stock"]
    known = json.loads((Path("own") / "manifest.json").read_text())["cast"]
    assert known == casts.identity(casts.load_own(["my_rules.py:MyCast"]).cast)
    assert json.loads((Path("stock") / "manifest.json").read_text())["cast"] is None
    page = (Path("own") / "README.md").read_text()
    assert "With own classes: operator my_rules.Dear, staker my_rules.Brave." in page
    assert "own classes" not in (Path("stock") / "README.md").read_text()


def test_the_network_and_the_way_out_of_a_run_need_its_classes(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = ["--with", "my_rules.py:MyCast"]
    assert main([*COMMAND, *own]) == 0
    for line in (["network", "r", "--day", "5", "--out", "n.graphml"], ["unwind", "r", "--day", "5", "--out", "u"]):
        assert main(line) == 2
        assert "it was made with my_rules.Dear as its operator, which is not given" in capsys.readouterr().err
        assert main([*line, *own]) == 0
        capsys.readouterr()
    run = load_run("r")
    code = f"{run.manifest['code']['model']}-{casts.digest(run.manifest['cast'])[:12]}"
    assert code in Path("n.graphml").read_text() and run.provenance.code == code
    assert json.loads((Path("u") / "manifest.json").read_text())["cast"] == run.manifest["cast"]


def test_leavers_ask_an_own_staker_how(rules: Path) -> None:
    (rules.parent / "ways.py").write_text(
        "from restaking.agents import Staker\n\n\nclass Queueing(Staker):\n"
        "    def choose_exit(self, venue, gain):\n        return 0, 0.0\n\n\n"
        "class Same(Staker):\n"
        "    def choose_exit(self, venue, gain):\n        return super().choose_exit(venue, gain)\n"
    )
    terms = {"days": 60, "stakers": 60, "progress": False}
    sold = {}
    for name in (None, "Same", "Queueing"):
        agents = None if name is None else {"staker": casts.load(f"ways.py:{name}")}
        run = run_scenario("baseline", agents=agents, **terms)
        (found,) = unwind(run, 30, "alpha", shares=[1.0], days=10, agents=agents)
        sold[name] = (found.sold_eth, found.redeemed_eth, found.held_eth, found.waiting_eth)
    sys.modules.pop("ways", None)
    assert sold["Same"] == sold[None] and sold["Same"][0] > 0.0
    assert sold["Queueing"][0] == 0.0 and sold["Queueing"][1] + sold["Queueing"][3] > 0.0


@pytest.mark.parametrize("maker", ["Quiet", "quiet"])
def test_a_run_of_an_own_model_is_known_by_it(rules: Path, capsys: pytest.CaptureFixture[str], maker: str) -> None:
    own = ["--with", f"my_rules.py:{maker}"]
    assert main([*COMMAND, *own]) == 0
    run = load_run("r")
    assert run.manifest["cast"]["model"]["class"] == f"my_rules.{maker}"
    assert run.summary != run_scenario("baseline", **SMALL).summary
    assert main(["verify", "r", *own]) == 0
    assert main(["verify", "r"]) == 2
    assert f"made with my_rules.{maker} as its model, which is not given (--with" in capsys.readouterr().err
    assert main(["fork", "r", "--day", "5", "--set", "campaigns.airdrop_share=0.02", "--out", "b", *own]) == 0
    assert main(["network", "r", "--day", "5", *own]) == 0
    assert main(["verify", "b", *own]) == 0
    assert main([*COMMAND]) == 2
    rules.write_text(rules.read_text() + "\n")
    assert main(["verify", "r", *own]) == 2
    assert f"my_rules.{maker} (model) has changed since in my_rules" in capsys.readouterr().err


def test_what_makes_no_model_is_refused_by_name(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*COMMAND, "--with", "my_rules.py:no_model"]) == 2
    assert "model: my_rules.no_model gave Scenario, not a RestakingEcosystem" in capsys.readouterr().err


def test_a_maker_is_something_to_call() -> None:
    with pytest.raises(CastError, match="model is 3; give what makes a RestakingEcosystem"):
        run_scenario("baseline", model=3, **SMALL)  # type: ignore[arg-type]


def test_a_fork_takes_the_folder_of_a_run(rules: Path) -> None:
    run = run_scenario("baseline", out="r", **SMALL)
    one, other = (fork(origin, 5, {"campaigns.airdrop_share": 0.02}) for origin in (run, "r"))
    assert one.daily.equals(other.daily)


def test_a_model_that_stands_and_is_of_an_own_class_says_so(rules: Path) -> None:
    quiet = casts.load("my_rules.py:Quiet")
    with quiet("baseline", **{"stakers.count": 40, "days": 5}) as model:
        model.run()
        store.write_run(model, "r")
    assert load_run("r").manifest["cast"]["model"]["class"] == "my_rules.Quiet"
    assert verify_folder("r", model=quiet).passed
    with pytest.raises(CastError, match=r"made with my_rules\.Quiet as its model, which is not given"):
        verify_folder("r")


def test_classes_that_are_given_and_not_those_are_refused_also_where_nothing_is_made(rules: Path) -> None:
    run_scenario("baseline", out="r", **SMALL)
    own = ["--with", "my_rules.py:MyCast"]
    for line in (["verify", "r", "--files-only"], ["repair", "r"]):
        assert main(line) == 0
        assert main([*line, *own]) == 2


# --- patched while Python runs ----------------------------------------------------------------------------------------


def brave(self: Staker) -> float:
    """Fears nothing."""
    return 0.0


@pytest.mark.parametrize("how", ["function", "lambda", "property", "removed", "added", "base"])
def test_a_shipped_class_that_was_patched_is_refused_wherever_a_run_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.chdir(tmp_path)
    run = run_scenario("baseline", out="r", **SMALL)
    model = RestakingEcosystem("baseline", **{"stakers.count": 20, "days": 5})
    model.step()
    with monkeypatch.context() as patched:
        if how == "base":
            patched.setattr(RowAgent, "exists", property(lambda self: True))
            name = "RowAgent.exists"
        elif how == "added":
            patched.setattr(Staker, "greed", 3.0, raising=False)
            name = "Staker.greed"
        elif how == "removed":
            patched.delattr(Staker, "fear")
            name = "Staker.fear"
        else:
            name = "Staker.fear"
            patched.setattr(Staker, "fear", {"function": brave, "lambda": lambda self: 0.0}.get(how, property(brave)))
        for make in (
            model.step,
            lambda: run_scenario("baseline", **SMALL),
            lambda: replay(run, 3),
            lambda: verify_folder("r"),
            lambda: sweep(DESIGN, out="s", workers=2, progress=False),
            lambda: store.run_in_memory(model),
            lambda: Cast(operator=type("Own", (NodeOperator,), {})),
        ):
            with pytest.raises(CastError, match=rf"{name} was changed while Python runs: .* write it into a subclass"):
                make()
    assert verify_folder("r").passed
    model.close()


def test_a_class_patched_before_anything_was_imported_is_found() -> None:
    code = (
        "from restaking.agents.staker import Staker\nStaker.fear = lambda self: 0.0\nimport restaking\n"
        "try:\n    restaking.run('baseline', days=2, stakers=20, progress=False)\n"
        "except ValueError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=True)
    assert "Staker.fear was changed while Python runs" in done.stdout


def test_a_model_that_was_patched_is_recorded_by_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with RestakingEcosystem("baseline", **{"stakers.count": 20, "days": 5}) as model:
        monkeypatch.setattr(RestakingEcosystem, "decide", lambda self: None)
        for make in (lambda: run_scenario("baseline", **SMALL), lambda: store.write_run(model, tmp_path / "r")):
            with pytest.raises(CastError, match=r"RestakingEcosystem\.decide changed while Python runs"):
                make()


# --- notebooks --------------------------------------------------------------------------------------------------------

CELL = """
from restaking.agents import Staker

HALF = 0.5

def part(value):
    return HALF * value

class Brave(Staker):
    bonus = 0.1

    def fear(self):
        return part(super().fear())
"""


def notebook(text: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The names of a notebook with one cell: a main module without a file whose source is kept as IPython keeps it."""
    module = types.ModuleType("__main__")
    monkeypatch.setitem(sys.modules, "__main__", module)
    name = f"<cell {hashlib.sha256(text.encode()).hexdigest()}>"
    monkeypatch.setitem(linecache.cache, name, (len(text), None, text.splitlines(True), name))
    exec(compile(text, name, "exec"), vars(module))
    return vars(module)


def test_a_class_of_a_notebook_plays_and_is_known_by_its_cells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = notebook(CELL, monkeypatch)
    agents = {"staker": names["Brave"]}
    run = run_scenario("baseline", out=tmp_path / "r", agents=agents, **SMALL)
    assert run.manifest["cast"]["staker"]["class"] == "__main__.Brave"
    assert verify_folder(tmp_path / "r", agents=agents).passed
    with pytest.raises(CastError, match="cannot be imported by workers"):
        sweep(DESIGN, out=tmp_path / "s", progress=False, agents=agents)
    assert len(sweep(DESIGN, out=tmp_path / "s", progress=False, agents=agents, workers=1).failed) == 0


@pytest.mark.parametrize(
    ("old", "new"),
    [("HALF = 0.5", "HALF = 0.4"), ("HALF * value", "value * HALF"), ("0.1", "0.2"), ("super()", "1 * super()")],
)
def test_a_cell_that_was_changed_is_another_class(monkeypatch: pytest.MonkeyPatch, old: str, new: str) -> None:
    def known(text: str) -> Any:
        return casts.identity(casts.of({"staker": notebook(text, monkeypatch)["Brave"]}))

    assert known(CELL) == known(f"unused = 1\n{CELL}")
    assert known(CELL) != known(CELL.replace(old, new))


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

    class Quiet(RestakingEcosystem):
        """Nobody decides anything."""

        def decide(self) -> None:
            """Nothing."""
            self._intended = 0

    return Quiet(scenario, seed=seed, **terms)


def summaries(results: Any) -> list[float]:
    return list(results.runs["lrt_supply_eth"])


def test_a_sweep_with_own_classes_in_workers_is_resumed_verified_and_refused_when_they_change(rules: Path) -> None:
    cast = casts.load_own(["my_rules.py:MyCast"]).cast
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
