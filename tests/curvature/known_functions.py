"""Functions of known Hessians as models: formulas of the weights alone, and small networks with their data."""

from collections.abc import Callable
from dataclasses import dataclass
from math import pi, sqrt

import numpy as np
import torch
from objectives import objective_of
from small_models import ONE, doubles, linear
from torch import Tensor, nn

from landscape.curvature.objective import Objective
from landscape.problem.losses import cross_entropy, mse

BLANK = [(torch.zeros(3, 1),), (torch.zeros(2, 1),)]  # samples that a formula does not look at


class Formula(nn.Module):
    """A function of one vector of weights, whatever the samples."""

    def __init__(self, function: Callable[[Tensor], Tensor], point) -> None:
        super().__init__()
        self.weights = nn.Parameter(torch.as_tensor(point, dtype=torch.float64))
        self.function = function

    def forward(self, samples: Tensor) -> Tensor:
        return self.function(self.weights).expand(len(samples))


def of_formula(model: nn.Module, batch) -> Tensor:
    return model(batch[0])


def half_square(model: nn.Module, batch) -> Tensor:
    """Half the squared error, summed over outputs."""
    return ((model(batch[0]) - batch[1]) ** 2).sum(1) / 2


def twice_half_square(model: nn.Module, batch) -> Tensor:
    return 2 * half_square(model, batch)


def monkey(w: Tensor) -> Tensor:
    return w[0] ** 3 - 3 * w[0] * w[1] ** 2


def saddle(w: Tensor) -> Tensor:
    return w[0] ** 2 - w[1] ** 2


def outer(w: Tensor) -> Tensor:
    return ((torch.outer(w, w) - torch.diag(torch.tensor([3.0, 2, 1], dtype=w.dtype))) ** 2).sum() / 4


def rosenbrock(w: Tensor) -> Tensor:
    return (1 - w[0]) ** 2 + 100 * (w[1] - w[0] ** 2) ** 2


