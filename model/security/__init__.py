"""Security of a restaking network: who underwrites which service, what an attack costs and what a fault takes along.

One file for each noun: the :mod:`network <.network>`, the files that it comes in by (:mod:`importing <.importing>`),
the :mod:`certificate <.certificate>` that is linear in the edges, :mod:`attacks <.attacks>` by enumeration, the
mixed-integer :mod:`programme <.programme>` for what is too large to enumerate, :mod:`elastic <.elastic>` slashing,
:mod:`cascades <.cascades>` round by round, and the :mod:`report <.report>` that chooses among them.

Sources: N. Durvasula, T. Roughgarden, "Robust Restaking Networks", ITCS 2025, doi 10.4230/LIPIcs.ITCS.2025.48
(arXiv:2407.21785); R. Bar-Zur, I. Eyal, "Elastic Restaking Networks", CCS 2025 (arXiv:2503.00170).
"""

from .attacks import Attack, attackable, best_attack, exact_slack, worst_losses
from .cascades import Cascade, cascade, longest_cascade
from .certificate import Certificate, certificate, certificate_of_arrays, loss_bound, stand_alone_split
from .elastic import (
    ElasticAttack,
    SymmetricNetwork,
    best_elastic_attack,
    exact_elastic_slack,
    largest_budget,
    slash_elastically,
)
from .importing import NetworkReading, Supplements, load_network, read_network
from .network import NetworkError, RestakingNetwork, Service
from .report import SecurityReport, analyse

__all__ = [
    "Attack",
    "Cascade",
    "Certificate",
    "ElasticAttack",
    "NetworkError",
    "NetworkReading",
    "RestakingNetwork",
    "SecurityReport",
    "Service",
    "Supplements",
    "SymmetricNetwork",
    "analyse",
    "attackable",
    "best_attack",
    "best_elastic_attack",
    "cascade",
    "certificate",
    "certificate_of_arrays",
    "exact_elastic_slack",
    "exact_slack",
    "largest_budget",
    "load_network",
    "longest_cascade",
    "loss_bound",
    "read_network",
    "slash_elastically",
    "stand_alone_split",
    "worst_losses",
]
