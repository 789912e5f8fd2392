"""Network files of the trade: each form is brought into the project's own, and what happened on the way is told.

One file for each family of forms: :mod:`tables <.tables>` (CSV and records), :mod:`graphs <.graphs>` (GraphML, GEXF,
node-link), :mod:`registries <.registries>` (operators of EigenExplorer), :mod:`matrices <.matrices>` (arrays) and
:mod:`magnitudes <.magnitudes>`; the :mod:`draft <.draft>` is what they fill, :mod:`loading <.loading>` chooses among
them.
"""

from .draft import NetworkReading, Supplements
from .loading import FORMS, load_network, read_network

__all__ = ["FORMS", "NetworkReading", "Supplements", "load_network", "read_network"]