def beale(w: Tensor) -> Tensor:
    x, y = w
    return (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2


def camel(w: Tensor) -> Tensor:
    x, y = w
    return (4 - 2.1 * x**2 + x**4 / 3) * x**2 + x * y + (4 * y**2 - 4) * y**2


def himmelblau(w: Tensor) -> Tensor:
    x, y = w
    return (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2


def rastrigin(w: Tensor) -> Tensor:
    return 10 * len(w) + (w**2 - 10 * torch.cos(2 * pi * w)).sum()


def scale_invariant(w: Tensor) -> Tensor:
    return 1 - w[0] / w.norm()


@dataclass(frozen=True)
class Known:
    """A point of which everything is known.

    Attributes:
        build: Gives (model, batches, loss).
        eigenvalues: Ascending.
        digits: After the point, to which the table gives the eigenvalues.
        kind: The Hessian's class.
    """

    build: Callable
    value: float
    eigenvalues: tuple[float, ...]
    kind: str
    digits: int = 8

    def objective(self) -> Objective:
        model, batches, loss = self.build()
        return objective_of(model, batches, loss)


def formula(function, point, value, eigenvalues, kind, digits=8, *, polished: bool = False) -> Known:
    """`polished`: the point is known to eight digits only, and Newton's method finds the others."""

    def build():
        at = torch.as_tensor(point, dtype=torch.float64)
        for _ in range(3 if polished else 0):
            gradient = torch.autograd.functional.jacobian(function, at)
            at = at - torch.linalg.solve(torch.autograd.functional.hessian(function, at), gradient)
        assert (at - torch.as_tensor(point)).abs().max() < 1e-7
        return Formula(function, at), BLANK, of_formula

    return Known(build, value, tuple(sorted(eigenvalues)), kind, digits)


def chain(*weights: float) -> Callable:
    """Return a linear network of single weights, on one sample: (1 - their product)^2."""
    return lambda: (nn.Sequential(*(linear([[weight]]) for weight in weights)), [ONE], mse)


def two_layers(first, second) -> Callable:
    """.5 |W2 W1 - diag(3, 1)|^2: a sample a column of the identity."""
    batches = [(torch.eye(2)[:1], torch.diag(torch.tensor([3.0, 1]))[:1]), (torch.eye(2)[1:], torch.tensor([[0.0, 1]]))]
    return lambda: (nn.Sequential(linear(first), linear(second)), batches, twice_half_square)


def teacher(vector) -> Callable:
    """A ReLU unit that is its teacher; samples +-sqrt(d) e_i have the identity for second moments, as N(0, I) has."""
    inputs = sqrt(3) * torch.cat([torch.eye(3), -torch.eye(3)]).double()
    targets = (inputs @ torch.tensor(vector, dtype=torch.float64)[:, None]).relu()
    batches = [(inputs[:4], targets[:4]), (inputs[4:], targets[4:])]
    return lambda: (nn.Sequential(linear([vector]), nn.ReLU()), batches, half_square)


def softmax_regression(counts: tuple[int, ...]) -> Known:
    """Zero weights: the eigenvalues of X^T X / N / C, each C - 1 times, and as many zeros as inputs."""
    num, total = len(counts), sum(counts)
    order = torch.randperm(total, generator=torch.Generator().manual_seed(2))
    targets = torch.repeat_interleave(torch.arange(num), torch.tensor(counts))[order]
    inputs = doubles(total, 4) + 0.4 + 2 * targets[:, None]
    batches = list(zip(inputs.split(2), targets.split(2)))
    moments = np.linalg.eigvalsh((inputs.T @ inputs).numpy() / len(inputs)) / num
    values = sorted([*np.zeros(4), *np.repeat(moments, num - 1)])
    return Known(lambda: (linear(np.zeros((num, 4))), batches, cross_entropy), np.log(num), tuple(values), "degenerate")


def linear_regression() -> Known:
    """At the least squares solution: 1/(2N) |(I - P) y|^2, and the eigenvalues of X^T X / N."""
    inputs, targets = doubles(20, 4) + 0.4, doubles(20, 1, seed=1)
    design, wanted = inputs.numpy(), targets.numpy()
    solution, rest, *_ = np.linalg.lstsq(design, wanted)
    batches = [(inputs[:13], targets[:13]), (inputs[13:], targets[13:])]
    values = np.linalg.eigvalsh(design.T @ design / 20)
    return Known(lambda: (linear(solution.T), batches, half_square), float(rest[0]) / 40, tuple(values), "positive")


ROOT3 = sqrt(3)
KNOWN = {
    "x^2 - y^2": formula(saddle, (0, 0), 0, (-2, 2), "indefinite"),
    "monkey saddle": formula(monkey, (0, 0), 0, (0, 0), "degenerate"),
    "1 - w1 w2 at 0": Known(chain(0, 0), 1, (-2, 2), "indefinite"),
    "1 - w1 w2 at t = 1": Known(chain(1, 1), 0, (0, 4), "degenerate"),
    "1 - w1 w2 at t = 2": Known(chain(2, 0.5), 0, (0, 8.5), "degenerate"),
    "1 - w1 w2 at t = 10": Known(chain(10, 0.1), 0, (0, 200.02), "degenerate"),
    "1 - w1 w2 w3 at 0": Known(chain(0, 0, 0), 1, (0, 0, 0), "degenerate"),
    "1 - w1 w2 w3 at (c, 0, 0)": Known(chain(-1.5, 0, 0), 1, (-3, 0, 3), "indefinite"),
    "1 - w1 w2 w3 at (1, 1, 1)": Known(chain(1, 1, 1), 0, (0, 0, 6), "degenerate"),
    "1 - w1 w2 w3 at (2, 1, .5)": Known(chain(2, 1, 0.5), 0, (0, 0, 10.5), "degenerate"),
    "two layers at 0": Known(
        two_layers(np.zeros((2, 2)), np.zeros((2, 2))), 5, (-3, -3, -1, -1, 1, 1, 3, 3), "indefinite"
    ),
    "two layers, the first": Known(
        two_layers(np.diag([ROOT3, 0]), np.diag([ROOT3, 0])), 0.5, (-1, 0, 0, 0, 1, 2, 4, 6), "indefinite"
    ),
    "two layers, the second": Known(
        two_layers(np.diag([0.0, 1]), np.diag([0.0, 1])), 4.5, (-3, -2, 0, 0, 0, 2, 3, 4), "indefinite"
    ),
    "two layers, both": Known(
        two_layers(np.diag([ROOT3, 1]), np.diag([ROOT3, 1])), 0, (0, 0, 0, 0, 2, 4, 4, 6), "degenerate"
    ),
    "x x^T at 0": formula(outer, (0, 0, 0), 3.5, (-3, -2, -1), "negative"),
    "x x^T, the first": formula(outer, (ROOT3, 0, 0), 1.25, (1, 2, 6), "positive"),
    "x x^T, the second": formula(outer, (0, -sqrt(2), 0), 2.5, (-1, 1, 4), "indefinite"),
    "x x^T, the third": formula(outer, (0, 0, 1), 3.25, (-2, -1, 2), "indefinite"),
    "Rosenbrock": formula(rosenbrock, (1, 1), 0, (501 - sqrt(501**2 - 400), 501 + sqrt(501**2 - 400)), "positive"),
    "Beale's minimum": formula(beale, (3, 0.5), 0, (0.3014636465, 48.9797863535), "positive"),
    "Beale's saddle": formula(beale, (0, 1), 14.203125, (-27.75, 27.75), "indefinite"),
    "Beale's other saddle": formula(
        beale, (0.10053794, -2.64451359), 9.8645122848, (-0.781027, 867.752179), "indefinite", 6, polished=True
    ),
    **{
        f"camel at {sign}{point}": formula(
            camel, tuple(float(f"{sign}1") * part for part in point), value, eigenvalues, kind, 6, polished=True
        )
        for sign in "+-"
        for point, value, eigenvalues, kind in [
            ((-0.08984201, 0.71265640), -1.0316284535, (7.682251, 16.493195), "positive"),
            ((1.70360671, -0.79608357), -0.2154638244, (18.817139, 22.697515), "positive"),
            ((1.60710475, 0.56865145), 2.1042503103, (7.121512, 10.021603), "positive"),
            ((1.10920534, -0.76826809), 0.5437186010, (-7.902619, 20.366740), "indefinite"),
            ((1.63806798, 0.22867407), 2.2293571975, (-5.545775, 12.436664), "indefinite"),
            ((1.29607027, 0.60508439), 2.2294708180, (-6.177182, 9.637588), "indefinite"),
            ((1.23022988, 0.16233458), 2.4962953510, (-8.014907, -5.953724), "negative"),
        ]
    },
    "camel at 0": formula(camel, (0, 0), 0, (-sqrt(65), sqrt(65)), "indefinite"),
    **{
        f"Himmelblau at {point}": formula(himmelblau, point, value, eigenvalues, kind, 6, polished=True)
        for point, value, eigenvalues, kind in [
            ((3, 2), 0, (25.715729, 82.284271), "positive"),
            ((3.58442834, -1.84812653), 0, (28.690677, 105.418908), "positive"),
            ((-2.80511809, 3.13131252), 0, (64.840373, 80.550072), "positive"),
            ((-3.77931025, -3.28318599), 0, (70.714355, 133.785615), "positive"),
            ((3.38515418, 0.07385188), 13.3119262704, (-14.135178, 97.547878), "indefinite"),
            ((0.08667750, 2.88425470), 67.7191500875, (-31.706622, 75.507609), "indefinite"),
            ((-3.07302575, -0.08135304), 104.0151629176, (-39.651496, 72.435248), "indefinite"),
            ((-0.12796135, -1.95371498), 178.3372392019, (-50.610239, 20.284050), "indefinite"),
            ((-0.27084459, -0.92303856), 181.6165215226, (-45.605229, -16.066020), "negative"),
        ]
    },
    "Rastrigin": formula(rastrigin, (0, 0), 0, (2 + 40 * pi**2,) * 2, "positive"),
    "scale-invariant": formula(scale_invariant, (0.4, 0), 0, (0, 6.25), "degenerate"),
    "scale-invariant, the ridge": formula(scale_invariant, (-1, 0), 2, (-1, 0), "degenerate"),
    "ReLU teacher": Known(teacher([0.8, -0.3, 0.5]), 0, (0.5, 0.5, 0.5), "positive"),
    "linear regression": linear_regression(),
    "softmax regression, balanced": softmax_regression((9, 9, 9)),
    "softmax regression, not balanced": softmax_regression((3, 21, 9, 14, 12)),
}
