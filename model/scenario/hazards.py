"""Hazards: contract exploits by layer, and events that a scenario puts on a day."""

from typing import Literal

from .parameter import Day, Number, Parameters, parameter, section

_SIZES = "https://www.htx.com/news/annual-loss-rate-only-003-data-disassembles-the-real-risk-of-FLnFI78R/"
_LRT = "https://www.aicoin.com/en/article/527887"
_DEFI = "https://slop.sus.cat/etherium/webapp/statistics.html"


EventKind = Literal["slash", "exploit", "pause", "shock", "unbacked"]
"""Kinds of events that a scenario can put on a day. Whoever adds one says in the ecosystem what it does."""


class HazardEvent(Parameters):
    """Something that happens on a given day whatever the dice say."""

    day: Day = parameter(description="day of the event", unit="day", role="lever")
    kind: EventKind = parameter(
        description="slash: operators lose part of their stake; exploit: a contract loses part of its assets; pause: "
        "withdrawals stop; shock: holders sell part of the supply, at any price while redemption is closed; unbacked: "
        "an attacker mints tokens that nothing stands behind, posts them as collateral and borrows what there is",
        role="lever",
    )
    target: str = parameter(
        description="what it hits: an LRT, restaking (the layer) or all; also, for slash an operator, AVS or venue "
        "(native, lst_restaking), for exploit an LST or venue",
        role="lever",
    )
    size: Number = parameter(
        description="fraction lost (slash, exploit), sold (shock) or minted (unbacked) over supply; days (pause)",
        unit="fraction or days",
        low=0.0,
        high=3_650.0,
        role="lever",
    )


class CustodyFactor(Parameters):
    """Hazard by who holds the keys, relative to a delegated set-up."""

    non_custodial: Number = parameter(
        0.8, description="keys with the operators' own clients", unit="multiple", low=0.0, high=100.0
    )
    delegated: Number = parameter(1.0, description="keys with chosen operators", unit="multiple", low=0.0, high=100.0)
    custodial: Number = parameter(1.3, description="keys with one custodian", unit="multiple", low=0.0, high=100.0)


class HazardParameters(Parameters):
    """Rates and loss sizes by contract layer; layers multiply."""

    enabled: bool = parameter(
        True, description="random exploits and faults happen; set events happen anyway", role="lever"
    )
    lrt_exploit_rate: float = parameter(
        0.03,
        description="exploits of an LRT protocol; one of 10 % or more in about 16 protocol-years",
        unit="1/protocol-yr",
        low=0.0,
        high=10.0,
        source=_LRT,
    )
    lrt_exploit_loss_median: float = parameter(
        0.08, description="median share of assets lost", unit="fraction", low=0.0001, high=1.0, source=_LRT, scale="log"
    )
    lrt_exploit_loss_sigma: float = parameter(
        1.0,
        description="standard deviation of the logarithm of the loss; sizes are log-normal",
        low=0.0,
        high=5.0,
        source=_SIZES,
    )
    layer_exploit_rate: float = parameter(
        0.003, description="exploits of the restaking layer's own contracts", unit="1/yr", low=0.0, high=10.0
    )
    layer_exploit_loss: float = parameter(
        0.05, description="share of all restaked assets then lost", unit="fraction", low=0.0, high=1.0
    )
    layer_pause_rate: float = parameter(
        0.0,
        description="emergencies in which those with the pauser role stop all withdrawals of restaked ETH at once",
        unit="1/yr",
        low=0.0,
        high=10.0,
        source="https://github.com/Layr-Labs/eigenlayer-contracts/blob/testnet-holesky/src/contracts/permissions/"
        "PauserRegistry.sol",
        role="lever",
    )
    layer_pause_days: int = parameter(
        7,
        description="how long such a stop lasts",
        unit="days",
        low=1,
        high=365,
        source="assumption: one escrow period of the first year",
        role="lever",
    )
    custodial_pause_claims: float = parameter(
        0.05,
        description="claims that the buffer does not cover, over supply, above which a custodial LRT stops withdrawals",
        unit="fraction",
        low=0.0,
        high=1.0,
        source="assumption: about a usual buffer",
        role="lever",
    )
    custodial_pause_days: int = parameter(
        14,
        description="how long such a stop lasts",
        unit="days",
        low=1,
        high=365,
        source="assumption: one escrow period",
        role="lever",
    )
    defi_exploit_rate: float = parameter(
        0.01,
        description="exploits of the pools and markets around an LRT",
        unit="1/yr",
        low=0.0,
        high=10.0,
        source=_DEFI,
    )
    custody_factor: CustodyFactor = section(CustodyFactor, "how custody scales the hazard of an LRT")
    audit_half_life_days: float = parameter(
        365.0,
        description="time in which the protection of an audit halves",
        unit="days",
        low=1.0,
        high=36_500.0,
        scale="log",
    )
    events: tuple[HazardEvent, ...] = parameter((), description="events on given days", role="lever")
