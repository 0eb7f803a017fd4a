"""Compare two tables for drift, learn references and run checks, with the binary `vigie` that this wheel holds."""

from ._binary import VigieError
from ._calls import Reference, check, compare, learn
from ._report import Report
from ._tables import Table

__all__ = ["Reference", "Report", "Table", "VigieError", "check", "compare", "learn"]
