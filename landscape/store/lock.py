"""A lock beside a surface file, so that two runs never write the same one."""

import fcntl
import json
import os
import platform
from pathlib import Path


def lock_path(path: Path) -> Path:
    return path.with_name(f".{path.name}.lock")


class FileLock:
    """Hold a file's lock while in the `with` block.

    A lock names host and process. One left on this host by a process that is gone is taken over; one of another host
    is never broken.

    Raises:
        OSError: Another run holds it, or the folder can't be written.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._lock = path, lock_path(path)

    def __enter__(self) -> "FileLock":
        for _ in range(2):
            own = self._lock.with_name(f"{self._lock.name}.{os.getpid()}")
            try:
                own.write_text(json.dumps(_owner(os.getpid())))
                os.link(own, self._lock)
                return self
            except FileExistsError:
                self._remove_if_stale()
            except OSError as error:
                reason = (error.strerror or str(error)).lower()
                raise OSError(f"{self._path.parent} can't be written ({reason}); choose another --out") from error
            finally:
                if own.exists():
                    own.unlink()
        raise OSError(f"{self._path} is being written by another run; wait for it, or choose another --out")

    def __exit__(self, *_) -> None:
        self._lock.unlink(missing_ok=True)

    def _remove_if_stale(self) -> None:
        try:
            file = open(self._lock, "r+")
        except FileNotFoundError:
            return
        with file:
            self._require_stale(file.read())
            try:
                fcntl.flock(file, fcntl.LOCK_EX)  # of several runs that find it stale, one removes it, and no newer one
            except OSError as error:
                raise OSError(f"{self._lock} was left by a run that is gone; remove it") from error
            if _lies_at(file, self._lock):
                self._lock.unlink()

    def _require_stale(self, text: str) -> None:
        try:
            host, process, started = (json.loads(text)[key] for key in ("host", "process", "started"))
        except (ValueError, KeyError, TypeError) as error:
            raise OSError(
                f"the lock {self._lock} can't be read; if no run writes {self._path.name}, remove it"
            ) from error
        if host != platform.node():
            raise OSError(
                f"{self._path} is locked by process {process} on host {host}; wait for it, or, if it is gone, remove {self._lock}"
            )
        if started is not None and _started(process) == started:
            raise OSError(
                f"{self._path} is being written by process {process} on this host; wait for it, or choose another --out"
            )


def _lies_at(file, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), os.stat(path))
    except FileNotFoundError:
        return False


def _owner(process: int) -> dict[str, object]:
    return {"host": platform.node(), "process": process, "started": _started(process)}


def _started(process: int) -> str | None:
    """Return what tells a process from a later one of the same number; None if there is none, or only its remains."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        return None if fields[0] in ("Z", "X") else fields[19]
    except (OSError, IndexError):
        pass
    try:
        os.kill(process, 0)
    except (OSError, TypeError):
        return None
    return "running"
