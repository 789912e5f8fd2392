"""Input that nobody should give: some three thousand command lines and their files, made the same way every time.

Families: settings, scenario files, names, designs, networks, forks, options and paths, and damaged folders of results.
Most cases come from crossing keys with odd values; those that once went wrong stand by themselves.
"""

import itertools
import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from restaking.experiments.designs.lookup import keys_of
from restaking.model import scenario as scenarios
from restaking.model.scenario import load_scenario, shipped_scenarios

SHIPPED = Path(scenarios.__file__).parents[1] / "scenarios"

RUN, SWEEP = "{run}", "{sweep}"
"""Stand for the folders of a finished run and of a finished sweep."""

SMALL = ("--days", "3", "--stakers", "20", "--no-figures", "--out", "o")
ESCAPES = "\x1b]0;pwn\x07\x1b[2J"

ODD_VALUES = (
    "true", "false", "none", "nan", "inf", "-inf", "-1", "0", "-0.0", "1", "0.5", "1e3", "1e308", "1e400", "5e-324",
    "9" * 40, "9" * 400, "9" * 5_000, "0x" + "f" * 5_000, "1" + "0" * 400 + ".0", ".5", "0o7", "1_000", "1__0",
    '""', '"inf"', '"5"', "'a\nb'", f'"{"x" * 5_000}"', "x" * 5_000, "../../x", "/etc/passwd", ESCAPES, "[/nope]",
    "{x = 1}", "{}", "[]", "[1, 2", "[[[[]]]]", "[" * 2_000, "[1, 'x']", "2024-01-01", "2024-02-30", "12:00:00",
    "1e-400", "é日🙂", "\u202e", "a=b", "1 # c", "'", '"""', "$(touch pwned)", "%s%n{0}",
)  # fmt: skip

ODD_JSON: tuple[Any, ...] = (
    None, True, -1, 0, 10**400, 1e308, "x", "", "../../x", ESCAPES, [], [[]], {}, {"a": None}, "1/0", "1e999999999",
    float("nan"), float("inf"), ["a", "b", "c"], "9" * 5_000,
)  # fmt: skip

DESIGN = {
    "name": '"d"', "scenario": '"baseline"', "seed": "3", "replications": "1", "days": "3", "stakers": "20",
    "kind": '"grid"', "axis": '"campaigns.airdrop_share" = [0.02, 0.05]', "extra": "", "more": "",
}  # fmt: skip

NETWORK: dict[str, Any] = {
    "operators": {"a": 10, "b": "20", "c": 5.5},
    "services": {"x": {"profit": 3, "threshold": "1/3"}, "y": {"profit": "2/3", "threshold": 0.5}},
    "edges": [["a", "x"], ["b", "x"], ["b", "y"], ["c", "y"]],
}


@dataclass(frozen=True)
class Case:
    """One command line.

    Attributes:
        family: what it is about.
        arguments: the command line.
        files: content by name, in the folder in which it is called.
        damage: what is done to the copy ``r`` of a finished run or sweep: content by name, None to remove a file.
        of: which copy that is.
    """

    family: str
    arguments: tuple[str, ...]
    files: Mapping[str, bytes] = field(default_factory=dict)
    damage: Mapping[str, bytes | None] = field(default_factory=dict)
    of: str = ""


def cases() -> list[Case]:
    """All of them, in a fixed order."""
    makers = (_settings, _scenario_files, _by_hand, _names, _designs, _networks, _forks, _paths, _price_files)
    return list(itertools.chain.from_iterable(maker(random.Random(f"corpus {maker.__name__}")) for maker in makers))


# -------------------------------------------------------------------- scenarios


def _settings(draw: random.Random) -> Iterator[Case]:
    for name in shipped_scenarios():
        keys = keys_of(load_scenario(name))
        for value in ODD_VALUES:
            for key in draw.sample(keys, 2):
                yield Case("settings", ("run", name, "--set", f"{key}={value}", *SMALL))
    for setting in ("", "=", "=1", "days", ".=1", "a.b=1", ".".join("a" * 20_000) + "=1", f"{'x' * 5_000}=1"):
        yield Case("settings", ("run", "baseline", "--set", setting, *SMALL))


