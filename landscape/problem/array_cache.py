"""Decoded data sets as memory-mapped arrays on disk, one copy a node, shared by all its processes."""

import os
import shutil
import threading
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path

import numpy as np


def default_folder() -> Path:
    """Return the folder for decoded data: `$XDG_CACHE_HOME/landscape`, or `~/.cache/landscape`."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "landscape"


def digest_of_files(paths: list[Path]) -> str:
    """Return the SHA-256, in hexadecimal, of the contents of files in the order given."""
    total = sha256()
    for path in paths:
        with open(path, "rb") as file:
            while block := file.read(1 << 22):
                total.update(block)
    return total.hexdigest()


def cached_arrays(folder: Path, digest: str, make: Callable[[], Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Map the arrays of the source with this content digest, decoding them with `make` the first time.

    Jobs may race: each writes a folder of its own and renames it, and the first wins.

    Returns:
        Arrays mapped copy-on-write: their pages are shared by every process of the node.

    Raises:
        OSError: The folder can't be written.
    """
    home = folder / digest[:32]
    if not home.is_dir():
        arrays = make()
        part = folder / f"{digest[:32]}.{os.uname().nodename}.{os.getpid()}.{threading.get_ident()}.part"
        try:
            part.mkdir(parents=True, exist_ok=True)
            for name, array in arrays.items():
                np.save(part / f"{name}.npy", array)
            try:
                os.rename(part, home)
            except OSError:
                if not home.is_dir():
                    raise
        except OSError as error:
            raise OSError(
                f"the decoded data can't be kept in {folder} ({error.strerror or error}); choose another --cache-dir"
            ) from error
        finally:
            shutil.rmtree(part, ignore_errors=True)
    return {path.stem: np.load(path, mmap_mode="c") for path in sorted(home.glob("*.npy"))}
