"""Model specs: a name of ours, `torchvision:name`, or a user's factory, made into a module."""

import importlib.util
import inspect
import sys
from collections.abc import Callable, Mapping
from functools import partial
from hashlib import sha256
from pathlib import Path

from torch import nn

from landscape.problem.factories import called, find_factory

OWN_NAME = "landscape_models"


def own_models_folder() -> Path:
    """Return the folder of the networks that come with the tool: `models/` in a checkout, a package beside when installed."""
    above = Path(__file__).resolve().parents[2]
    installed = above / OWN_NAME
    return installed if installed.is_dir() else above / "models"


def own_models() -> Mapping[str, Callable[..., nn.Module]]:
    """Return the factories of our networks by name, loaded from their place, so that no user's `models` is shadowed."""
    if OWN_NAME not in sys.modules:
        folder = own_models_folder()
        description = importlib.util.spec_from_file_location(
            OWN_NAME, folder / "__init__.py", submodule_search_locations=[str(folder)]
        )
        module = importlib.util.module_from_spec(description)
        sys.modules[OWN_NAME] = module
        description.loader.exec_module(module)
    return sys.modules[OWN_NAME].MODELS


def model_factory(spec: str) -> Callable[..., nn.Module]:
    """Find the factory that a spec names.

    Raises:
        ValueError: Nothing has this name; the message lists the choices.
    """
    ours = own_models()
    if spec in ours:
        return ours[spec]
    if spec.startswith("torchvision:"):
        from torchvision.models import get_model, list_models

        name = spec.partition(":")[2]
        if name not in list_models():
            raise ValueError(f"torchvision has no model {name!r}; choose one of {', '.join(list_models())}")
        return partial(get_model, name, weights=None)
    if ":" in spec:
        return find_factory(spec, "model")
    raise ValueError(
        f"unknown model {spec!r}; choose one of {', '.join(ours)}, torchvision:NAME, "
        "package.module:factory or path/file.py:factory"
    )


def build_model(
    spec: str, arguments: Mapping[str, object] | None = None, *, from_data: Mapping[str, int] | None = None
) -> nn.Module:
    """Build the model that a spec names, in evaluation mode.

    Args:
        arguments: Keyword arguments given by the user.
        from_data: What the data say (channels, image_size, num_classes); passed where the factory names them.

    Raises:
        ValueError: The spec is unknown or the factory does not take the arguments.
    """
    factory = model_factory(spec)
    parameters = inspect.signature(factory).parameters
    wanted = {name for name in from_data or {} if name in parameters}
    if spec.startswith("torchvision:"):
        wanted = {"num_classes"} & set(from_data or {})
    keywords = {name: from_data[name] for name in wanted} | dict(arguments or {})
    takes_any = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values())
    unknown = [name for name in keywords if name not in parameters and not takes_any]
    if unknown:
        choices = ", ".join(parameters) or "none"
        raise ValueError(f"the model {spec} takes no argument {', '.join(unknown)}; its arguments are {choices}")
    model = called(f"the model {spec}", factory, **keywords)
    if not isinstance(model, nn.Module):
        raise ValueError(f"the model factory {spec} must return a torch.nn.Module, not {type(model).__name__}")
    return model.eval()


def source_digest(model: nn.Module) -> str:
    """Return the SHA-256 of the source files of a model's own classes, torch's aside; of its printed form where there are none."""
    files = set()
    for module in model.modules():
        if not type(module).__module__.startswith("torch."):
            try:
                files.add(inspect.getsourcefile(type(module)))
            except (TypeError, OSError):
                continue
    total = sha256(repr(model).encode())
    for file in sorted(file for file in files if file):
        total.update(Path(file).read_bytes())
    return total.hexdigest()
