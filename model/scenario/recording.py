"""What a run writes down."""

from .parameter import Parameters, parameter


class RecordingParameters(Parameters):
    """Volume of the series; the world does not depend on it."""

    entity_interval: int = parameter(
        1, description="days between two records of the entities", unit="days", low=1, high=3_650, role="lever"
    )
    operators: bool = parameter(True, description="record every operator", role="lever")
    exact_security_interval: int = parameter(
        0,
        description="days between two checks of the restaking network by exact tools, noted as events; 0: none. One of "
        "30 operators and 13 AVSs takes half a second",
        unit="days",
        low=0,
        high=3_650,
        role="lever",
    )
    avs: bool = parameter(True, description="record every AVS", role="lever")
