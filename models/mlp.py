"""A multilayer perceptron on flattened inputs."""

from torch import nn

ACTIVATIONS = {"relu": nn.ReLU, "tanh": nn.Tanh, "gelu": nn.GELU, "silu": nn.SiLU}


def mlp(
    *,
    hidden: str | int = "64,64",
    activation: str = "relu",
    channels: int = 3,
    image_size: int = 32,
    num_classes: int = 10,
) -> nn.Sequential:
    """Build linear layers of the given widths with an activation between them.

    Args:
        hidden: Widths of the hidden layers, separated by commas.
        activation: One of relu, tanh, gelu, silu.

    Raises:
        ValueError: A width is not a positive whole number, or the activation is unknown.
    """
    if activation not in ACTIVATIONS:
        raise ValueError(f"activation must be one of {', '.join(ACTIVATIONS)}, not {activation!r}")
    parts = str(hidden).split(",")
    if not all(part.strip().isdigit() and int(part) > 0 for part in parts):
        raise ValueError(f"hidden must be widths such as 64,64, not {hidden!r}")
    widths = [channels * image_size * image_size, *(int(part) for part in parts)]
    layers: list[nn.Module] = [nn.Flatten()]
    for width_in, width_out in zip(widths, widths[1:]):
        layers += [nn.Linear(width_in, width_out), ACTIVATIONS[activation]()]
    return nn.Sequential(*layers, nn.Linear(widths[-1], num_classes))