def _toml(text: str | bytes, *arguments: str, name: str = "m.toml", **others: str) -> Case:
    content = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    files = {name: content, **{f"{key}.toml": other.encode() for key, other in others.items()}}
    return Case("scenario files", ("run", name, *(arguments or SMALL)), files)


def _scenario_files(draw: random.Random) -> Iterator[Case]:
    texts = [(SHIPPED / f"{name}.toml").read_text(encoding="utf-8") for name in shipped_scenarios()]
    for text in texts:
        lines = text.splitlines()
        set_lines = [number for number, line in enumerate(lines) if " = " in line and not line.startswith("#")]
        for value in ODD_VALUES:
            number = draw.choice(set_lines)
            key = lines[number].partition(" = ")[0]
            yield _toml("\n".join([*lines[:number], f"{key} = {value}", *lines[number + 1 :]]))
        for _ in range(8):
            cut = draw.randrange(len(text))
            yield _toml(text[:cut])
            yield _toml(text[:cut] + chr(draw.randrange(128)) + text[cut + 1 :])
            yield _toml(text.encode()[:cut] + bytes([draw.randrange(128, 256)]) + text.encode()[cut:])
            number = draw.choice(set_lines)
            yield _toml("\n".join([*lines[:number], lines[number], *lines[number:]]))


def _by_hand(_: random.Random) -> Iterator[Case]:
    many = "\n".join(f"key{number} = 1" for number in range(100_000))
    crowd = "\n".join(f"[lrt.a{number}]" for number in range(50_000))
    for text in (
        "", "\x00", "days = 3\x00", "\ufeffdays = 3", "days = " + "9" * 5_000, "days = 0x" + "f" * 5_000,
        "a" + ".a" * 20_000 + " = 1",
        "stakers" + ".a" * 20_000 + " = 1", "x = " + "[" * 3_000, "[a" + ".b" * 3_000 + "]",
        many, crowd, "[stakers]\n" + many, "[lst]\n" + many, 'extends = "m.toml"', 'extends = "/dev/null"',
        'extends = "/"', 'extends = "\\u0000"', "extends = [1]", f'extends = "{"x" * 5_000}"', 'extends = "baselin"',
        'extends = "../../../../../../etc/passwd"', '"stakers.count" = 50', '[lrt."a.b"]', '[lrt.""]',
        '[lrt."\\u001b"]',
        "[ether_price]\ncrash_day = true", '[ether_price]\nfile = "../../x"', '[ether_price]\npath = "csv"',
        '[ether_price]\npath = "csv"\nfile = "/dev/zero"', '[ether_price]\npath = "csv"\nfile = "/"',
        '[ether_price]\npath = "csv"\nclosesusd = []', '[ether_price]\npath = "csv"\ncloses_usd = [1.0]',
        '[ether_price]\npath = "csv"\ncloses_usd = [-1.0]\ncloses_from = "2024-01-01"', "[lrt]\nremove = true",
        "[stakers.archetypes]\nx = 1", "title = 5", "lrt = []", "hazards = {events = [1]}", "[[lrt]]",
    ):  # fmt: skip
        yield _toml(text)
    yield _toml('title = "caf\xe9"'.encode("latin-1"))
    yield _toml("days = 3".encode("utf-16"))
    chain = {f"s{number}.toml": f'extends = "s{number + 1}.toml"'.encode() for number in range(3_000)}
    yield Case("scenario files", ("run", "s0.toml", *SMALL), {**chain, "s3000.toml": b"days = 3"})
    yield Case("scenario files", ("run", "/dev/zero", *SMALL))
    yield Case("scenario files", ("run", "/dev/null", *SMALL))
    yield _toml("[stakers]\ncount = 20", "--out", "o", "--days", "12")  # no LRT at all, with figures


