"""Files of weights: safetensors with our metadata, written whole."""

from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save
from torch import Tensor

from landscape.store.whole_file import write_whole


def write_weights(path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> None:
    """Write tensors by name so that at every moment `path` is either the old file or the new one, whole.

    Raises:
        OSError: The folder can't be written or the disk is full; what stood at `path` is untouched.
    """
    own = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
    write_whole(path, save(own, metadata=dict(metadata)))


def read_metadata(path: Path) -> dict[str, str]:
    """Return what a file says of itself, its tensors left alone.

    Raises:
        OSError: It is no safetensors file, or is damaged.
    """
    try:
        with safe_open(path, framework="pt") as file:
            return file.metadata() or {}
    except SafetensorError as error:
        raise OSError(f"{path} can't be read as safetensors ({error}); remove it, or choose another --out") from error


def read_weights(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Return a file's tensors by name, and what it says of itself.

    Raises:
        OSError: It is no safetensors file, or is damaged.
    """
    metadata = read_metadata(path)
    return load_file(path), metadata
