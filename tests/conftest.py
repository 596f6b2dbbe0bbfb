"""What all tests share.

Slow simulations (marker ``slow``) always run, with few repetitions; ``--full`` or SURVEYKIT_FULL=1 asks for
all. Files that may not be committed are read from ``../shared/reference``, or from the folder that
SURVEYKIT_REFERENCE names; tests marked ``outside_data`` are left out, and counted at the end of the run, when
the files are absent. Laws are tried on the same examples every time when CI is set.
"""

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parents[1]
OUTSIDE = Path(os.environ.get("SURVEYKIT_REFERENCE", ROOT.parent / "shared" / "reference"))
FLOOR_OF_FORMULAS = 100.0

left_out = pytest.StashKey[int]()
formulas = pytest.StashKey[str]()

os.environ["MPLBACKEND"] = "agg"  # pictures are drawn without a screen
os.environ["JUPYTER_PLATFORM_DIRS"] = "1"

settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, database=None, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --full."""
    full = os.environ.get("SURVEYKIT_FULL", "0") not in ("", "0")
    parser.addoption("--full", action="store_true", default=full, help="simulations with all repetitions")


@pytest.fixture
def repetitions(request: pytest.FixtureRequest) -> Callable[[int, int], int]:
    """Choose between the repetitions that the claim needs and the few that find a blunder.

    ``repetitions(2000, 100)`` is 2000 with ``--full`` and 100 without.
    """
    full = request.config.getoption("--full")
    return lambda all_of_them, few: all_of_them if full else few


@pytest.fixture
def outside() -> Path:
    """Return the folder of files that may not be committed; for tests marked ``outside_data``."""
    return OUTSIDE


def is_there(item: pytest.Item) -> bool:
    """Say whether a test has the outside files it needs: the folder, and the paths its marker names."""
    marks = list(item.iter_markers("outside_data"))
    return not marks or all((OUTSIDE / path).exists() for mark in marks for path in mark.args or ("",))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests whose outside files are absent."""
    absent = [item for item in items if not is_there(item)]
    config.stash[left_out] = len(absent)
    if absent:
        config.hook.pytest_deselected(items=absent)
        items[:] = [item for item in items if is_there(item)]


def covered(cov: Any) -> tuple[float, str]:
    """Return the share of surveykit/formulas that the tests ran through, and the table."""
    table = io.StringIO()
    return cov.report(include=["*/surveykit/formulas/*"], file=table), table.getvalue()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a measured run that leaves a line or a branch of a formula untried."""
    plugin = session.config.pluginmanager.getplugin("_cov")
    if plugin is None or plugin.cov_controller is None or not plugin.options.cov_fail_under:
        return
    share, table = covered(plugin.cov_controller.cov)
    if share < FLOOR_OF_FORMULAS:
        session.exitstatus = session.exitstatus or pytest.ExitCode.TESTS_FAILED
        session.config.stash[formulas] = table


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say what was left out and why, and which formulas are not tried in full."""
    number = config.stash.get(left_out, 0)
    if number:
        terminalreporter.write_line(
            f"{number} tests left out: they read files that may not be committed, which are not in {OUTSIDE} "
            "(SURVEYKIT_REFERENCE names another folder)."
        )
    if formulas in config.stash:
        terminalreporter.section("surveykit/formulas must be covered in full")
        terminalreporter.write(config.stash[formulas])
