"""VGG networks for small images, batch-normalized: VGG-9 (as in Li et al. 2018), and 11 to 19 (Simonyan & Zisserman 2014)."""

import torch
from torch import Tensor, nn

NINE = ((64,), (128,), (256, 256), (512, 512))
# arXiv:1409.1556, table 1: convolutions a stage of columns A, B, D and E.
NUM_CONVOLUTIONS = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
WIDTHS = (64, 128, 256, 512, 512)


def scaled(channels: int, width: float) -> int:
    """Return a channel count times `width`, at least 1."""
    return max(1, round(channels * width))


def features(stages: tuple[tuple[int, ...], ...], channels: int, image_size: int) -> nn.Sequential:
    """Build stages of 3x3 convolutions, each stage halved by max pooling while there is more than one pixel."""
    layers: list[nn.Module] = []
    side = image_size
    for widths in stages:
        for width in widths:
            layers += [nn.Conv2d(channels, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
            channels = width
        if side > 1:
            layers.append(nn.MaxPool2d(2))
            side //= 2
    return nn.Sequential(*layers)


class VGG9(nn.Module):
    """Six convolutions in four stages, global average pooling and three linear layers."""

    def __init__(self, channels: int, image_size: int, num_classes: int, width: float) -> None:
        super().__init__()
        stages = tuple(tuple(scaled(size, width) for size in sizes) for sizes in NINE)
        last = stages[-1][-1]
        self.features = features(stages, channels, image_size)
        self.classifier = nn.Sequential(
            nn.Linear(last, last), nn.ReLU(), nn.Linear(last, last), nn.ReLU(), nn.Linear(last, num_classes)
        )

    def forward(self, images: Tensor) -> Tensor:
        return self.classifier(torch.mean(self.features(images), (2, 3)))


class VGG(nn.Module):
    """Five stages of convolutions, global average pooling and one linear layer."""

    def __init__(self, depth: int, channels: int, image_size: int, num_classes: int, width: float) -> None:
        super().__init__()
        stages = tuple((scaled(size, width),) * number for size, number in zip(WIDTHS, NUM_CONVOLUTIONS[depth]))
        self.features = features(stages, channels, image_size)
        self.linear = nn.Linear(stages[-1][-1], num_classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")

    def forward(self, images: Tensor) -> Tensor:
        return self.linear(self.features(images).mean((2, 3)))


def vgg9(*, channels: int = 3, image_size: int = 32, num_classes: int = 10, width: float = 1.0) -> VGG9:
    """Build VGG-9, which takes (samples, channels, image_size, image_size) to class scores.

    Args:
        width: What the channels of each layer are multiplied by.

    Raises:
        ValueError: `width` is not above 0.
    """
    return VGG9(channels, image_size, num_classes, _checked(width))


def vgg(depth: int, *, channels: int = 3, image_size: int = 32, num_classes: int = 10, width: float = 1.0) -> VGG:
    """Build the network of `depth` weighted layers, batch-normalized, one linear layer in the place of the paper's three.

    Args:
        depth: 11, 13, 16 or 19, counted as in the paper; two linear layers fewer are here.
        width: What the channels of each layer are multiplied by.

    Raises:
        ValueError: `width` is not above 0.
    """
    return VGG(depth, channels, image_size, num_classes, _checked(width))


def _checked(width: float) -> float:
    if not 0 < width < float("inf"):
        raise ValueError(f"width must be above 0, not {width}")
    return width
