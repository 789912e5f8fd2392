"""Network files of the trade: each form is brought into the project's own, and what happened on the way is told.

One file for each family of forms: :mod:`tables <.tables>` (CSV and records), :mod:`graphs <.graphs>` (GraphML, GEXF,
node-link), :mod:`registries <.registries>` (operators of EigenExplorer), :mod:`matrices <.matrices>` (arrays),
:mod:`magnitudes <.magnitudes>` and :mod:`objects <.objects>` (variants of the project's own form). They fill a
:mod:`draft <.draft>`; :mod:`loading <.loading>` chooses among them.
"""

from .draft import NetworkReading, Supplements
from .loading import FORMS, load_network, read_network

__all__ = ["FORMS", "NetworkReading", "Supplements", "load_network", "read_network"]
