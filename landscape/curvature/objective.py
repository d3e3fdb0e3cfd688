"""The mean loss over all ranks' samples as functions of flat vectors: value, gradient, products with the Hessian."""

from dataclasses import dataclass

import numpy as np

from landscape.curvature.layout import FlatLayout
from landscape.curvature.sums import SampleSums
from landscape.sweep.world import Mistake, World

STOP = "stop"


@dataclass(frozen=True, slots=True, eq=False)
class Gradient:
    """The mean gradient, and how sure it is.

    Attributes:
        vector: (dim,).
        norm: Its L2 length.
        standard_error: sqrt(trace of the samples' gradient covariance / samples): the length that the mean of so many
            samples would have by chance where the true gradient is zero; nan with a single chunk.
    """

    vector: np.ndarray
    norm: float
    standard_error: float


class Objective:
    """A loss, averaged over the samples of all ranks; lives on rank 0, while the others `serve` it.

    Results do not depend on the size of batches, but for rounding. Ranks' sums are added in the order of their numbers.

    Args:
        weight_decay: Adds weight_decay / 2 |w|^2 over the chosen parameters, as optimizers do.

    Attributes:
        offset: (dim,) where it stands, counted from the center; None at the center itself.
        num_products, num_gradients: How many were computed so far.

    Raises:
        Mistake: A rank's loss can't be computed, or counts no sample; the other ranks are let go.
    """

    def __init__(self, sums: SampleSums, world: World | None = None, *, weight_decay: float = 0.0) -> None:
        self._sums, self._world = sums, world or World()
        self.weight_decay = weight_decay
        self.layout: FlatLayout = sums.layout
        self._origin_vector = self.layout.flat(sums.center)
        self.offset: np.ndarray | None = None
        self.num_products = self.num_gradients = 0
        try:
            self.num_samples = sum(count for _, count in self._everywhere("value"))
            if not self.num_samples > 0:
                raise Mistake("the loss counted no sample, so that there is nothing to differentiate")
        except Mistake:
            self.close()
            raise

    @property
    def dim(self) -> int:
        return self.layout.dim

    @property
    def weights(self) -> np.ndarray:
        """(dim,) the chosen parameters where the objective stands."""
        return self._origin_vector if self.offset is None else self._origin_vector + self.offset

    def move_to(self, offset: np.ndarray | None) -> None:
        """Stand at the center plus an offset, (dim,)."""
        self.offset = offset
        self._everywhere("move", offset)

    def value(self) -> float:
        """Return the mean loss."""
        found = self._everywhere("value")
        return sum(total for total, _ in found) / sum(count for _, count in found) + self._decay_value()

    def gradient(self) -> Gradient:
        """Return the mean gradient.

        Raises:
            Mistake: The loss can't be differentiated, or a gradient is not finite.
        """
        parts = self._everywhere("gradient")
        self.num_gradients += 1
        total, count = sum(part.total for part in parts), sum(part.count for part in parts)
        mean, num_chunks = total / count, sum(part.num_chunks for part in parts)
        error = np.nan
        if num_chunks > 1:
            scatter = sum(part.squares for part in parts) - float(total @ total) / count
            error = np.sqrt(max(scatter, 0.0) / (num_chunks - 1) / count)
        vector = mean + self.weight_decay * self.weights
        return Gradient(vector, float(np.linalg.norm(vector)), float(error))

    def products(self, vectors: np.ndarray) -> np.ndarray:
        """Return the mean loss's Hessian times vectors, (dim, k) for (dim, k), or (dim,) for (dim,)."""
        columns = vectors.reshape(self.dim, -1)
        found = sum(self._everywhere("products", columns)) / self.num_samples + self.weight_decay * columns
        self.num_products += columns.shape[1]
        return found.reshape(vectors.shape)

    def close(self) -> None:
        """Let the other ranks go."""
        for rank in range(1, self._world.size):
            self._world.send(STOP, rank)
        self._sums.close()

    def _decay_value(self) -> float:
        return self.weight_decay / 2 * float(self.weights @ self.weights)

    def _everywhere(self, task: str, *given) -> list:
        """Have every rank do a task on its samples; return the answers in the order of ranks.

        Raises:
            Mistake: The first rank's that failed, when all have answered.
        """
        for rank in range(1, self._world.size):
            self._world.send((task, given), rank)
        answers = [_done(self._sums, task, given)]
        answers += [self._world.receive(rank) for rank in range(1, self._world.size)]
        for kind, answer in answers:
            if kind == "mistake":
                raise Mistake(answer)
        return [answer for _, answer in answers]


def serve(sums: SampleSums, world: World) -> None:
    """Do what rank 0's objective asks of this rank, until it lets go."""
    while (message := world.receive(0)) != STOP:
        task, given = message
        world.send(_done(sums, task, given), 0)
    sums.close()


def _done(sums: SampleSums, task: str, given: tuple) -> tuple[str, object]:
    tasks = {
        "move": sums.move_to,
        "value": sums.value_sum,
        "gradient": sums.gradient_sum,
        "products": sums.product_sums,
    }
    try:
        return "answer", tasks[task](*given)
    except ValueError as error:
        return "mistake", str(error)
