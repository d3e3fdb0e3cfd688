"""Where a run's result lies, and whether a run goes on with what lies there already."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from landscape.origin import Origin, differences
from landscape.sweep.world import Mistake


def result_file(given: Path | None, name: str, *, makes_folder: bool) -> Path:
    """Return OUT.h5 for --out OUT, or for the default name in `outputs`.

    Raises:
        ValueError, OSError: --out names a folder, or its folder can't be made.
    """
    given = given or Path("outputs") / name
    if given.is_dir() or given.name in ("", ".", ".."):
        raise ValueError(f"--out names the result, not a folder: try {given / name}")
    out = given.with_name(given.name + ".h5")
    if makes_folder:
        try:
            out.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OSError(
                f"the folder {out.parent} can't be made ({(error.strerror or str(error)).lower()}); choose another --out"
            ) from error
    return out


@contextmanager
def drawing(out: Path) -> Iterator[None]:
    """Let a page that can't be written say where its numbers are.

    Raises:
        Mistake: It can't be written.
    """
    try:
        yield
    except OSError as error:
        raise Mistake(f"{error}; the numbers are in {out}, and `landscape page {out}` draws them", status=1) from error


def goes_on(ours: Origin, known: Origin, out: Path, settings, *, is_complete: bool, say: Callable[[str], None]) -> bool:
    """Tell whether a run goes on with the file that it finds; if not, it may begin anew over it.

    Args:
        settings: Has overwrite, continue_on_other and dry_run.

    Raises:
        ValueError, OSError: The file holds another run, or can't be written.
    """
    if not out.stat().st_mode & 0o222:
        raise OSError(f"{out} is read-only; choose another --out, or make it writable")
    changed = differences(ours.identity, known.identity)
    if changed and settings.dry_run:
        say(f"warning: {out} holds another run ({'; '.join(changed)}); it would need another --out, or --overwrite")
        return False
    if changed and not settings.overwrite:
        raise ValueError(
            f"{out} holds another run ({'; '.join(changed)}); choose another --out, or --overwrite to begin anew"
        )
    if settings.overwrite:
        return False
    others = differences(ours.circumstance, known.circumstance)
    if others and not settings.continue_on_other and not is_complete:
        raise ValueError(
            f"{out} was begun elsewhere ({'; '.join(others)}), which changes the last digits; "
            "give --continue-on-other to go on all the same, or --overwrite to begin anew"
        )
    return True
