"""Node operators: size, cost, skill and correlated faults."""

from .parameter import Parameters, parameter

_INCEPTION = "https://inceptionlrt.com/blog/eigenlayer-infrastructure"


class OperatorParameters(Parameters):
    """The operators that restaked ETH is delegated to."""

    count: int = parameter(
        25,
        description="number of operators; the long tail that holds next to nothing is left out",
        unit="count",
        low=1,
        high=10_000,
        source=_INCEPTION,
    )
    commission: float = parameter(
        0.05, description="mean commission on AVS rewards", unit="fraction", low=0.0, high=0.5, role="lever"
    )
    commission_spread: float = parameter(
        0.03, description="standard deviation of commissions across operators", unit="fraction", low=0.0, high=0.5
    )
    cost_per_avs_eth: float = parameter(
        20.0,
        description="running cost of serving one AVS",
        unit="ETH/yr",
        low=0.0,
        high=100_000.0,
    )
    capacity_mean: float = parameter(
        12.0,
        description="mean number of AVSs that an operator can serve without strain",
        unit="count",
        low=1.0,
        high=10_000.0,
    )
    skill_spread: float = parameter(
        0.5, description="standard deviation of the logarithm of skill; skill divides the fault rate", low=0.0, high=5.0
    )
    fault_rate: float = parameter(
        0.05,
        description="faults that an AVS may slash for, per operator of average skill within capacity",
        unit="1/operator-yr",
        low=0.0,
        high=100.0,
    )
    client_correlation: float = parameter(
        0.2,
        description="share of faults that come from a client bug and hit all operators who run that client",
        unit="fraction",
        low=0.0,
        high=1.0,
    )
    clients: int = parameter(4, description="number of client implementations in use", unit="count", low=1, high=100)
    self_stake_eth: float = parameter(
        100.0, description="an operator's own stake", unit="ETH", low=0.0, high=1e7, role="lever"
    )
    choice_precision: float = parameter(
        5.0,
        description="precision of the choice of AVSs: logit weight of a year's profit over its running cost",
        unit="",
        low=0.0,
        high=1_000.0,
    )
    stake_concentration: float = parameter(
        1.1,
        description="Zipf exponent of operators' initial weights; 7 operators run about 75 % of restaked assets",
        low=0.0,
        high=5.0,
        source=_INCEPTION,
    )
    attachment: float = parameter(
        0.8,
        description="preferential attachment: exponent of present stake in where new stake goes",
        low=0.0,
        high=3.0,
    )
    dishonest_share: float = parameter(
        0.02,
        description="chance that an operator takes part in an attack that pays; none has been seen so far",
        unit="fraction",
        low=0.0,
        high=1.0,
        source="assumption",
        role="uncertainty",
    )
    liability: float = parameter(
        1.0,
        description="part of the delegated stake whose loss an attacker counts as its own; all of it in theory",
        unit="fraction",
        low=0.0,
        high=1.0,
        source="https://arxiv.org/abs/2407.21785",
        role="uncertainty",
    )
    names: tuple[str, ...] = parameter(
        (), description="names of the first operators; the others are numbered", role="fact"
    )

    def all_names(self) -> tuple[str, ...]:
        """Names of all operators: the given ones, then ``operator-01`` and so on by position."""
        width = max(2, len(str(self.count)))
        numbered = (f"operator-{number:0{width}d}" for number in range(len(self.names) + 1, self.count + 1))
        return (*self.names[: self.count], *numbered)
