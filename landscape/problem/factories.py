"""Functions named by a spec: `package.module:name` or `path/file.py:name`."""

import importlib
import importlib.util
import sys
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


def _from_file(path: Path, spec: str, purpose: str):
    if not path.is_file():
        raise ValueError(f"the {purpose} {spec!r}: there is no file {path}")
    name = f"landscape_user_{sha256(str(path.resolve()).encode()).hexdigest()[:12]}"
    if name in sys.modules:
        return sys.modules[name]
    description = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(description)
    sys.modules[name] = module
    sys.path.insert(0, str(path.resolve().parent))
    try:
        description.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    finally:
        sys.path.remove(str(path.resolve().parent))
    return module


def _from_import(place: str, spec: str, purpose: str):
    here = str(Path.cwd())
    sys.path.insert(0, here)
    try:
        return importlib.import_module(place)
    except ModuleNotFoundError as error:
        if error.name is None or not (place == error.name or place.startswith(error.name + ".")):
            raise
        raise ValueError(
            f"the {purpose} {spec!r}: no module {error.name!r} is found from {here} or among the installed packages"
        ) from error
    finally:
        sys.path.remove(here)
