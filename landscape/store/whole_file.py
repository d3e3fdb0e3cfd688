"""Files written whole beside their place and renamed, so that they are never half there; and their seal."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

SEAL = b"\nlandscape sha256 "  # after HDF5's end, where readers do not look: the digest of all bytes before
SEAL_LENGTH = len(SEAL) + 64 + 1


def part_of(path: Path) -> Path:
    """Return the one neighbour name under which a file is written before it takes its place."""
    return path.with_name(f".{path.name}.part")


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that at every moment `path` is either the old file or the new one, whole.

    Raises:
        OSError: The folder can't be written or the disk is full; what stood at `path` is untouched.
    """
    with whole_file(path) as part:
        part.write_bytes(content)


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yield the name under which a file is to be written, which takes its place when the block ends, whole.

    Whatever ends the block early, a signal too, leaves nothing under that name.

    Raises:
        OSError: The folder can't be written or the disk is full; what stood at `path` is untouched.
    """
    part = part_of(path)
    try:
        part.touch()  # refused here, where the reason is known, and not by whoever writes
        yield part
        with open(part, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(part, path)
    except OSError as error:
        raise OSError(f"{path} can't be written ({reason_of(error)}); what stood there is as it was") from error
    finally:
        if part.exists():
            part.unlink()


def sealed(image: bytes) -> bytes:
    """Append the digest by which damage is known before a reader sees it, which misses it or never comes back from it."""
    return image + SEAL + sha256(image).hexdigest().encode() + b"\n"


def read_sealed(path: Path, kind: str, is_of_kind: Callable[[Path], bool]) -> bytes:
    """Return a file's bytes, the seal, if there is one, checked and included.

    Raises:
        OSError: It can't be read, is not of its kind, or holds other bytes than were written.
    """
    if not os.access(path, os.R_OK):
        raise OSError(f"{path} can't be read: permission denied")
    if not is_of_kind(path):
        raise OSError(f"{path} is not {kind}, or its head is damaged; it was left as it is")
    content = path.read_bytes()
    if content[-SEAL_LENGTH:].startswith(SEAL) and sealed(content[:-SEAL_LENGTH]) != content:
        raise OSError(f"{path} is damaged (it holds other bytes than were written); it was left as it is")
    return content


def reason_of(error: BaseException) -> str:
    number = getattr(error, "errno", None)
    return os.strerror(number).lower() if number else str(error).split("\n")[0]
