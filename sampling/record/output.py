"""Put files in place whole or not at all, and refuse places where they may not stand."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from ..checks import ArgumentError, listed

__all__ = ["check_new", "check_new_folder", "check_path", "write_files", "write_folder"]

LITTER = (".DS_Store", "Thumbs.db", "desktop.ini")  # what desktops leave behind


def check_path(path: str | os.PathLike[str], endings: tuple[str, ...]) -> Path:
    """Return the path of a file whose ending is known, in a folder that exists."""
    place = Path(path)
    if place.suffix.lower() not in endings:
        raise ArgumentError(f"path={str(path)!r} ends in {place.suffix!r}. End it in {' or '.join(endings)}.")
    if place.is_dir():
        raise ArgumentError(f"path={str(path)!r} is a folder. Name a file.")
    _check_parent(place, f"path={str(path)!r}")
    return place


def check_new_folder(folder: str | os.PathLike[str]) -> Path:
    """Return the path of a folder that does not exist, or is empty, in a folder that exists."""
    place = Path(folder)
    if place.exists() and not place.is_dir():
        raise ArgumentError(f"folder={str(folder)!r} is a file. Name a folder.")
    if place.is_dir():
        others = sorted(p.name for p in place.iterdir() if p.name not in LITTER)
        if others:
            raise ArgumentError(
                f"folder={str(folder)!r} holds other things ({listed(others, 3)}), and lists that were "
                f"handed out "
                "are never replaced. Name a new folder, or move them away."
            )
    _check_parent(place, f"folder={str(folder)!r}")
    return place


def check_new(path: Path) -> None:
    """Refuse a file that is there already."""
    if path.exists():
        raise ArgumentError(f"path={path.name!r} is there already. Name a new file, or pass overwrite=True.")


def _check_parent(place: Path, what: str) -> None:
    parent = Path(os.path.realpath(place)).parent
    if not parent.is_dir():
        raise ArgumentError(f"{what}: there is no folder {place.parent.name!r} to put it in. Make it first.")


def write_files(writers: Mapping[Path, Callable[[Path], None]]) -> None:
    """Write files of one folder under other names first, then rename them all; nothing half-made is left."""
    parts: dict[Path, Path] = {}
    try:
        for path, write in writers.items():
            handle, name = tempfile.mkstemp(prefix=f".{path.stem}-", suffix=".part", dir=path.parent)
            os.close(handle)
            parts[path] = Path(name)
            write(parts[path])
            parts[path].chmod(0o644)
        for path, part in parts.items():
            _rename(part, path)
    finally:
        for part in parts.values():
            part.unlink(missing_ok=True)


def _rename(part: Path, path: Path) -> None:
    try:
        part.replace(path)
    except PermissionError as error:
        raise PermissionError(
            f"path={path.name!r} is in use ({error.strerror}). Close the document, then write it again."
        ) from error


def write_folder(folder: Path, fill: Callable[[Path], list[str]]) -> list[Path]:
    """Fill a temporary folder beside the wanted one and rename it when it is complete.

    Parameters
    ----------
    folder : the wanted folder, which does not exist or is empty
    fill : writes everything into the empty folder it is given and returns the names

    Returns
    -------
    list of Path, in the order of the names
    """
    target = Path(os.path.realpath(folder))
    fresh = Path(tempfile.mkdtemp(prefix=f".{target.name}-", suffix=".part", dir=target.parent))
    try:
        names = fill(fresh)
        fresh.chmod(0o755)
        if target.is_dir():
            check_new_folder(target)  # nobody put anything there meanwhile
            shutil.rmtree(target)
        fresh.replace(target)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return [folder / name for name in names]
