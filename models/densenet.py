"""Densely connected networks for small images (Huang et al. 2016, arXiv:1608.06993): DenseNet-BC with a 3x3 stem."""

import torch
from torch import Tensor, nn

BLOCKS_121 = (6, 12, 24, 16)
BOTTLENECK = 4  # of the growth, between a layer's 1x1 and 3x3 convolutions


class DenseLayer(nn.Module):
    """A 1x1 and a 3x3 convolution, each after batch norm and ReLU; what they make is appended to their input."""

    def __init__(self, in_channels: int, growth: int) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.conv1 = nn.Conv2d(in_channels, BOTTLENECK * growth, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(BOTTLENECK * growth)
        self.conv2 = nn.Conv2d(BOTTLENECK * growth, growth, 3, padding=1, bias=False)

    def forward(self, images: Tensor) -> Tensor:
        features = self.conv1(torch.relu(self.bn1(images)))
        return torch.cat([images, self.conv2(torch.relu(self.bn2(features)))], 1)


class Transition(nn.Module):
    """A 1x1 convolution to half the channels, and average pooling to half the side."""

    def __init__(self, in_channels: int, is_pooled: bool) -> None:
        super().__init__()
        self.bn = nn.BatchNorm2d(in_channels)
        self.conv = nn.Conv2d(in_channels, in_channels // 2, 1, bias=False)
        self.pool = nn.AvgPool2d(2) if is_pooled else nn.Identity()

    def forward(self, images: Tensor) -> Tensor:
        return self.pool(self.conv(torch.relu(self.bn(images))))


class DenseNet(nn.Module):
    """A stem, dense blocks with transitions between them, global average pooling and one linear layer."""

    def __init__(
        self, num_layers: tuple[int, ...], growth: int, channels: int, image_size: int, num_classes: int
    ) -> None:
        super().__init__()
        width, side = 2 * growth, image_size
        self.conv = nn.Conv2d(channels, width, 3, padding=1, bias=False)
        stages: list[nn.Module] = []
        for place, number in enumerate(num_layers):
            stages.append(nn.Sequential(*(DenseLayer(width + layer * growth, growth) for layer in range(number))))
            width += number * growth
            if place < len(num_layers) - 1:
                stages.append(Transition(width, side > 1))
                width, side = width // 2, max(side // 2, 1)
        self.stages = nn.Sequential(*stages)
        self.bn = nn.BatchNorm2d(width)
        self.linear = nn.Linear(width, num_classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")

    def forward(self, images: Tensor) -> Tensor:
        features = self.stages(self.conv(images))
        return self.linear(torch.relu(self.bn(features)).mean((2, 3)))


def densenet121(*, growth: int = 32, channels: int = 3, image_size: int = 32, num_classes: int = 10) -> DenseNet:
    """Build DenseNet-121, which takes (samples, channels, height, width) to class scores.

    Args:
        growth: Channels that each layer appends.
        image_size: Side in pixels; it is halved three times while there is more than one pixel.

    Raises:
        ValueError: The growth is below 1.
    """
    if growth < 1:
        raise ValueError(f"growth must be 1 or more, not {growth}")
    return DenseNet(BLOCKS_121, growth, channels, image_size, num_classes)
