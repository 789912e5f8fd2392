"""Exact vectors of "Robust Restaking Networks" (arXiv:2407.21785): definitions, theorems and a family of cascades."""

from fractions import Fraction

import pytest

from restaking.model.security import (
    NetworkError,
    RestakingNetwork,
    analyse,
    best_attack,
    cascade,
    certificate,
    exact_slack,
    longest_cascade,
    loss_bound,
    worst_losses,
)
from restaking.model.security.network import parse_fraction

F = Fraction


def one_service(profit: str, threshold: str, stake: str) -> RestakingNetwork:
    """One operator on one service."""
    return RestakingNetwork.of({"v": stake}, {"s": (profit, threshold)}, [("v", "s")])


@pytest.mark.parametrize(
    ("profit", "threshold", "stake", "slack"),
    [
        ("100", "1/2", "300", F(1, 2)),
        ("100", "1/2", "205", F(1, 40)),
        ("100", "1/2", "200", F(0)),
        ("100", "1/3", "300", F(0)),
        ("100", "1/3", "330", F(1, 10)),
    ],
)
def test_v1_and_v2_certificates(profit: str, threshold: str, stake: str, slack: Fraction) -> None:
    assert certificate(one_service(profit, threshold, stake)).slack == slack


def theorem_2(eps: Fraction) -> RestakingNetwork:
    """No slack: a small shock takes everything."""
    return RestakingNetwork.of({"a": eps, "b": 1 - eps}, {"x": (F(1), F(1))}, [("a", "x"), ("b", "x")])


def test_v3_no_slack_is_fragile() -> None:
    network = theorem_2(F(1, 10))
    assert certificate(network).slack == 0
    assert exact_slack(network) == 0
    assert best_attack(network) is None
    losses = worst_losses(network, [F(1, 10), F(1, 20)])
    assert losses[F(1, 10)].share == 1
    assert losses[F(1, 20)].share == F(1, 20)


def theorem_3(psi: Fraction, gamma: Fraction, eps: Fraction) -> RestakingNetwork:
    """The bound of theorem 1 is tight."""
    b, c = 1 / gamma - eps / psi, (1 - psi + eps) / psi - 1 / gamma
    profit = (1 + b) / (1 + gamma)
    return RestakingNetwork.of({"a": F(1), "b": b, "c": c}, {"x": (profit, F(1))}, [("a", "x"), ("b", "x")])


@pytest.mark.parametrize(
    ("psi", "gamma", "eps", "stakes", "profit", "loss", "bound"),
    [
        (
            F(1, 1000),
            F(1, 10),
            F(1, 10_000),
            (F(1), F(99, 10), F(9891, 10)),
            F(109, 11),
            F(109, 10_000),
            F(11, 1000),
        ),
        (
            F(1, 100),
            F(1, 4),
            F(1, 1000),
            (F(1), F(39, 10), F(951, 10)),
            F(98, 25),
            F(49, 1000),
            F(1, 20),
        ),
        (
            F(1, 10),
            F(1),
            F(1, 100),
            (F(1), F(9, 10), F(81, 10)),
            F(19, 20),
            F(19, 100),
            F(1, 5),
        ),
    ],
)
def test_v4_to_v6_the_bound_is_tight(
    psi: Fraction,
    gamma: Fraction,
    eps: Fraction,
    stakes: tuple[Fraction, ...],
    profit: Fraction,
    loss: Fraction,
    bound: Fraction,
) -> None:
    network = theorem_3(psi, gamma, eps)
    assert tuple(network.stakes.values()) == stakes
    assert network.services["x"].profit == profit
    assert certificate(network).slack == gamma
    assert exact_slack(network) == gamma
    assert worst_losses(network, [psi])[psi].share == loss
    assert loss_bound(gamma, psi) == bound
    assert loss < bound


def triangle() -> RestakingNetwork:
    """Theorem 6: a certificate gives no local guarantee."""
    edges = [("a", "x"), ("b", "x"), ("b", "y"), ("c", "y"), ("c", "z"), ("a", "z")]
    services = dict.fromkeys("xyz", (F(1), F(1)))
    return RestakingNetwork.of({"a": F(19, 10), "b": F(11, 5), "c": F(11, 5)}, services, edges)


def test_v7_triangle() -> None:
    network = triangle()
    assert certificate(network).slack == F(21, 20)
    assert exact_slack(network) == F(11, 10)
    losses = worst_losses(network, [F(0), F(1, 10), F(1, 3)])
    assert losses[F(0)].share == 0
    assert losses[F(1, 10)].share == F(1, 10)
    assert losses[F(1, 3)].share == F(1, 3)
    after = best_attack(network.without(["b", "c"]))
    assert after is not None
    assert after.operators == ("a",)
    assert set(after.services) == {"x", "y", "z"}


