"""Put a folder in place whole, or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from sampling.checks import ArgumentError, listed

__all__ = ["check_output", "write_whole"]

LITTER = (".DS_Store", "Thumbs.db", "desktop.ini")  # what desktops leave behind


def check_output(folder: Path, ours: Iterable[str]) -> None:
    """Refuse a folder that holds anything but an earlier report.

    Parameters
    ----------
    folder : Path
        Where the report is to go.
    ours : list of str
        Names that a report writes there.

    Raises
    ------
    ArgumentError
        The place is a file, or holds other things.
    """
    if folder.exists() and not folder.is_dir():
        raise ArgumentError(f"--output={str(folder)!r} is a file. Name a folder.")
    if folder.is_dir():
        known = set(ours)
        others = sorted(
            p.name
            for p in folder.iterdir()
            if p.name not in known and p.name not in LITTER and not p.name.startswith("~$")
        )
        if others:
            raise ArgumentError(
                f"--output={str(folder)!r} holds other things ({listed(others)}), and a new report replaces "
                "the whole folder. Name another folder, or move them away."
            )


def write_whole(folder: Path, fill: Callable[[Path], None], *, ours: Iterable[str]) -> None:
    """Fill a temporary folder beside the wanted one, and put it in its place when it is complete.

    An earlier folder stays until then. If anything fails it is still there, and no half-made one is left.

    Parameters
    ----------
    folder : Path
        The wanted folder.
    fill : function of a Path
        Writes everything into the empty folder it is given.
    ours : list of str
        Names that may stand in an earlier folder.
    """
    folder = Path(os.path.realpath(folder))
    check_output(folder, ours)
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", suffix=".part", dir=folder.parent))
    try:
        fill(fresh)
        fresh.chmod(0o755)
        _swap(fresh, folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _swap(fresh: Path, folder: Path) -> None:
    """Move the fresh folder into place; the old one goes only after that."""
    if not folder.exists():
        fresh.replace(folder)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", suffix=".old", dir=folder.parent))
    kept = old / folder.name
    try:
        folder.replace(kept)
    except OSError as error:
        old.rmdir()
        raise PermissionError(
            f"--output={str(folder)!r} is in use ({error.strerror}). Close the report and its workbook, then "
            "run again."
        ) from error
    try:
        fresh.replace(folder)
    except OSError:
        kept.replace(folder)
        raise
    finally:
        shutil.rmtree(old, ignore_errors=True)