def _names(_: random.Random) -> Iterator[Case]:
    for name in (
        "../../../evil", "/tmp/evil", "..", ".", "", "a/b", "a\\b", "x" * 101, "x" * 5_000, "\\u0000",
        "CON", "é日", "a b",
        "\\u001b[2J\\u001b]0;pwn\\u0007", "-rf", ".hidden", "a\\nb", "\\u202e", "[/nope]", "%s%n{0}",
        "`touch pwned`", "~",
    ):  # fmt: skip
        small = ("--days", "3", "--stakers", "20", "--no-figures")
        yield _toml(f'name = "{name}"', *small)
        yield _toml(f'title = "{name}"', *SMALL)
        yield _toml(f'description = "{name}"', *SMALL)
        yield _toml(f'[lrt."{name}"]\nnative = true', *SMALL)
        yield _toml(f'extends = "baseline"\n[lrt.alpha.token]\nid = "{name}"', *SMALL)
        yield _toml(f'extends = "baseline"\n[operators]\nnames = ["{name}"]', *SMALL)
        yield _toml(f'extends = "baseline"\n[stakers.archetypes."{name}"]', *SMALL)
        yield Case("names", ("sweep", "d.toml", "--dry-run", "--workers", "1"), {"d.toml": _design(name=f'"{name}"')})
    for file in ("ch ild.toml", "ünï.toml", "-.toml", "...toml", f"{'x' * 200}.toml", "a\x1b[2Jb.toml", "a\nb.toml"):
        yield _toml("days = 3", "--stakers", "20", "--no-figures", name=file)


# -------------------------------------------------------------------- designs, networks


def _design(**changes: str) -> bytes:
    terms = DESIGN | changes
    top = "\n".join(f"{key} = {terms[key]}" for key in ("name", "scenario", "seed", "replications", "days", "stakers"))
    text = f"{top}\n{terms['more']}\n[design]\nkind = {terms['kind']}\n{terms['extra']}\n[axes]\n{terms['axis']}\n"
    return text.encode("utf-8", "surrogatepass")


def _designs(draw: random.Random) -> Iterator[Case]:
    def tried(content: bytes, *more: str) -> Case:
        return Case("designs", ("sweep", "d.toml", "--out", "o", "--workers", "1", *more), {"d.toml": content})

    for key in ("name", "scenario", "seed", "replications", "days", "stakers", "kind"):
        for value in draw.sample(ODD_VALUES, 20):
            # Replications are run: what may be large is only estimated.
            yield tried(_design(**{key: value}), "--dry-run")
    share = '"campaigns.airdrop_share"'
    for value in ODD_VALUES:
        yield tried(_design(axis=f"{share} = {value}"))
        yield tried(_design(axis=f"{share} = [0.02, {value}]"))
        yield tried(_design(axis=f"{share} = {{low = 0.0, high = 0.1, steps = {value}}}"), "--dry-run")
        yield tried(_design(more=f"[set]\n{share} = {value}", axis='"stakers.social_influence" = [0.0, 1.0]'))
        yield tried(_design(axis=f'"{value[:200]}" = [1, 2]' if '"' not in value else f"{value[:200]} = [1, 2]"))
    ranged = f"{share} = {{low = 0.0, high = 0.1}}"
    for kind, value in itertools.product(
        ("random", "lhs", "sobol", "morris"), ("0", "1", "3", "true", "1e3", "9" * 30)
    ):
        yield tried(_design(kind=f'"{kind}"', extra=f"n = {value}", axis=ranged), "--dry-run")
    for axis, extra, kind, replications in (
        (f"{share} = [0.02, 0.05]", "", "grid", "1000000"),
        (f"{share} = {{low = 0.0, high = 0.1, steps = 1000000}}", "", "grid", "1"),
        (f"{share} = {{low = 0.0, high = 0.1, steps = 1000000}}", "", "grid", "1000000"),
        (ranged, "n = 1000000", "random", "1"),
        (ranged, "n = 524288", "sobol", "1"),
    ):
        content = _design(axis=axis, extra=extra, kind=f'"{kind}"', replications=replications)
        yield tried(content, "--dry-run")
        if replications != "1":
            yield tried(content)
    for key in ("ether_price.file", "lrt.alpha.title", "seed", "name", "recording.entities_every_days", "lrt"):
        yield tried(_design(axis=f'"{key}" = ["a", "b"]'))
    inline = json.dumps({"name": "../../x"})
    yield Case("designs", ("sweep", "d.json", "--dry-run", "--out", "o"), {"d.json": inline.encode()})
    for content in ODD_JSON:
        text = json.dumps({"name": "d", "scenario": content, "design": {"kind": "grid"}, "axes": {"days": [3, 4]}})
        yield Case(
            "designs", ("sweep", "d.json", "--dry-run", "--out", "o", "--workers", "1"), {"d.json": text.encode()}
        )


