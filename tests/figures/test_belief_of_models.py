"""The panel of real models: convex ones are never called saddles, and networks that are the same have the same panel."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from belief_records import directed
from measured_networks import STEP, Subject, network_of, reordered, rescaled
from torch import nn

from landscape.belief.convexity import convexity
from landscape.belief.measuring import differences_on_fresh_planes
from landscape.belief.rounding import Rounding
from landscape.belief_record import BeliefRecord
from landscape.curvature.objective import Objective
from landscape.curvature.point import criticality, hessian_class, verdict
from landscape.curvature.sums import SampleSums
from landscape.directions import random_directions
from landscape.figures.belief_panel import belief_panel
from landscape.filters import filter_layouts
from landscape.grid import Grid
from landscape.origin import Origin
from landscape.plane import Plane
from landscape.problem.losses import named_loss
from landscape.problem.measures import measure_on_plane
from landscape.problem.problem import Problem
from landscape.surface import Surface

DROWNED = "Whether this slice is convex can't be told: the values differ by no more than rounding may."


class Convex:
    """Softmax regression on blobs, some training steps on."""

    def __init__(self, precision: str, num_steps: int) -> None:
        draw = torch.Generator().manual_seed(6)
        targets = torch.randint(3, (60,), generator=draw)
        inputs = torch.randn(60, 5, generator=draw) + 2 * torch.randn(3, 5, generator=draw)[targets]
        self.model = nn.Linear(5, 3)
        with torch.no_grad():
            self.model.weight.copy_(0.1 * torch.randn(3, 5, generator=draw))
        optimizer = torch.optim.LBFGS(self.model.parameters(), max_iter=num_steps) if num_steps else None
        if optimizer:
            optimizer.step(lambda: self._backward(optimizer, inputs, targets))
        batches = {"train": [(inputs[:35], targets[:35]), (inputs[35:], targets[35:])]}
        self.chunks = [(inputs[first : first + 5], targets[first : first + 5]) for first in range(0, 60, 5)]
        self.problem = Problem(self.model, named_loss("cross-entropy"), batches, precision=precision)
        self.precision, self.step = precision, {"float32": 0.02, "float64": 1e-3}[precision]

    def _backward(self, optimizer, inputs, targets):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(self.model(inputs), targets)
        loss.backward()
        return loss

    def plane_of(self, number: int) -> Plane:
        layouts = filter_layouts(self.model)
        directions = random_directions(self.problem.center, layouts, seed=number, axes="xy")
        return Plane(self.problem.center, *directions)

    def surface(self, level: str) -> Surface:
        """Return the surface with what is measured beside it at a level."""
        center = self.problem.measure(self.problem.center)
        objective = Objective(SampleSums(self.problem, self.problem.batches["train"], chunks=self.chunks))
        measure = differences_on_fresh_planes(
            self.plane_of,
            lambda plane: measure_on_plane(self.problem, plane, "plain"),
            step=self.step,
            metric="train_loss",
            center=center["train_loss"],
            objective=(lambda: objective) if level == "full" else None,
        )
        x, y = np.linspace(-0.5, 1, 7), np.linspace(-1, 0.5, 7)
        of = measure_on_plane(self.problem, self.plane_of(99), "plain")
        values = np.array([[of(a, b)["train_loss"] for b in y] for a in x])
        origin = Origin({"precision": self.precision}, {}, {"center": center, **directed(0.01)})
        surface = Surface(Grid(x, y), {"train_loss": values}, np.ones((7, 7)), origin)
        findings = {"level": level, "metric": "train_loss", "step": self.step, "num_fresh": 30}
        if level == "full":
            findings["hessian"] = self._hessian(objective)
        return replace(surface, belief=BeliefRecord(arrays_of([measure(number) for number in range(30)]), findings))

    def _hessian(self, objective: Objective) -> dict:
        spectrum = np.linalg.eigvalsh(objective.products(np.eye(objective.dim)))
        found = {"largest": spectrum[-1], "smallest": spectrum[0], "largest_residual": 0.0, "smallest_residual": 0.0}
        residuals, scale = (0.0, 0.0), np.abs(spectrum).max()
        kind = hessian_class(
            spectrum[-1], spectrum[0], residuals=residuals, converged=True, scale=scale, precision=self.precision
        )
        gradient, length = objective.gradient(), float(np.linalg.norm(objective.weights))
        critical = criticality(
            gradient.norm,
            gradient.standard_error,
            gradient.excess,
            scale=scale,
            weights_norm=length,
            precision=self.precision,
        )
        found |= {"gradient_norm": gradient.norm, "gradient_error": gradient.standard_error}
        found |= {"hessian": {"kind": kind.kind}, "verdict": verdict(kind, critical)}
        return found | {"largest_converged": True, "smallest_converged": True}


def arrays_of(found: list[dict]) -> dict:
    arrays = {name: np.array([trial[name] for trial in found]) for name in found[0]}
    return {**arrays, "fresh_done": np.ones(len(found))}


@pytest.mark.parametrize("level", ["quick", "full"])
@pytest.mark.parametrize("num_steps", [0, 5, 60])
@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_a_convex_model_never_gets_a_saddle_warning(precision, num_steps, level):
    panel = belief_panel(Convex(precision, num_steps).surface(level))
    text = " ".join(panel["sentences"])
    assert panel["sentences"][0] == "This slice looks convex."
    assert not any(word in text for word in ("no minimum", "saddle", "chord", "Yet"))
    rows = {what: value for what, value, _ in panel["rows"]}
    is_told = rows["curvature of random directions"] != "not told from rounding"
    assert is_told is ((precision, num_steps) != ("float32", 60))  # where the loss is 2e-7
    assert not is_told or rows["directions that curve downward"] == "none of 60"
    if level == "full":
        assert rows["directions with d'Hd < 0"] == "none of 60" and rows["planes that show a descent"] == "none of 30"
        assert "second derivatives do not decide" in text  # adding the same to all scores changes nothing
        falls = "The gradient is not zero: the loss falls along it." in text
        assert falls is (num_steps == 0), "only where nothing was trained is the gradient beyond chance"
    elif is_told:
        assert "None of 60 random directions curves downward" in text
    else:
        assert "The curvatures of 60 random directions over a step of 0.02 are not told from rounding" in text


@pytest.mark.parametrize("num_steps", [0, 5, 60])
@pytest.mark.parametrize("precision", ["float32", "bf16"])
def test_a_convex_model_looks_convex_at_any_scale_of_rounding(precision, num_steps):
    """The loss is 1.2, 0.08 and 2e-7."""
    model = Convex("float32", num_steps)
    rough = Problem(model.model, model.problem.loss, model.problem.batches, precision=precision)
    of = measure_on_plane(rough, model.plane_of(99), "plain")
    above = []
    for radius in (0.001, 0.02, 0.1):
        x = np.linspace(-radius, 1.25 * radius, 10)
        values = np.array([[of(a, b)["train_loss"] for b in x] for a in x])
        surface = Surface(Grid(x, x), {"train_loss": values}, np.ones(values.shape), Origin({"precision": precision}))
        assert belief_panel(surface)["sentences"][0] in ("This slice looks convex.", DROWNED)
        above.append(convexity(values, x, x, rounding=Rounding(0.0, 0.0)).worst)
    assert max(above) > 0  # rounding there is


def panel_of(subject: Subject, plane_of) -> dict:
    """Return the panel of a network, with the planes that are given it."""
    of = measure_on_plane(subject.problem, plane_of(50), "plain")
    x, y = np.linspace(-0.5, 1, 7), np.linspace(-1, 0.25, 6)
    values = np.array([[of(a, b)["train_loss"] for b in y] for a in x])
    record = {"center": {"train_loss": subject.center}, **directed(0.01)}
    surface = Surface(Grid(x, y), {"train_loss": values}, np.ones((7, 6)), Origin({"precision": "float64"}, {}, record))
    measure = subject.fresh(plane_of=plane_of)
    arrays = arrays_of([measure(number) for number in range(8)])
    findings = {"level": "full", "metric": "train_loss", "step": STEP, "num_fresh": 8, "why_no_products": "a test"}
    return belief_panel(replace(surface, belief=BeliefRecord(arrays, findings)))


def test_a_network_with_rescaled_normalized_filters_has_the_same_panel():
    subjects = [Subject(network) for network in (network_of(nn.Tanh, 1e-30), rescaled(network_of(nn.Tanh, 1e-30)))]
    one, other = (panel_of(subject, subject.plane_of) for subject in subjects)
    assert one == other and len(one["rows"]) > 8


def test_a_network_with_relabelled_hidden_units_has_the_same_panel():
    network, relabelled, order = network_of(nn.GELU), network_of(nn.GELU), torch.tensor([3, 0, 4, 1, 2])
    relabelled.load_state_dict(reordered(network.state_dict(), order))
    one, other = Subject(network), Subject(relabelled)

    def plane_of(number: int) -> Plane:
        plane = one.plane_of(number)
        return Plane(other.problem.center, reordered(plane.u, order), reordered(plane.v, order))

    assert panel_of(one, one.plane_of) == panel_of(other, plane_of)
