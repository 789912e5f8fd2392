"""The social network on which news and imitation travel."""

from typing import Literal

from .parameter import Parameters, parameter


class NetworkParameters(Parameters):
    """Shape of the network between stakers."""

    generator: Literal["hub", "ring", "none"] = parameter(
        "hub",
        description="hub: heavy-tailed degrees; ring: neighbours on a circle; none: nobody is linked",
        role="lever",
    )
    mean_degree: float = parameter(8.0, description="mean number of neighbours", unit="count", low=0.0, high=1_000.0)
    hub_exponent: float = parameter(
        2.6,
        description="exponent of the degree distribution's power-law tail",
        low=2.01,
        high=10.0,
        source="https://doi.org/10.1126/science.286.5439.509",
    )
    homophily: float = parameter(
        0.6, description="share of links that stay within an archetype by intent", unit="fraction", low=0.0, high=1.0
    )