OTHER_NETWORKS: tuple[Any, ...] = (
    {
        "data": [
            {
                "address": "0x1",
                "shares": [{"strategyAddress": "e", "shares": "7"}],
                "avsRegistrations": [{"avsAddress": "s"}],
            }
        ]
    },
    {
        "validator_stakes": [1, 2],
        "service_attack_rewards": [1],
        "service_attack_thresholds": [0.5],
        "allocations": [[1], [2]],
        "service_names": ["x"],
    },
    {
        "operators": {"a": {"e": 1}},
        "services": {"x": {"profit": 1, "threshold": 0.5}},
        "allocations": [
            {
                "operator": "a",
                "operatorSet": "x",
                "strategy": "e",
                "currentMagnitude": "1",
                "pendingDiff": 0,
                "maxMagnitude": "2",
            }
        ],
    },
    {
        "operators": [{"address": "a", "stake": 1}],
        "services": [{"name": "s", "profit": 1, "threshold": 1}],
        "edges": [{"operator": "a", "avs": "s", "allocation": 1}],
    },
    [{"operator": "a", "service": "s", "stake": 1, "threshold": "50%"}],
    {
        "directed": True,
        "graph": {},
        "nodes": [{"id": "a", "kind": "operator", "eth": 1}, {"id": "x", "kind": "avs", "profit": 1, "threshold": 0.5}],
        "links": [{"source": "a", "target": "x", "eth": 1}],
    },
)


def _networks(draw: random.Random) -> Iterator[Case]:
    def tried(document: Any, *more: str) -> Case:
        text = document if isinstance(document, str) else json.dumps(document)
        return Case("networks", ("security", "n.json", *more), {"n.json": text.encode("utf-8", "surrogatepass")})

    yield tried(NETWORK)
    for value in ODD_JSON:
        more = draw.choice(((), ("--json",)))
        yield tried(value, *more)
        for section in ("operators", "services", "edges", "allocations"):
            yield tried({**NETWORK, section: value}, *more)
        yield tried({**NETWORK, "operators": {**NETWORK["operators"], "a": value}}, *more)
        for name in ("profit", "threshold"):
            services = {**NETWORK["services"], "x": {"profit": 3, "threshold": "1/3", name: value}}
            yield tried({**NETWORK, "services": services}, *more)
        yield tried({**NETWORK, "edges": [["a", value]]}, *more)
        yield tried({**NETWORK, "allocations": [["a", "x", value]]}, *more)
    for number in ("1e999999999", "1e-999999999", "1e308", "1e-320", "1e-100", "1e100", "9" * 300, "1/" + "9" * 350):
        for quote in ("", '"'):
            text = json.dumps(NETWORK).replace("10", f"{quote}{number}{quote}", 1)
            yield tried(text)
            yield tried(json.dumps(NETWORK).replace('"profit": 3', f'"profit": {quote}{number}{quote}'))
        yield tried(NETWORK, "--psi", number)
    for psi in ODD_VALUES:
        yield tried(NETWORK, "--psi", psi)
    yield tried("[" * 100_000)
    yield tried('{"operators": ' * 5_000)
    yield tried('{"operators": {"a": 1, "a": 2}}')
    yield tried({**NETWORK, "operators": {f"o{number}\n": 1 for number in range(3)}})
    for file in ("/dev/null", "/dev/zero", "/", "missing.json", "-"):
        yield Case("networks", ("security", file))
    yield from _networks_of_other_forms()


