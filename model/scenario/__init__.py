"""Scenarios: every parameter of a run, where it comes from, and what is wrong with it."""

from ..errors import ScenarioError
from .arbitrage import ArbitrageParameters
from .avs import AvsParameters
from .campaigns import CampaignParameters
from .ethereum import ChurnChange, EthereumParameters, ExternalExit
from .hazards import CustodyFactor, HazardEvent, HazardParameters
from .liquid_staking import LstParameters
from .loading import load_scenario, shipped_scenarios
from .lrt import LrtParameters, PointsBoost
from .markets import MarketParameters
from .networks import NetworkParameters
from .operators import OperatorParameters
from .recording import RecordingParameters
from .registry import ParameterInfo, find_parameter, parameters, scenario_schema
from .restaking import EscrowChange, RestakingParameters
from .scenario import Scenario
from .stakers import ArchetypeParameters, StakerParameters
from .tokens import Season, TokenParameters

__all__ = [
    "ArbitrageParameters",
    "ArchetypeParameters",
    "AvsParameters",
    "CampaignParameters",
    "ChurnChange",
    "CustodyFactor",
    "EscrowChange",
    "EthereumParameters",
    "ExternalExit",
    "HazardEvent",
    "HazardParameters",
    "LrtParameters",
    "LstParameters",
    "MarketParameters",
    "NetworkParameters",
    "OperatorParameters",
    "ParameterInfo",
    "PointsBoost",
    "RecordingParameters",
    "RestakingParameters",
    "Scenario",
    "ScenarioError",
    "Season",
    "StakerParameters",
    "TokenParameters",
    "find_parameter",
    "load_scenario",
    "parameters",
    "scenario_schema",
    "shipped_scenarios",
]
