"""Who decides: stakers, LRT protocols, node operators, AVSs, arbitrageurs and liquidators.

Imported as ``restaking.agents``. The names below are loaded when they are first used, so that importing the package
costs nothing.
"""

from typing import TYPE_CHECKING

if not (__package__ or "").startswith("restaking."):
    raise ImportError("import restaking.agents, not agents (install the project once: pip install -e .)")

if TYPE_CHECKING:
    from .arbitrageur import Arbitrageur
    from .avs import AVS
    from .cast import Cast
    from .liquidator import Liquidator
    from .lrt_protocol import LRTProtocol
    from .node_operator import NodeOperator
    from .population import Population
    from .staker import Staker
else:
    _EXPORTS = {
        "AVS": ".avs",
        "Arbitrageur": ".arbitrageur",
        "Cast": ".cast",
        "LRTProtocol": ".lrt_protocol",
        "Liquidator": ".liquidator",
        "NodeOperator": ".node_operator",
        "Population": ".population",
        "Staker": ".staker",
    }

    def __getattr__(name: str) -> object:
        if name not in _EXPORTS:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        value = globals()[name] = getattr(import_module(_EXPORTS[name], __name__), name)
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *_EXPORTS})


__all__ = ["AVS", "Arbitrageur", "Cast", "LRTProtocol", "Liquidator", "NodeOperator", "Population", "Staker"]
