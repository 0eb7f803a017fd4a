"""A notebook shows the verdict, and the page in a frame of its own."""

import html
import re
from pathlib import Path

import nbformat
import pandas as pd
from nbclient import NotebookClient

import vigie


def test_a_notebook_shows_the_report(reference: pd.DataFrame, current: pd.DataFrame, tmp_path: Path) -> None:
    reference.to_parquet(tmp_path / "train.parquet")
    current.to_parquet(tmp_path / "today.parquet")
    cells = [
        "import pandas as pd, vigie",
        "vigie.compare(pd.read_parquet('train.parquet'), pd.read_parquet('today.parquet'))",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(
        notebook, startup_timeout=300, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    ).execute()
    (output,) = notebook.cells[1].outputs
    shown = output.data["text/html"]
    summary, _, frame = shown.partition("<details>")
    assert "Alarm: amount increased" in summary
    assert output.data["text/plain"].startswith("<vigie.Report: Alarm: amount increased")
    assert 'sandbox="allow-scripts"' in frame
    (page,) = re.findall(r"srcdoc='([^']*)'", frame)
    page = html.unescape(page)
    assert page.startswith("<!doctype html>")
    assert page.rstrip().endswith("</html>")
    # The page in the frame is the page; nothing of it is loaded from elsewhere.
    assert not re.search(r'(?:src|href)="https?://', page)


def test_names_cannot_break_out_of_the_notebook(reference: pd.DataFrame, current: pd.DataFrame) -> None:
    name = "</details><script>'\""
    report = vigie.compare(reference.rename(columns={"amount": name}), current.rename(columns={"amount": name}))
    outside = re.sub(r"srcdoc='[^']*'", "", report._repr_html_())
    assert "<script" not in outside
