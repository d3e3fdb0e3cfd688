"""Wide residual networks for small images (Zagoruyko & Komodakis 2016, arXiv:1605.07146)."""

import torch
from torch import Tensor, nn
from torch.nn import functional


class WideBlock(nn.Module):
    """Two 3x3 convolutions, each after batch norm and ReLU, added to the block's input."""

    def __init__(self, in_channels: int, out_channels: int, stride: int, dropout: float) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.dropout = dropout
        self.shortcut = None
        if in_channels != out_channels or stride != 1:
            self.shortcut = nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False)

    def forward(self, images: Tensor) -> Tensor:
        active = torch.relu(self.bn1(images))
        around = images if self.shortcut is None else self.shortcut(active)
        features = torch.relu(self.bn2(self.conv1(active)))
        if self.dropout:
            features = functional.dropout(features, self.dropout, self.training)
        return around + self.conv2(features)


class WideResNet(nn.Module):
    """A stem, three stages of 16, 32 and 64 times `width` channels, global average pooling and one linear layer."""

    def __init__(self, num_blocks: int, width: int, dropout: float, channels: int, num_classes: int) -> None:
        super().__init__()
        widths = [16 * width, 32 * width, 64 * width]
        self.conv1 = nn.Conv2d(channels, 16, 3, padding=1, bias=False)
        self.stage1 = self._stage(16, widths[0], num_blocks, 1, dropout)
        self.stage2 = self._stage(widths[0], widths[1], num_blocks, 2, dropout)
        self.stage3 = self._stage(widths[1], widths[2], num_blocks, 2, dropout)
        self.bn = nn.BatchNorm2d(widths[2])
        self.linear = nn.Linear(widths[2], num_classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")

    @staticmethod
    def _stage(in_channels: int, out_channels: int, num_blocks: int, stride: int, dropout: float) -> nn.Sequential:
        first = WideBlock(in_channels, out_channels, stride, dropout)
        rest = [WideBlock(out_channels, out_channels, 1, dropout) for _ in range(num_blocks - 1)]
        return nn.Sequential(first, *rest)

    def forward(self, images: Tensor) -> Tensor:
        features = self.stage3(self.stage2(self.stage1(self.conv1(images))))
        return self.linear(torch.relu(self.bn(features)).mean((2, 3)))


def wide_resnet(
    depth: int = 16,
    width: int = 4,
    *,
    dropout: float = 0.0,
    channels: int = 3,
    image_size: int = 32,
    num_classes: int = 10,
) -> WideResNet:
    """Build WRN-depth-width, which takes (samples, channels, height, width) to class scores.

    Args:
        depth: 6n + 4 (10, 16, 22, 28, 40), as the paper counts.
        dropout: Between a block's two convolutions.
        image_size: Side in pixels; global pooling takes any from 4 up.

    Raises:
        ValueError: The depth is not 6n + 4, the width is below 1, the dropout is no fraction, or the image is too small.
    """
    if depth < 10 or (depth - 4) % 6:
        raise ValueError(f"a wide residual network has 6n + 4 layers (10, 16, 22, 28, 40), not {depth}")
    if width < 1:
        raise ValueError(f"a wide residual network's width must be 1 or more, not {width}")
    if not 0 <= dropout < 1:
        raise ValueError(f"dropout must lie in [0, 1), not {dropout}")
    if image_size < 4:
        raise ValueError(f"a wide residual network here needs images of 4 pixels a side or more, not {image_size}")
    return WideResNet((depth - 4) // 6, width, dropout, channels, num_classes)
