"""Make the notebooks from their sources: ``python notebooks/make.py``.

The source of ``NAME.ipynb`` is the percent script ``src/NAME.py``. The way is one only: edit the script, run
this, commit both. The notebooks hold no outputs, and the same source always gives the same file.
"""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

import jupytext
import nbformat

HERE = Path(__file__).resolve().parent
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def cell_id(number: int, text: str) -> str:
    """Return the identity of a cell: its place and what stands in it."""
    return hashlib.sha256(f"{number}\n{text}".encode()).hexdigest()[:12]


def notebook(script: str) -> nbformat.NotebookNode:
    """Turn a percent script into a notebook without outputs; tags, and what hides a source, are kept."""
    made = jupytext.reads(script, fmt="py:percent")
    made.metadata = nbformat.from_dict(METADATA)
    made.nbformat, made.nbformat_minor = 4, 5
    for number, cell in enumerate(made.cells):
        cell.id = cell_id(number, cell.source)
        kept = {key: cell.metadata[key] for key in ("tags", "jupyter") if key in cell.metadata}
        cell.metadata = nbformat.from_dict(kept)
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    nbformat.validate(made)
    return made


def text_of(source: Path) -> str:
    """Return the notebook of a source as the text of its file."""
    return nbformat.writes(notebook(source.read_text(encoding="utf-8"))) + "\n"


def main() -> int:
    """Write every notebook whose source has changed."""
    for source in sorted((HERE / "src").glob("*.py")):
        target = HERE / f"{source.stem}.ipynb"
        text = text_of(source)
        if target.exists() and target.read_text(encoding="utf-8") == text:
            continue
        part = target.with_name(f"{target.name}.part")
        part.write_text(text, encoding="utf-8", newline="\n")
        os.replace(part, target)
        print(target.name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
