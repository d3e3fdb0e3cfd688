"""Recorders of the way that somebody's training takes, for `landscape trajectory`; each is imported when it is first asked for."""

from importlib import import_module

_PUBLIC = {
    "PathRecorder": "landscape.callbacks.recorder",
    "LightningPathRecorder": "landscape.callbacks.lightning",
    "TransformersPathRecorder": "landscape.callbacks.transformers",
}
__all__ = list(_PUBLIC)


def __getattr__(name: str):
    """Import a recorder when it is first asked for, so that nobody needs a library that they don't train with."""
    if name not in _PUBLIC:
        raise AttributeError(
            f"module 'landscape.callbacks' has no attribute {name!r}; its names are {', '.join(_PUBLIC)}"
        )
    return getattr(import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return sorted(_PUBLIC)
