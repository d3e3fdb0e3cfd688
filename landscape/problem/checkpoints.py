"""Checkpoints: safetensors or torch files, read without executing anything, fitted to a model by name."""

import json
import pickle
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn

from landscape.problem.zoo import PREFIX, manifest_path, zoo_file
from landscape.weights import misfit

CONTAINERS = ("state_dict", "model_state_dict", "model", "net", "weights")
PREFIXES = ("module.", "_orig_mod.", "model.", "net.")
HALF = (torch.float16, torch.bfloat16)


@dataclass(frozen=True, slots=True, eq=False)
class Checkpoint:
    """Tensors by name as they stood in a file, and what the file says of itself.

    Attributes:
        metadata: A safetensors file's text entries; empty for torch files.
        notes: Sentences worth saying about how it was read.
    """

    path: Path
    tensors: Mapping[str, Tensor]
    metadata: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """Where it came from: zoo:NAME, or its path."""
        return f"{PREFIX}{self.path.stem}" if self.is_of_the_zoo else str(self.path)

    @property
    def is_of_the_zoo(self) -> bool:
        return self.path.parent == manifest_path().parent

    def recorded(self, key: str):
        """Return an entry of our own metadata as number, list or mapping where it is one; None where it is not there."""
        if key not in self.metadata or not self.metadata.get("format", "").startswith("landscape checkpoint"):
            return None
        try:
            return json.loads(self.metadata[key])
        except json.JSONDecodeError:
            return self.metadata[key]


def read_checkpoint(path: Path) -> Checkpoint:
    """Read a file's tensors; `zoo:NAME` names one that comes with the tool.

    Raises:
        OSError: There is no such file, it is damaged, or reading it would mean executing what is in it.
        ValueError: The zoo has no network of this name.
    """
    if str(path).startswith(PREFIX):
        path = zoo_file(str(path))
    if not path.is_file():
        raise OSError(f"there is no checkpoint {path}; give a .safetensors or a torch file, or zoo:NAME")
    with open(path, "rb") as file:
        head = file.read(16)
    if head[8:9] == b"{" or path.suffix == ".safetensors":
        return _read_safetensors(path)
    return _read_torch(path)


def load_into(model: nn.Module, checkpoint: Checkpoint) -> tuple[str, ...]:
    """Put a checkpoint's tensors into a model, stripping the prefixes that wrappers add.

    Returns:
        Sentences about what was changed on the way, such as half precision widened.

    Raises:
        ValueError: Keys are missing, unexpected or of another shape; the message names the first
            of them, and the model that the file says it holds.
    """
    wanted = model.state_dict()
    tensors, notes = _stripped(checkpoint.tensors, wanted), list(checkpoint.notes)
    not_needed = {name for name in wanted if name.endswith("num_batches_tracked")}
    present = {wanted[name].data_ptr() for name in wanted if name in tensors}
    not_needed |= {name for name in wanted if wanted[name].data_ptr() in present}  # tied to one that is there
    if wrong := misfit(tensors, wanted, may_miss=not_needed):
        raise ValueError(f"{checkpoint.words} does not fit the model: {wrong}{_words_of_its_model(checkpoint)}")
    halves = sorted({str(tensor.dtype).removeprefix("torch.") for tensor in tensors.values() if tensor.dtype in HALF})
    if halves:
        notes.append(f"{checkpoint.path} holds {' and '.join(halves)} weights, widened to float32")
    model.load_state_dict({name: tensors.get(name, wanted[name]) for name in wanted})
    return tuple(notes)


def _words_of_its_model(checkpoint: Checkpoint) -> str:
    """Say which options build the model that a file holds; empty where it does not tell."""
    model = checkpoint.recorded("model")
    if not model:
        return ""
    given = (checkpoint.recorded("model_arguments") or {}).items()
    options = " ".join([f"--model {model}", *(f"--model-arg {name}={value}" for name, value in given)])
    return f"; the file holds a {model} trained on {checkpoint.recorded('dataset')}: give {options}, and such data"


def _read_safetensors(path: Path) -> Checkpoint:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}
            return Checkpoint(path, tensors, file.metadata() or {})
    except SafetensorError as error:
        raise OSError(
            f"{path} can't be read as safetensors ({error}); it may be cut short or of another kind"
        ) from error


def _read_torch(path: Path) -> Checkpoint:
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        if not isinstance(error, pickle.UnpicklingError) or "unsupported global" not in str(error).lower():
            raise OSError(f"{path} can't be read as a torch file; it may be cut short or of another kind") from error
        raise OSError(
            f"{path} holds more than tensors, and nothing in a file is executed here; if you trust it, convert it once: "
            f'python -c "import torch; from safetensors.torch import save_file; '
            f"save_file({{k: v.contiguous() for k, v in torch.load('{path}', weights_only=False)['state_dict'].items()}}, "
            f"'{path.with_suffix('.safetensors').name}')\""
        ) from error
    tensors = _tensors_within(found)
    if tensors is None:
        keys = ", ".join(map(str, found)) if isinstance(found, Mapping) else type(found).__name__
        raise OSError(
            f"{path} holds no state dict: expected tensors by name, bare or under {', '.join(CONTAINERS)}, found {keys}"
        )
    return Checkpoint(path, tensors)


def _tensors_within(found: object) -> dict[str, Tensor] | None:
    if not isinstance(found, Mapping):
        return None
    for key in CONTAINERS:
        if isinstance(found.get(key), Mapping):
            return _tensors_within(found[key])
    tensors = {str(name): value for name, value in found.items() if isinstance(value, Tensor)}
    return tensors if tensors and len(tensors) == len(found) else None


def _stripped(tensors: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Remove a prefix that all names share, again and again, until names are found that the model knows."""
    names = dict(tensors)
    while not set(names) & set(wanted):
        prefix = next((prefix for prefix in PREFIXES if names and all(name.startswith(prefix) for name in names)), None)
        if prefix is None:
            return dict(tensors)
        names = {name.removeprefix(prefix): tensor for name, tensor in names.items()}
    return names
