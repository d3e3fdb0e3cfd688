"""Functions named by a spec: `package.module:name` or `path/file.py:name`."""

import importlib
import importlib.util
import sys
import traceback
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path


def find_factory(spec: str, purpose: str) -> Callable:
    """Import the function that a spec names; the current folder is searched first.

    Args:
        purpose: What it makes, for the error's sentence.

    Raises:
        ValueError: There is no such module, file or name.
    """
    place, _, name = spec.rpartition(":")
    module = _from_file(Path(place), spec, purpose) if place.endswith(".py") else _from_import(place, spec, purpose)
    found = getattr(module, name, None)
    if not callable(found):
        raise ValueError(f"the {purpose} {spec!r}: {place} has no function {name!r}")
    return found


def called(what: str, function: Callable, *positional, **keywords):
    """Call a user's function, and turn what it raises into a sentence that names the place.

    Raises:
        ValueError: It raised, or ended the program.
    """
    try:
        return function(*positional, **keywords)
    except (Exception, SystemExit) as error:
        if isinstance(error, ValueError) and is_ours(error):
            raise
        raise ValueError(f"{what} fails: {words_of(error)}") from error


def words_of(error: BaseException) -> str:
    """Return an exception's kind, place and first line."""
    where = traceback.extract_tb(error.__traceback__)[-1]
    line = (str(error).strip() or "no message").splitlines()[0]
    return f"{type(error).__name__} in {where.filename}:{where.lineno}: {line}"


def is_ours(error: BaseException) -> bool:
    """Tell whether an exception was raised by this package or its models, as a sentence for the user."""
    folder = Path(traceback.extract_tb(error.__traceback__)[-1].filename).resolve().parent
    ours = Path(__file__).resolve().parents[1]
    return ours in (folder, *folder.parents) or folder in (ours.parent / "models", ours.parent / "landscape_models")


def _from_file(path: Path, spec: str, purpose: str):
    if not path.is_file():
        raise ValueError(f"the {purpose} {spec!r}: there is no file {path}")
    name = f"landscape_user_{sha256(str(path.resolve()).encode()).hexdigest()[:12]}"
    if name in sys.modules:
        return sys.modules[name]
    description = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(description)
    sys.modules[name] = module
    _search_first(path.resolve().parent)
    try:
        called(f"the {purpose} {spec!r}", description.loader.exec_module, module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _from_import(place: str, spec: str, purpose: str):
    _search_first(Path.cwd())
    for parts in range(1, 1 + place.count(".") + 1):
        name = ".".join(place.split(".")[:parts])
        if not place or importlib.util.find_spec(name) is None:
            raise ValueError(
                f"the {purpose} {spec!r}: no module {name!r} is found from {Path.cwd()} or among the installed packages"
            )
        called(f"the {purpose} {spec!r}", importlib.import_module, name)
    return importlib.import_module(place)


def _search_first(folder: Path) -> None:
    """Let imports look into a user's folder first, as for a script that lies there, also when a factory imports later."""
    if str(folder) not in sys.path[:1]:
        sys.path.insert(0, str(folder))