def theorem_8(n: int) -> RestakingNetwork:
    """Tight with bounded profit over stake: disjoint sixes, and threes that connect them."""
    operators = [f"v{number}" for number in range(n)]
    groups = n // 6
    edges = [(operators[6 * group + k], f"six{group}") for group in range(groups) for k in range(6)]
    shifted = operators[1:] + operators[:1]
    edges += [(shifted[3 * group + k], f"three{group}") for group in range(2 * groups) for k in range(3)]
    services = {name: (F(2), F(1)) for name in dict.fromkeys(service for _, service in edges)}
    return RestakingNetwork.of(dict.fromkeys(operators, F(1)), services, edges)


@pytest.mark.parametrize(("n", "lost", "services"), [(6, 5, 3), (12, 11, 6)])
def test_v8_bounded_profits_do_not_help(n: int, lost: int, services: int) -> None:
    network = theorem_8(n)
    assert certificate(network).slack == 0
    assert exact_slack(network) == 0
    attack = best_attack(network.without(["v0"]))
    assert attack is not None
    assert len(attack.operators) == lost
    assert len(attack.services) == services


def test_v9_the_binding_operator_is_named() -> None:
    services = {"green": (F(1), F(1)), "blue": (F(101), F(1))}
    edges = [("g", "green"), ("small", "blue"), ("large", "blue")]
    network = RestakingNetwork.of({"g": F(100), "small": F(1), "large": F(99)}, services, edges)
    found = certificate(network)
    assert found.slack == F(-1, 101)
    assert set(found.operators) == {"small", "large"}
    alone = RestakingNetwork.of({"g": F(100)}, {"green": (F(1), F(1))}, [("g", "green")])
    assert certificate(alone).slack == 99


def test_v10_a_prize_that_nobody_guards_is_taken_by_nobody() -> None:
    network = RestakingNetwork.of({"v": F(10)}, {"s": (F(50), F(1)), "t": (F(1), F(1))}, [("v", "t")])
    assert network.unsecured == ("s",)
    attack = best_attack(network)
    assert attack is not None
    assert attack.operators == ()
    assert attack.net_profit == 50
    assert analyse(network).secure is False
    assert certificate(network).slack == -1


def cascade_family(gamma: Fraction, length: int) -> RestakingNetwork:
    """One operator falls per round until everything is lost."""
    stakes = {length: F(1)}
    for t in range(length - 1, -1, -1):
        floor = gamma * sum(stakes.values()) * F(1001, 1000)
        stakes[t] = max(F(1), floor) if t else floor
    services = {f"s{t}": (stakes[t] * (1 + F(1, 10**9)), F(1)) for t in range(1, length + 1)}
    edges = [(f"v{operator}", f"s{t}") for t in range(1, length + 1) for operator in (t - 1, t)]
    return RestakingNetwork.of({f"v{t}": stakes[t] for t in range(length + 1)}, services, edges)


@pytest.mark.parametrize(
    ("gamma", "stakes", "slack"),
    [
        (F(1), (8.020018, 4.008005, 2.003001, 1.001, 1.0), 1.000999998),
        (F(1, 2), (2.2537518, 1.5020005, 1.001, 1.0, 1.0), 0.5004999985),
        (F(2), (54.162180, 18.042032, 6.010004, 2.002, 1.0), 2.001999997),
    ],
)
def test_the_longest_cascade_takes_one_operator_a_round(
    gamma: Fraction, stakes: tuple[float, ...], slack: float
) -> None:
    network = cascade_family(gamma, 4)
    assert [float(stake) for stake in network.stakes.values()] == pytest.approx(stakes, rel=1e-6)
    found = exact_slack(network)
    assert found is not None
    assert float(found) == pytest.approx(slack, rel=1e-9)
    fall = cascade(network, ["v0"], choose="smallest")
    assert fall.rounds == 4
    assert fall.lost == 1
    assert [len(attack.operators) for attack in fall.attacks] == [1, 1, 1, 1]
    assert longest_cascade(network, ["v0"]) == 4
    assert [fall_.round for fall_ in fall.falls] == [0, 1, 2, 3, 4]
    assert "prizes of" in fall.falls[1].reason


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1/3", Fraction(1, 3)),
        ("0.1", Fraction(1, 10)),
        ("1e-3", Fraction(1, 1000)),
        ("1e999999999", None),
        ("1e-999999999", None),
        ("9" * 500, None),
        ("1/0", None),
        ("nan", None),
        ("1_0", None),
        ("", None),
    ],
)
def test_fractions_are_bounded(text: str, value: Fraction | None) -> None:
    assert parse_fraction(text) == value


@pytest.mark.parametrize("number", [10**400, "1e101", 1e300, "1e-101", 1e-320, Fraction(1, 10**101)])
def test_numbers_out_of_all_proportion_are_refused(number: int | float | str | Fraction) -> None:
    with pytest.raises(NetworkError, match=r"is too (large|close to 0)|must be a number"):
        RestakingNetwork.of({"a": 1}, {"x": (number, "1/2")}, [("a", "x")])
    with pytest.raises(NetworkError, match=r"is too (large|close to 0)|must be a number"):
        RestakingNetwork.of({"a": number}, {"x": (1, "1/2")}, [("a", "x")])