def _networks_of_other_forms() -> Iterator[Case]:
    """Each form with an odd value in each of its places, and each table with odd cells, lines and columns."""
    terms = ("--profit", "1", "--threshold", "50%", "--strategy", "all", "--service", "s")
    for form in OTHER_NETWORKS:
        for path in _paths_in(form):
            for value in ODD_JSON:
                yield Case(
                    "networks", ("security", "n.json", *terms), {"n.json": json.dumps(_put(form, path, value)).encode()}
                )
    for cell in ODD_VALUES:
        for line in ("{},s,1", "a,{},1", "a,s,{}", "{}", "a,s,1,{}"):
            table = f"operator,service,stake\n{line.format(cell)}\nb,s,2\n".encode("utf-8", "surrogatepass")
            yield Case("networks", ("security", "n.csv", *terms), {"n.csv": table})
        header = f"{cell},service,stake\na,s,1\n".encode("utf-8", "surrogatepass")
        yield Case("networks", ("security", "n.csv", *terms), {"n.csv": header})
        for option in ("--profit", "--threshold", "--strategy", "--service", "--from", "--block", "--services"):
            yield Case("networks", ("security", "n.csv", option, cell), {"n.csv": b"operator,stake\na,1\n"})
    for text in ("<", "<graphml", "<graphml/>", "<gexf/>", "<html/>", "operator,stake\n", '"', "a;b\n1;2", "\ufeff"):
        yield Case("networks", ("security", "n.txt"), {"n.txt": text.encode()})
        yield Case("networks", ("security", "n.txt", "--from", "csv"), {"n.txt": text.encode()})
        yield Case("networks", ("security", "n.txt", "--from", "graphml"), {"n.txt": text.encode()})


