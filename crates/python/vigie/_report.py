"""The result of a comparison or a check."""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from html import escape
from os import PathLike
from pathlib import Path
from typing import Any

_COLOURS = {"stable": "#1d7448", "alarm": "#b3261e"}
_MAX_ROWS = 10


class Report:
    """What drifted, by how much, and how strong the evidence is. A notebook shows it; `print` prints the terminal's table."""

    def __init__(self, document: str, html: str, text: str, notes: Sequence[str]) -> None:
        """Hold the report as JSON, as a page and as text."""
        self._report: dict[str, Any] = json.loads(document)
        self._html = html
        self._text = text
        self._notes = tuple(notes)

    @property
    def severity(self) -> str:
        """`stable`, `watch`, `alarm`; `too_few` or `no_data` if the rows do not suffice for a verdict."""
        return str(self._report["verdict"]["severity"])

    @property
    def sentence(self) -> str:
        """The verdict in a sentence."""
        return str(self._report["verdict"]["sentence"])

    @property
    def findings(self) -> list[dict[str, Any]]:
        """What drifted, the worst first: `feature`, `test`, `value`, `limit`, `q_value`, `severity`, `reason`, …"""
        return copy.deepcopy(self._report["verdict"]["findings"])

    @property
    def notes(self) -> tuple[str, ...]:
        """What was assumed about the tables, and which columns were left out."""
        return self._notes

    @property
    def html(self) -> str:
        """The page; it is complete in itself."""
        return self._html

    def to_dict(self) -> dict[str, Any]:
        """Return everything, as `report.json` has it."""
        return copy.deepcopy(self._report)

    def save(self, path: str | PathLike[str]) -> None:
        """Write the page."""
        Path(path).write_text(self._html, encoding="utf-8")

    def __repr__(self) -> str:
        """Name the verdict."""
        return f"<vigie.Report: {self.sentence}>"

    def __str__(self) -> str:
        """Return the table that the terminal shows."""
        return self._text

    def _repr_html_(self) -> str:
        rows = self._summary_rows()
        notes = "".join(f"<div>note: {escape(note)}</div>" for note in self._notes)
        more = f"<div>… and {len(rows) - _MAX_ROWS} more</div>" if len(rows) > _MAX_ROWS else ""
        # Without the base, links within the page would lead to the notebook. A page has many double quotes, and few single ones.
        page = self._html.replace("<head>", '<head><base href="about:srcdoc">', 1)
        page = page.replace("&", "&amp;").replace("'", "&#39;")
        return (
            f'<div><p style="border-left:5px solid {_colour(self.severity)};padding-left:8px"><b>{escape(self.sentence)}</b></p>'
            f"<table>{''.join(rows[:_MAX_ROWS])}</table>{more}{notes}"
            '<details><summary>report</summary><iframe title="report" sandbox="allow-scripts" loading="lazy" '
            f'style="width:100%;height:720px;border:1px solid #8888" '
            f"srcdoc='{page}'></iframe></details></div>"
        )

    def _summary_rows(self) -> list[str]:
        """Return the worst finding of each subject."""
        worst: dict[str, dict[str, Any]] = {}
        for finding in self._report["verdict"]["findings"]:
            subject = finding["subject"]
            worst.setdefault(subject["name"] or subject["kind"], finding)
        return [
            f"<tr><td>{_label(finding['severity'])}</td><td>{escape(name)}</td>"
            f'<td style="text-align:left">{escape(finding["reason"])}</td></tr>'
            for name, finding in worst.items()
        ]


def _label(severity: str) -> str:
    style = f"background:{_colour(severity)};color:#fff;padding:1px 8px;border-radius:3px"
    return f'<span style="{style}">{escape(severity.replace("_", " "))}</span>'


def _colour(severity: str) -> str:
    return _COLOURS.get(severity, "#8a5800")
