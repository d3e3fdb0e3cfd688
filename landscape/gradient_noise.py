"""How the gradients of batches scatter about the mean gradient, by size, from two numbers over single samples."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class GradientNoise:
    """The gradient at one place, sample by sample.

    Attributes:
        mean_square: |g|^2 of the mean gradient over all samples.
        trace: Of the samples' gradient covariance, tr S = mean of |g_i - g|^2 over them.
        num_samples: How many there are.
    """

    mean_square: float
    trace: float
    num_samples: int

    @property
    def norm(self) -> float:
        return float(np.sqrt(self.mean_square))

    @property
    def scale(self) -> float:
        """The simple noise scale tr S / |g|^2: of this size, a batch drawn with replacement has as much noise as gradient.

        Source: McCandlish et al. 2018, arXiv:1812.06162, section 2.2.
        """
        return self.trace / self.mean_square if self.mean_square > 0 else np.inf

    def spread(self, size: int) -> float:
        """Return the root mean square of |g_B - g| over batches of a size, drawn without replacement.

        sqrt(tr S / B (N - B) / (N - 1)): of all N samples there is one batch, and no spread.
        """
        if self.num_samples == 1:
            return 0.0
        left = (self.num_samples - size) / (self.num_samples - 1)
        return float(np.sqrt(self.trace / size * left))

    @property
    def beyond_chance(self) -> float:
        """Where the samples stand for many more: |g|^2 less what chance adds to it, tr S / (N - 1); may be negative.

        tr S / (N - 1) estimates the square of the mean gradient's own error.
        """
        if self.num_samples == 1:
            return np.nan
        return self.mean_square - self.trace / (self.num_samples - 1)
