"""Everything about the security of one network, by the best means its size allows.

Small networks are enumerated, medium ones go through mixed-integer programmes, and for larger ones there is the
certificate (which can prove security), a search for attacks (which can disprove it) and bounds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Literal

from . import attacks, elastic, programme
from .attacks import Attack, attack_of
from .certificate import Certificate, certificate, loss_bound
from .elastic import ElasticAttack, attack_with
from .network import RestakingNetwork
from .search import promising_coalition

DEFAULT_PSIS = ("0.001", "0.01", "0.05")

Means = Literal["enumeration", "programme", "bounds"]


@dataclass(frozen=True)
class SecurityReport:
    """What is known about a network's security.

    Attributes:
        network: the network.
        secure: whether no attack pays; None when that could not be decided.
        certificate: the per-operator condition.
        slack: the largest gamma such that every attack costs (1 + gamma) times its prizes; None without prizes and
            where only bounds are known.
        best_attack: the valid attack with the largest net profit (with ``exact`` False: the best one found).
        worst_loss: share of all stake by shock as it was asked for; with ``exact`` False upper bounds; None where there
            is none, and in the elastic model.
        exact: whether slack, attack and losses are exact.
        means: how they were found.
        served: the same for the services that somebody secures; None where those are all, or where none with a prize
            is left to itself.
    """

    network: RestakingNetwork
    secure: bool | None
    certificate: Certificate
    slack: Fraction | None
    best_attack: Attack | ElasticAttack | None
    worst_loss: Mapping[str, Fraction | float | None] | None
    exact: bool
    means: Means
    served: SecurityReport | None = None

    @property
    def unserved(self) -> tuple[str, ...]:
        """Services on which there is no stake: whoever wants takes their prize."""
        return tuple(name for name, stake in self.network.stake_on.items() if not stake)

    def to_mapping(self) -> dict[str, Any]:
        """The report as one JSON object: fractions as strings when the network is exact, else floats.

        Slack and losses are those of the rigid model; both are null for an elastic network, whose slack is told as
        ``elastic_slack``. Where services have no stake there are also ``unserved``, their names, and, when one of them
        has a prize, ``served``: the same object for the others.
        """

        def told(value: Fraction | float | None) -> float | str | None:
            return self.network.told(value) if isinstance(value, Fraction) else value

        attack = self.best_attack
        content: dict[str, Any] = {
            "secure": self.secure,
            "certificate_slack": told(self.certificate.slack),
            "slack": None if self.network.allocations is not None else told(self.slack),
            "best_attack": None
            if attack is None
            else {
                "services": list(attack.services),
                "operators": list(attack.operators),
                "profit": told(attack.net_profit),
                "stake_lost": told(attack.stake_lost),
            },
            "worst_loss": None
            if self.worst_loss is None
            else {psi: told(loss) for psi, loss in self.worst_loss.items()},
            "method": "exact" if self.exact else "bound",
        }
        if self.network.allocations is not None:
            content["elastic_slack"] = told(self.slack)
        if self.unserved:
            content["unserved"] = list(self.unserved)
        if self.served is not None:
            content["served"] = self.served.to_mapping()
        return content


def analyse(network: RestakingNetwork, psis: Mapping[str, Fraction] | Iterable[str] = DEFAULT_PSIS) -> SecurityReport:
    """Analyse a network.

    Args:
        network: the network; elastic when it has allocations.
        psis: shocks as shares of all stake, by the names under which to report them, or just as text ("1/10").
    """
    shocks = dict(psis) if isinstance(psis, Mapping) else {name: Fraction(name) for name in psis}
    # Operators without stake change no sum, and every one of them would double what is enumerated.
    staked = network.without([name for name, stake in network.stakes.items() if not stake])
    found = replace(_analysed(staked, shocks), network=network)
    left = [name for name in network.services if name not in found.unserved]
    if not network.unsecured or not left:
        return found
    return replace(found, served=analyse(network.without_services(found.unserved), shocks))


def _analysed(network: RestakingNetwork, shocks: Mapping[str, Fraction]) -> SecurityReport:
    proof = certificate(network)
    if network.allocations is not None:
        return _elastic(network, proof)
    if attacks.enumerable(network):
        return _enumerated(network, proof, shocks)
    if len(network.stakes) + len(network.services) <= programme.LARGEST:
        return _programmed(network, proof, shocks)
    return _bounded(network, proof, shocks)


def _enumerated(network: RestakingNetwork, proof: Certificate, shocks: Mapping[str, Fraction]) -> SecurityReport:
    attack = attacks.best_attack(network)
    slack = attacks.exact_slack(network)
    if attacks.shocks_enumerable(network, max(shocks.values(), default=Fraction(0))):
        losses = attacks.worst_losses(network, shocks.values())
        shares: dict[str, Fraction | float | None] = {name: losses[psi].share for name, psi in shocks.items()}
        return SecurityReport(network, attack is None, proof, slack, attack, shares, True, "enumeration")
    shares, exact = _programmed_losses(network, slack if slack is not None else proof.slack, shocks)
    return SecurityReport(network, attack is None, proof, slack, attack, shares, exact, "programme")


def _programmed(network: RestakingNetwork, proof: Certificate, shocks: Mapping[str, Fraction]) -> SecurityReport:
    answer = programme.best_attack(network)
    slack = programme.slack(network)
    secure = _verdict(proof, answer)
    known = slack.slack if slack.proven else proof.slack
    shares, exact = _programmed_losses(network, known, shocks)
    decided = answer.proven and slack.proven
    return SecurityReport(
        network,
        secure,
        proof,
        slack.slack if slack.proven else None,
        answer.attack,
        shares,
        decided and exact,
        "programme" if decided else "bounds",
    )


def _verdict(proof: Certificate, answer: programme.Answer) -> bool | None:
    if answer.attack is not None:
        return False
    if proof.secure or answer.proven:
        return True
    return None


def _programmed_losses(
    network: RestakingNetwork, slack: Fraction | None, shocks: Mapping[str, Fraction]
) -> tuple[dict[str, Fraction | float | None], bool]:
    """Losses by shock, exact when all are; otherwise the smallest upper bounds known."""
    answers = {name: programme.worst_loss(network, psi) for name, psi in shocks.items()}
    if all(answer.proven for answer in answers.values()):
        return {name: answer.loss.share for name, answer in answers.items()}, True
    bounds: dict[str, Fraction | float | None] = {}
    for name, answer in answers.items():
        general = loss_bound(slack, shocks[name])
        bounds[name] = min(answer.bound, float(shocks[name]) + 1.0, float("inf") if general is None else float(general))
    return bounds, False


def _bounded(network: RestakingNetwork, proof: Certificate, shocks: Mapping[str, Fraction]) -> SecurityReport:
    found = attack_of(network, promising_coalition(network))
    attack = found if found.valid else None
    secure = False if attack is not None else (True if proof.secure else None)
    bounds = {name: loss_bound(proof.slack, psi) for name, psi in shocks.items()}
    return SecurityReport(network, secure, proof, None, attack, bounds, False, "bounds")


def _elastic(network: RestakingNetwork, proof: Certificate) -> SecurityReport:
    if elastic.enumerable(network):
        best = elastic.best_elastic_attack(network)
        gamma = elastic.exact_elastic_slack(network)
        return SecurityReport(network, best is None, proof, gamma, best, None, True, "enumeration")
    if len(network.stakes) + 2 * len(network.services) <= programme.LARGEST:
        answer = programme.best_attack(network)
        smallest = programme.slack(network)
        secure = _verdict(proof, answer)
        proven = answer.proven and smallest.proven
        known = smallest.slack if smallest.proven else None
        means: Means = "programme" if proven else "bounds"
        return SecurityReport(network, secure, proof, known, answer.attack, None, proven, means)
    found = attack_with(network, promising_coalition(network))
    attack = found if found.valid else None
    secure = False if attack is not None else (True if proof.secure else None)
    return SecurityReport(network, secure, proof, None, attack, None, False, "bounds")
