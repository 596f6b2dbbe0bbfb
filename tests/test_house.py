"""The walls of the house: what import costs, how large a file may be, what may stand in the tree."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import types
import unicodedata
import zipfile
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
HEAVY = ("scipy.stats", "statsmodels", "matplotlib", "pyreadstat", "openpyxl", "jinja2")
SECONDS = 0.6  # that `import surveykit` may add to `import pandas`
LINES = 400  # of a Python file
NAMES = {"sampling": 20, "surveykit": 40}  # at the top of a package
BYTES = 1_000_000  # of a file of the frame
MADE = {".git", ".venv", "output", "build", "dist", "__pycache__", ".ipynb_checkpoints", ".hypothesis"}


@cache
def files():
    """Return what is or would be tracked; without git, all files but those that tools make."""
    if (ROOT / ".git").exists() and shutil.which("git"):
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listing = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode("utf-8")
        found = [ROOT / name for name in listing.split("\0") if name]
    else:
        found = [path for path in ROOT.rglob("*") if not MADE & set(path.relative_to(ROOT).parts)]
    return sorted(path for path in found if path.is_file() and not path.name.endswith((".pyc", ".part")))


@cache
def texts():
    """Return the text files by their place in the tree; a file with a zero byte is not text."""
    found = {}
    for path in files():
        content = path.read_bytes()
        if b"\0" not in content:
            found[path.relative_to(ROOT).as_posix()] = content.decode("utf-8", errors="surrogateescape")
    return found


def sources():
    return {name: text for name, text in texts().items() if name.endswith(".py")}


def with_lines(pattern, among):
    """Return the places where a pattern stands, as file:line."""
    return [
        f"{name}:{number}"
        for name, text in among.items()
        for number, line in enumerate(text.split("\n"), 1)
        if re.search(pattern, line)
    ]


def python(code, **environment):
    command = [sys.executable, "-c", code]
    environment = {**os.environ, **environment}
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True, env=environment)
    return json.loads(done.stdout)


# --- import -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("package", ["sampling", "surveykit"])
def test_import_leaves_heavy_libraries_alone(package):
    loaded = python(f"import json, sys, {package}; print(json.dumps(list(sys.modules)))")
    assert [name for name in HEAVY if name in loaded] == []


def test_import_adds_little_to_that_of_pandas(tmp_path):
    # an empty PYTHONDONTWRITEBYTECODE: where a machine sets it, every run would compile again
    compiled = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(tmp_path)}
    code = (
        "import json, time, pandas; start = time.perf_counter(); import surveykit;"
        "print(json.dumps(time.perf_counter() - start))"
    )
    python(code, **compiled)  # compiles the files once
    assert min(python(code, **compiled) for _ in range(5)) <= SECONDS  # what else runs adds to the others


@pytest.mark.parametrize("package", NAMES)
def test_top_of_a_package_has_few_names_and_all_of_them_exist(package):
    module = import_module(package)
    listed = module.__all__
    assert len(listed) == len(set(listed)) <= NAMES[package]
    assert [name for name in listed if not hasattr(module, name)] == []
    others = {name for name, value in vars(module).items() if not isinstance(value, types.ModuleType)}
    assert {name for name in others - set(listed) if not name.startswith("_")} <= {"annotations"}


@pytest.mark.parametrize("package", NAMES)
def test_public_names_at_the_top_have_docstrings_with_an_example(package):
    module = import_module(package)
    public = {name: getattr(module, name) for name in module.__all__ if callable(getattr(module, name))}
    bare = [name for name, value in public.items() if not (value.__doc__ or "").strip()]
    assert bare == []
    functions = {n: v for n, v in public.items() if isinstance(v, types.FunctionType)}
    assert [name for name, value in functions.items() if ">>>" not in value.__doc__] == []


# --- files --------------------------------------------------------------------------------------------------


def test_files_are_short_enough_to_find_ones_way():
    modules = {name: text for name, text in sources().items() if not name.startswith("notebooks/src")}
    long = {name: text.count("\n") for name, text in modules.items() if text.count("\n") > LINES}
    assert long == {}


def test_files_of_the_frame_are_small_and_described():
    folder = ROOT / "data" / "communes"
    heavy = {path.name: path.stat().st_size for path in files() if path.is_relative_to(folder)}
    assert {name: size for name, size in heavy.items() if size >= BYTES} == {}
    assert "README.md" in heavy


def test_wheel_carries_the_data_inside_the_packages_and_no_script(tmp_path):
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    packed = set(zipfile.ZipFile(wheel).namelist())
    inside = {"data/communes": "sampling/_data/communes", "data/examples": "surveykit/_data/examples"}
    for folder, place in inside.items():
        names = {name for name in texts() if name.startswith(f"{folder}/") and not name.endswith(".py")}
        assert names
        assert {place + name.removeprefix(folder) for name in names} <= packed
    assert [name for name in packed if "/_data/" in name and name.endswith(".py")] == []
    assert {name.split("/")[0].split("-")[0] for name in packed} == {
        "sampling",
        "surveykit",
        "surveykit_workbench",
    }


def test_text_is_utf_8_in_composed_form():
    assert with_lines("[\udc80-\udcff]", texts()) == []
    assert [name for name, text in texts().items() if not unicodedata.is_normalized("NFC", text)] == []


def test_no_file_names_a_registry_or_a_place_on_one_machine():
    hosts = [
        "pypi" + r"\.org",
        "python" + "hosted",
        "npmjs" + r"\.",
        "deb" + r"\.debian",
        "files" + r"\.python",
    ]
    places = [f"/{folder}/" for folder in ("work", "root", "farm")] + [r"[A-Z]:\\Users\\", "/" + r"home/\w"]
    assert with_lines("|".join(hosts + places), texts()) == []


def test_constraints_pin_versions_and_say_nothing_else():
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not re.fullmatch(r"[a-z0-9._-]+==[\w.]+( ; [^/]+)?", line)] == []
    assert {line.split("==")[0] for line in lines} >= {"pandas", "numpy", "hatchling", "pytest", "svy"}


def test_nothing_is_put_off_or_silenced():
    words = ["TO" + "DO", "FIX" + "ME", "NotImplemented" + "Error", r"pytest\.sk" + "ip", r"mark\.sk" + "ip"]
    words += [r"mark\.xf" + "ail", r"^\s*except( Exception)?: *pass", "assert Tr" + "ue$"]
    assert with_lines("|".join(words), sources()) == []


def test_a_silenced_rule_is_named_and_has_a_reason():
    silenced = with_lines("# no" + "qa", sources())
    reasoned = with_lines("# no" + r"qa: [A-Z]+\d+(, ?[A-Z]+\d+)* +\W* ?\w{2,}", sources())
    assert sorted(set(silenced) - set(reasoned)) == []


def test_files_are_opened_with_their_encoding_said():
    careless = []
    for name, text in sources().items():
        for call in [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]:
            function = call.func.attr if isinstance(call.func, ast.Attribute) else ""
            said = "encoding" in {keyword.arg for keyword in call.keywords}
            if function in ("read_text", "write_text", "read_csv") and not said:
                careless.append(f"{name}:{call.lineno}")
            if function == "to_csv" and call.args and not said:
                careless.append(f"{name}:{call.lineno}")
    assert careless == []