def _paths_in(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from _paths_in(inner, (*path, key))


def _put(form: Any, path: tuple[Any, ...], value: Any) -> Any:
    changed = json.loads(json.dumps(form))
    place = changed
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return changed


# -------------------------------------------------------------------- runs


def _forks(draw: random.Random) -> Iterator[Case]:
    keys = keys_of(load_scenario("baseline"))
    for value in ODD_VALUES:
        day = draw.choice(("0", "1", "5", "9"))
        setting = f"{draw.choice(keys)}={value}"
        yield Case("forks", ("fork", RUN, "--day", day, "--set", setting, "--no-figures", "--out", "o"))
    for day in ("-1", "10", "9" * 30, "1.0", "x", "nan"):
        yield Case("forks", ("fork", RUN, "--day", day, "--set", "campaigns.airdrop_share=0.01", "--out", "o"))
        yield Case("forks", ("network", RUN, "--day", day))
        yield Case("forks", ("unwind", RUN, "--day", day, "--days", "2", "--share", "0.5"))
    for share in ("nan", "inf", "-1", "0", "2", "x", "1e400"):
        yield Case("forks", ("unwind", RUN, "--day", "5", "--days", "2", "--share", share))
    for confidence in ("nan", "0", "1", "-1", "inf", "x"):
        yield Case("forks", ("compare", RUN, RUN, "--confidence", confidence))
        yield Case("forks", ("compare", RUN, RUN, "--half-width", confidence))
    yield Case("forks", ("compare", RUN, SWEEP))
    yield Case("forks", ("compare", RUN, RUN, "--metric", "x" * 5_000))


def _paths(_: random.Random) -> Iterator[Case]:
    for path in (
        "x" * 256,
        "é" * 200,
        "/",
        "/dev/null/x",
        "a\0b",
        "a[/x]b",
        ESCAPES,
        "\ud800",
        "x/" * 3_000,
        "~nobody/x",
    ):
        yield Case("paths", ("network", RUN, "--day", "2", "--out", path))
        yield Case("paths", ("compare", RUN, RUN, "--out", path))
        yield Case("paths", ("sweep", path))
        for verb in ("plot", "verify", "replay", "security", "run"):
            yield Case("paths", (verb, path))
        yield Case("paths", ("explain", path))
        yield Case("paths", ("explain", "days", "--scenario", path))
        yield Case("paths", ("reproduce", path))
        yield Case("paths", ("list", path))
        yield Case("paths", (path,))
        yield Case("paths", (f"--{path}",))
    for option, value in itertools.product(
        ("--seed", "--days", "--stakers"), ("1.0", "٣", "9" * 5_000, "0x10", "", "001")
    ):
        yield Case("paths", ("run", "baseline", option, value, *SMALL[4:]))
    for setting in ('psi="1e999999999"', "graphs=-1", "seed=" + "9" * 5_000, "x=1", "graphs=true"):
        yield Case("paths", ("reproduce", "dr24", "--short", "--out", "o", "--set", setting))


def _price_files(_: random.Random) -> Iterator[Case]:
    days = "\n".join(f"2024-01-{day:02d},{2000 + day}" for day in range(1, 31))
    scenario = b'days = 5\n[ether_price]\npath = "csv"\nfile = "p.csv"\n[stakers]\ncount = 20\n'
    for text in (
        f"date,usd\n{days}", f"\ufeffdate,usd\n{days}", "", "date,usd", "date;usd\n2024-01-01;2,0",
        '{"prices": [[1, 2]]}',
        "date,usd\n2024-01-01,-1", "date,usd\n2024-01-01,nan", "date,usd\n2024-01-01", "date,usd\n20240101,5",
        "date,usd\n2024-W01-1,5", f"date,usd\n2024-01-01,{'9' * 5_000}", f"date,usd\n{ESCAPES},1", "date,usd\n\x00,1",
        "date,usd\n" + "\n".join(reversed(days.splitlines())), 'date,usd\n"' + "x" * 200_000, "x," * 100_000,
    ):  # fmt: skip
        yield Case(
            "price files", ("run", "m.toml", "--no-figures", "--out", "o"), {"m.toml": scenario, "p.csv": text.encode()}
        )


# -------------------------------------------------------------------- damaged folders of results


def damaged(run: Path, sweep: Path) -> list[Case]:
    """Command lines on copies of a finished run and a finished sweep in which something is wrong.

    Args:
        run: folder of the run.
        sweep: folder of the sweep.
    """
    draw = random.Random("corpus damage")
    return [*_damaged_json(draw, run, RUN), *_damaged_json(draw, sweep, SWEEP), *_damaged_files(draw, run, sweep)]


def _reading(of: str, draw: random.Random) -> tuple[str, ...]:
    verbs: dict[str, tuple[tuple[str, ...], ...]] = {
        RUN: (
            ("compare", "r", RUN),
            ("network", "r", "--day", "5"),
            ("unwind", "r", "--day", "5", "--days", "2", "--share", "0.5"),
            ("fork", "r", "--day", "5", "--set", "campaigns.airdrop_share=0.01", "--no-figures", "--out", "o"),
        ),
        SWEEP: (("verify", "r", "--sample", "1"), ("compare", "r", SWEEP), ("sweep", "r/design.json")),
    }
    return draw.choice(verbs[of])


def _damaged_json(draw: random.Random, folder: Path, of: str) -> Iterator[Case]:
    for path in sorted(folder.glob("*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        for key in content:
            for value in draw.sample(ODD_JSON, 2):
                text = json.dumps({**content, key: value})
                yield Case("damage", _reading(of, draw), {}, {path.name: text.encode()}, of)


def _damaged_files(draw: random.Random, run: Path, sweep: Path) -> Iterator[Case]:
    for folder, of in ((run, RUN), (sweep, SWEEP)):
        for path in sorted(folder.rglob("*")):
            if path.is_dir() or path.suffix not in (".json", ".parquet", ".toml"):
                continue
            name, content = path.relative_to(folder).as_posix(), path.read_bytes()
            changed = bytearray(content)
            for _ in range(8):
                changed[draw.randrange(len(changed))] ^= 1 << draw.randrange(8)
            for damage in (b"", content[: len(content) // 2], bytes(changed), b"[" * 5_000, None):
                yield Case("damage", _reading(of, draw), {}, {name: damage}, of)
            yield Case("damage", ("plot", "r"), {}, {name: draw.choice((b"", content[:100], bytes(changed)))}, of)
