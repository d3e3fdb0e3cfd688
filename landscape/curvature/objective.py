"""The mean loss over all ranks' samples as functions of flat vectors: value, gradient, products with the Hessian."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from landscape.curvature.layout import FlatLayout
from landscape.curvature.sums import SampleSums, sketch
from landscape.problem.factories import is_ours, words_of
from landscape.sweep.world import Mistake, World

STOP = "stop"
FEWEST_CHUNKS = 8  # to judge by: of n the excess is at most sqrt(n (n - 1) / 2), 1 for two, however long the gradient


@dataclass(frozen=True, slots=True, eq=False)
class Gradient:
    """The mean gradient, and how sure it is.

    Attributes:
        vector: (dim,).
        norm: Its L2 length.
        standard_error: sqrt(trace of the samples' gradient covariance / samples): the length that the mean of so many
            samples would have by chance where the true gradient is zero; nan with a single chunk.
        excess: How many standard deviations its square lies above what chance brings; nan with a single chunk.
        num_chunks: Of samples, by which both are known.
    """

    vector: np.ndarray
    norm: float
    standard_error: float
    excess: float
    num_chunks: int

    @property
    def has_chunks_enough(self) -> bool:
        """Whether there are chunks enough for the excess to tell a slope from chance."""
        return self.num_chunks >= FEWEST_CHUNKS


class Objective:
    """A loss, averaged over the samples of all ranks; lives on rank 0, while the others `serve` it.

    Results do not depend on the size of batches, but for rounding. Ranks' sums are added in the order of their numbers.

    Args:
        ranks: Those that serve it; all others if None.
        weight_decay: Adds weight_decay / 2 |w|^2 over the chosen parameters, as optimizers do.

    Attributes:
        offset: (dim,) where it stands, counted from the center; None at the center itself.
        num_products, num_gradients: How many were computed so far.

    Raises:
        Mistake: A rank's loss can't be computed, or counts no sample; the other ranks go on serving.
    """

    def __init__(
        self,
        sums: SampleSums,
        world: World | None = None,
        *,
        weight_decay: float = 0.0,
        ranks: Sequence[int] | None = None,
    ) -> None:
        self._sums, self._world = sums, world or World()
        self._ranks = range(1, self._world.size) if ranks is None else ranks
        self.weight_decay = weight_decay
        self.layout: FlatLayout = sums.layout
        self._origin_vector = self.layout.flat(sums.center)
        self.offset: np.ndarray | None = None
        self.num_products = self.num_gradients = 0
        self.num_samples = sum(count for _, count in self._everywhere("value"))
        if not self.num_samples > 0:
            raise Mistake("the loss counted no sample, so that there is nothing to differentiate")

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
        decay = self.weight_decay * self.weights
        vector = total / count + decay
        sketches = np.concatenate([part.sketches + np.outer(part.counts, sketch(decay)) for part in parts])
        squares = sum(part.squares for part in parts)
        error, excess = np.nan, np.nan
        if len(sketches) > 1:
            scatter = max(squares - float(total @ total) / count, 0.0)
            error = np.sqrt(scatter / (len(sketches) - 1) / count)
            excess = _excess(sketches)
        return Gradient(vector, float(np.linalg.norm(vector)), float(error), float(excess), len(sketches))

    def products(self, vectors: np.ndarray) -> np.ndarray:
        """Return the mean loss's Hessian times vectors, (dim, k) for (dim, k), or (dim,) for (dim,)."""
        columns = vectors.reshape(self.dim, -1)
        found = sum(self._everywhere("products", columns)) / self.num_samples + self.weight_decay * columns
        self.num_products += columns.shape[1]
        return found.reshape(vectors.shape)

    @staticmethod
    def dismiss(world: World, ranks: Sequence[int] | None = None) -> None:
        """Let ranks go that serve, or were going to; all others if None."""
        for rank in range(1, world.size) if ranks is None else ranks:
            world.send(STOP, rank)

    def _decay_value(self) -> float:
        return self.weight_decay / 2 * float(self.weights @ self.weights)

    def _everywhere(self, task: str, *given) -> list:
        """Have every rank do a task on its samples; return the answers in the order of ranks.

        Raises:
            Mistake: The first rank's that failed, when all have answered.
        """
        for rank in self._ranks:
            self._world.send((task, given), rank)
        answers = [_done(self._sums, task, given)]
        answers += [self._world.receive(rank) for rank in self._ranks]
        for kind, answer in answers:
            if kind == "mistake":
                raise Mistake(answer)
        return [answer for _, answer in answers]


def _excess(sums: np.ndarray) -> float:
    """Return sum over pairs of different chunks of their inner product, over its standard deviation where the mean is zero.

    Of independent chunks with zero mean the products have zero mean, and are uncorrelated. The ratio is 2 or more by chance in
    about one of 20 cases, from gradients along one line (chi squared) to gradients all over the place (normal).
    """
    products = sums @ sums.T
    np.fill_diagonal(products, 0.0)
    deviation = np.sqrt(2 * (products**2).sum())
    return float(products.sum() / deviation) if deviation > 0 else np.nan


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
    except Exception as error:
        if isinstance(error, ValueError) and is_ours(error):
            return "mistake", str(error)
        if task != "value":  # what does not fit together shows at the first value
            raise
        return "mistake", f"model, loss and data do not work together: {words_of(error)}"
