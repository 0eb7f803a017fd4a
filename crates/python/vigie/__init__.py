"""Compare two tables for drift, learn references and run checks, with the binary `vigie` that this wheel holds."""

from vigie._binary import VigieError
from vigie._calls import Reference, check, compare, learn
from vigie._report import Report
from vigie._tables import Table

__all__ = ["Reference", "Report", "Table", "VigieError", "check", "compare", "learn"]
