"""Every notebook agrees with its source, holds no outputs, and runs from top to bottom in a clean kernel."""

import os
import runpy
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = Path(__file__).resolve().parents[1] / "notebooks"
NOTEBOOKS = sorted(path.stem for path in FOLDER.glob("*.ipynb"))
SOURCES = sorted(path.stem for path in (FOLDER / "src").glob("*.py"))
PROMISED = {
    "00_bat_dau", "01_khung_mau", "02_co_mau", "03_rut_mau", "05_trong_so", "06_uoc_luong", "07_truoc_sau",
}  # fmt: skip
SECONDS = 300  # for one cell

make = runpy.run_path(str(FOLDER / "make.py"))


def read(name):
    return nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)


def test_each_notebook_has_its_source_and_each_source_its_notebook():
    assert NOTEBOOKS == SOURCES
    assert set(NOTEBOOKS) >= PROMISED


@pytest.mark.parametrize("name", SOURCES)
def test_notebook_is_what_its_source_makes(name):
    stored = (FOLDER / f"{name}.ipynb").read_text(encoding="utf-8")
    assert stored == make["text_of"](FOLDER / "src" / f"{name}.py"), "run: python notebooks/make.py"


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_notebook_holds_no_outputs(name):
    code = [cell for cell in read(name).cells if cell.cell_type == "code"]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_notebook_runs_in_a_clean_kernel(name, tmp_path, monkeypatch):
    for variable in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(variable, str(tmp_path / variable))
    monkeypatch.delenv("MPLBACKEND")  # the kernel draws into the notebook
    resources = {"metadata": {"path": os.fspath(FOLDER)}}
    ran = NotebookClient(read(name), timeout=SECONDS, kernel_name="python3", resources=resources).execute()
    said = [output for cell in ran.cells if cell.cell_type == "code" for output in cell.outputs]
    warned = [output.text for output in said if output.get("name") == "stderr" and "Warning" in output.text]
    assert warned == []
