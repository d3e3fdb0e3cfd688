"""Functions of two weights to race on: named closed forms, each with a frame, starts and learning rates; or the user's."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import cos, pi, sin

import torch
from torch import Tensor

from landscape.problem.factories import called, find_factory

Function = Callable[[Tensor, Tensor], Tensor]
Place = tuple[float, float]
TURN = pi / 6  # of the narrow valley, so that no axis lies along it
STIFFNESS = 100.0


@dataclass(frozen=True, slots=True)
class Course:
    """A function, and what to look at.

    Attributes:
        formula: For the reader.
        function: Of two scalars, float64; returns a scalar that torch can differentiate twice.
        frame: (lowest x, highest x, lowest y, highest y).
        starts: Where optimizers begin when nobody says otherwise.
        rates: Learning rate by optimizer; "" is that of all others.
        scale: How its heights are drawn: "log", "linear" or "clipped".
        away: How far along the way down counts as having left a saddle; a tenth of the frame's diagonal if None.
        steps: How many are worth seeing.
        search: From how many starts a side critical points are looked for, 0 for where values show some, and in how many
            steps each.
        axes: What its two weights are called.
        words: What else the reader should know.
    """

    name: str
    formula: str
    function: Function
    frame: tuple[float, float, float, float]
    starts: tuple[Place, ...]
    rates: Mapping[str, float] = field(default_factory=dict)
    scale: str = "log"
    away: float | None = None
    steps: int = 150
    search: tuple[int, int] = (31, 80)
    axes: tuple[str, str] = ("x", "y")
    words: str = ""

    @property
    def leaving_distance(self) -> float:
        low, high, bottom, top = self.frame
        return self.away if self.away is not None else 0.1 * ((high - low) ** 2 + (top - bottom) ** 2) ** 0.5


def saddle(x: Tensor, y: Tensor) -> Tensor:
    return x**2 - y**2


def monkey(x: Tensor, y: Tensor) -> Tensor:
    return x**3 - 3 * x * y**2


def product(x: Tensor, y: Tensor) -> Tensor:
    return (1 - x * y) ** 2


def beale(x: Tensor, y: Tensor) -> Tensor:
    return (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2


def rosenbrock(x: Tensor, y: Tensor) -> Tensor:
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


def camel(x: Tensor, y: Tensor) -> Tensor:
    return (4 - 2.1 * x**2 + x**4 / 3) * x**2 + x * y + (4 * y**2 - 4) * y**2


def himmelblau(x: Tensor, y: Tensor) -> Tensor:
    return (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2


def rastrigin(x: Tensor, y: Tensor) -> Tensor:
    return 20 + x**2 + y**2 - 10 * torch.cos(2 * pi * x) - 10 * torch.cos(2 * pi * y)


def valley(x: Tensor, y: Tensor) -> Tensor:
    along, across = cos(TURN) * x + sin(TURN) * y, cos(TURN) * y - sin(TURN) * x
    return (along**2 + STIFFNESS * across**2) / 2


COURSES = {
    course.name: course
    for course in (
        Course(
            "saddle",
            "x² − y²",
            saddle,
            (-1.5, 1.5, -1.5, 2.0),
            ((1.0, 1e-4),),
            {"": 0.1, "adadelta": 1.0},
            scale="linear",
            away=1.0,
            steps=60,
        ),
        Course(
            "monkey",
            "x³ − 3 x y²",
            monkey,
            (-1.5, 1.5, -1.2, 2.0),
            ((1.0, 0.01),),
            {"": 0.05, "adadelta": 1.0},
            scale="linear",
            steps=60,
        ),
        Course(
            "product",
            "(1 − x y)²",
            product,
            (-1.7, 1.7, -1.4, 1.8),
            ((0.6, -0.599),),
            {"": 0.1, "adadelta": 1.0},
            away=0.7,
            steps=150,
        ),
        Course(
            "beale",
            "(1.5 − x + x y)² + (2.25 − x + x y²)² + (2.625 − x + x y³)²",
            beale,
            (-1.5, 4.5, -3.2, 2.0),
            ((0.3, 1.32),),
            {"": 0.005, "adadelta": 1.0, "adagrad": 0.3, "rmsprop": 0.02, "adam": 0.05},
        ),
        Course(
            "rosenbrock",
            "(1 − x)² + 100 (y − x²)²",
            rosenbrock,
            (-2.0, 2.0, -1.0, 3.0),
            ((-1.2, 1.0),),
            {"": 0.0005, "adadelta": 1.0, "adagrad": 0.3, "rmsprop": 0.01, "adam": 0.05},
            steps=600,
        ),
        Course(
            "camel",
            "(4 − 2.1 x² + x⁴/3) x² + x y + (4 y² − 4) y²",
            camel,
            (-2.1, 2.1, -1.2, 1.3),
            ((0.6, 0.036),),
            {"": 0.01, "adadelta": 1.0, "adagrad": 0.1, "rmsprop": 0.01, "adam": 0.02},
            scale="clipped",
            steps=80,
        ),
        Course(
            "himmelblau",
            "(x² + y − 11)² + (x + y² − 7)²",
            himmelblau,
            (-5.5, 5.2, -5.2, 5.5),
            ((-0.27, -0.6),),
            {"": 0.003, "adadelta": 1.0, "adagrad": 0.3, "rmsprop": 0.05, "adam": 0.1},
            steps=80,
        ),
        Course(
            "rastrigin",
            "20 + x² + y² − 10 cos 2πx − 10 cos 2πy",
            rastrigin,
            (-0.7, 1.3, -0.75, 1.2),
            ((0.8, 0.51),),
            {"": 0.001, "adadelta": 1.0, "adagrad": 0.2, "rmsprop": 0.02, "adam": 0.05},
            scale="linear",
            steps=80,
        ),
        Course(
            "valley",
            "(a² + 100 b²) / 2, where a and b are x and y turned by 30°",
            valley,
            (-2.5, 1.5, -1.8, 1.2),
            ((-2.0, -0.6),),
            {"": 0.015, "adadelta": 1.0, "adagrad": 0.2, "rmsprop": 0.02, "adam": 0.05},
            steps=150,
        ),
    )
}


def find_course(spec: str, frame: tuple[float, float, float, float] = (-2.0, 2.0, -2.0, 2.0)) -> Course:
    """Return a course by its name, or one of the user's function, `path/file.py:f` of torch (x, y).

    Args:
        frame: Of the user's function. It begins at the point one fifth of the way in from the frame's lower left corner.

    Raises:
        ValueError: There is no such course, or the function is none of two scalars to one.
    """
    if spec in COURSES:
        return COURSES[spec]
    if ":" not in spec:
        raise ValueError(
            f"there is no surface {spec!r}; choose one of {', '.join(COURSES)}, or give path/file.py:f, a function of torch (x, y)"
        )
    function = find_factory(spec, "surface")
    low, high, bottom, top = frame
    start = (low + 0.2 * (high - low), bottom + 0.2 * (top - bottom))
    checked = _checked(function, spec, start)
    return Course(spec.rpartition(":")[2], spec, checked, frame, (start,), {"": 0.01, "adadelta": 1.0}, scale="auto")


def _checked(function: Function, spec: str, start: Place) -> Function:
    """Return the function, which was seen to give a scalar that leads back to its arguments."""

    def checked(x: Tensor, y: Tensor) -> Tensor:
        return called(f"the surface {spec!r}", function, x, y)

    x, y = (torch.tensor(part, dtype=torch.float64, requires_grad=True) for part in start)
    value = checked(x, y)
    wanted = f"the surface {spec!r} must return one number that torch can differentiate by x and y"
    if not isinstance(value, Tensor):
        raise ValueError(f"{wanted}, not {type(value).__name__}")
    if value.numel() != 1 or value.ndim or not value.is_floating_point() or not value.requires_grad:
        raise ValueError(f"{wanted}, not a tensor of shape {tuple(value.shape)} and kind {value.dtype}")
    return checked
