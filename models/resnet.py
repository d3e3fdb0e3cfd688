"""Residual networks for small images (He et al. 2015, arXiv:1512.03385, section 4.2), with and without shortcuts."""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

Shortcut = Literal["projection", "padding", "none"]
SHORTCUTS = ("projection", "padding", "none")


class PaddingShortcut(nn.Module):
    """Halve the image and append zero channels, without a parameter (option A of the paper)."""

    def __init__(self, out_channels: int) -> None:
        super().__init__()
        self.out_channels = out_channels

    def forward(self, images: Tensor) -> Tensor:
        missing = self.out_channels - images.shape[1]
        return functional.pad(images[:, :, ::2, ::2], (0, 0, 0, 0, 0, missing))


def shortcut_of(kind: Shortcut, in_channels: int, out_channels: int, stride: int) -> nn.Module | None:
    """Return what carries a block's input to its end; None where nothing does."""
    if kind == "none":
        return None
    if stride == 1 and in_channels == out_channels:
        return nn.Identity()
    if kind == "padding":
        return PaddingShortcut(out_channels)
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False), nn.BatchNorm2d(out_channels)
    )


class Block(nn.Module):
    """Two 3x3 convolutions, each batch-normalized, with or without a way around them."""

    def __init__(self, in_channels: int, out_channels: int, stride: int, shortcut: Shortcut) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.shortcut = shortcut_of(shortcut, in_channels, out_channels, stride)

    def forward(self, images: Tensor) -> Tensor:
        features = torch.relu_(self.bn1(self.conv1(images)))
        features = self.bn2(self.conv2(features))
        if self.shortcut is not None:
            features = features + self.shortcut(images)
        return torch.relu_(features)


class ResNet(nn.Module):
    """A stem, three stages of 16, 32 and 64 channels, global average pooling and one linear layer."""

    def __init__(self, num_blocks: int, shortcut: Shortcut, channels: int, num_classes: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, 16, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.stage1 = self._stage(16, 16, num_blocks, 1, shortcut)
        self.stage2 = self._stage(16, 32, num_blocks, 2, shortcut)
        self.stage3 = self._stage(32, 64, num_blocks, 2, shortcut)
        self.linear = nn.Linear(64, num_classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")

    @staticmethod
    def _stage(in_channels: int, out_channels: int, num_blocks: int, stride: int, shortcut: Shortcut) -> nn.Sequential:
        first = Block(in_channels, out_channels, stride, shortcut)
        rest = [Block(out_channels, out_channels, 1, shortcut) for _ in range(num_blocks - 1)]
        return nn.Sequential(first, *rest)

    def forward(self, images: Tensor) -> Tensor:
        features = torch.relu_(self.bn1(self.conv1(images)))
        features = self.stage3(self.stage2(self.stage1(features)))
        return self.linear(features.mean((2, 3)))


def resnet(
    depth: int, *, shortcut: Shortcut = "projection", channels: int = 3, image_size: int = 32, num_classes: int = 10
) -> ResNet:
    """Build the network of `depth` layers, 6n + 2, that takes (samples, channels, height, width) to class scores.

    Args:
        depth: Number of weighted layers along the longest way: 20, 32, 44, 56, 110.
        shortcut: 1x1 "projection" where the shape changes, zero "padding", or "none".
        image_size: Side in pixels; global pooling takes any from 4 up.

    Raises:
        ValueError: The depth is not 6n + 2, the image is too small, or the shortcut is unknown.
    """
    if depth < 8 or (depth - 2) % 6:
        raise ValueError(f"a residual network here has 6n + 2 layers (20, 32, 44, 56, 110), not {depth}")
    if shortcut not in SHORTCUTS:
        raise ValueError(f"shortcut must be one of {', '.join(SHORTCUTS)}, not {shortcut!r}")
    if image_size < 4:
        raise ValueError(f"a residual network here needs images of 4 pixels a side or more, not {image_size}")
    return ResNet((depth - 2) // 6, shortcut, channels, num_classes)
