"""The whole analysis at one setting of the weights, stage by stage: each is saved when it is done, and not done twice."""

import time
from collections.abc import Callable
from dataclasses import asdict

import numpy as np

from landscape.curvature.dense import dense_eigenpairs, dense_hessian
from landscape.curvature.density import Quadrature, quadrature_row
from landscape.curvature.eigenpairs import Eigenpairs, extreme_eigenpairs
from landscape.curvature.escape import escape_curve
from landscape.curvature.newton import NewtonDecrement, newton_decrement
from landscape.curvature.objective import Objective
from landscape.curvature.point import ROUNDING, criticality, hessian_class, verdict
from landscape.curvature.stages import STAGES, AnalysisSettings, Saved, Savers
from landscape.curvature.trace import Deflation, TraceEstimate, deflated_part, probe_of_rest
from landscape.curvature_record import CurvatureRecord
from landscape.directions import gaussian


class Analysis:
    """One analysis under way.

    Args:
        saved: Where to begin.
    """

    def __init__(
        self, objective: Objective, settings: AnalysisSettings, saved: Saved, savers: Savers = Savers()
    ) -> None:
        self._objective, self._settings, self._savers = objective, settings, savers
        self._record, self._vectors, self._state = saved.record, saved.vectors, saved.state
        self._gradient: np.ndarray | None = None
        self._pairs: Eigenpairs | None = None
        self._matrix: np.ndarray | None = None
        self._began = time.perf_counter()
        self._earlier_s = float(saved.record.findings.get("seconds") or 0)
        self._earlier_products = int(saved.record.findings.get("num_products") or 0)

    def run(self) -> CurvatureRecord:
        """Do every stage that is not done, and return the whole record."""
        tasks = {
            "gradient": self._measure_gradient,
            "eigenvalues": self._find_eigenvalues,
            "trace": self._estimate_trace,
            "density": self._estimate_density,
            "shares": self._count_shares,
            "newton": self._find_newton,
            "escape": self._leave,
        }
        for stage in STAGES:
            if stage not in self._record.stages:
                tasks[stage]()
        return self._record

    @property
    def _is_dense(self) -> bool:
        return self._settings.is_dense(self._objective.dim)

    def _keep(self, stage: str | None, **more) -> None:
        findings = {
            "seconds": self._earlier_s + time.perf_counter() - self._began,
            "num_products": self._earlier_products + self._objective.num_products,
        }
        self._record = self._record.also(stage=stage, **findings, **more)
        self._savers.record(self._record)

    def _draw(self, purpose: str) -> Callable[[int], np.ndarray]:
        """Return a source of standard normal vectors, each from a stream of its own."""
        dim, seed = self._objective.dim, self._settings.seed
        return lambda number: gaussian((dim,), seed, f"curvature {purpose} {number}", "")

    def _measure_gradient(self) -> None:
        value, gradient = self._objective.value(), self._objective.gradient()
        self._gradient = gradient.vector
        self._keep(
            "gradient",
            loss=value,
            num_samples=int(self._objective.num_samples),
            num_parameters=self._objective.dim,
            gradient_norm=gradient.norm,
            gradient_error=_number(gradient.standard_error),
            gradient_excess=_number(gradient.excess) if gradient.has_chunks_enough else None,
            weights_norm=float(np.linalg.norm(self._objective.weights)),
            layers=list(self._objective.layout.layers),
        )

    def _find_eigenvalues(self) -> None:
        objective, settings = self._objective, self._settings
        num_smallest = min(settings.num_smallest, objective.dim // 2)
        ends = {
            "num_largest": min(settings.num_largest, objective.dim - num_smallest),
            "num_smallest": num_smallest,
            "tolerance": settings.tolerance,
        }
        arrays = {}
        if self._is_dense:
            self._matrix = dense_hessian(objective.products, objective.dim, progress=self._savers.progress)
            arrays["spectrum"], self._pairs = dense_eigenpairs(self._matrix, **ends)
        else:
            self._pairs = extreme_eigenpairs(
                objective.products,
                objective.dim,
                **ends,
                draw=self._draw("eigenvalues"),
                max_products=settings.max_products,
                state=self._state,
                save=self._savers.state,
                progress=self._savers.progress,
            )
        pairs = self._pairs
        arrays |= {
            "eigenvalue": pairs.values,
            "eigenvalue_residual": pairs.residuals,
            "eigenvalue_converged": pairs.converged.astype(np.float64),
        }
        self._vectors = pairs.vectors
        record = self._record.also(arrays=arrays)
        self._savers.vectors(pairs.vectors, record)
        self._keep("eigenvalues", arrays=arrays, **self._judged())

    def _judged(self) -> dict:
        """Return what the eigenvalues and the gradient say together."""
        pairs, found = self._pairs, self._record.findings
        hessian = hessian_class(
            float(pairs.values[0]),
            float(pairs.values[-1]),
            residuals=(float(pairs.residuals[0]), float(pairs.residuals[-1])),
            converged=bool(pairs.converged[0] and pairs.converged[-1]),
            scale=pairs.scale,
            precision=self._settings.precision,
        )
        error, excess = (np.nan if found[key] is None else found[key] for key in ("gradient_error", "gradient_excess"))
        critical = criticality(
            found["gradient_norm"],
            error,
            excess,
            scale=pairs.scale,
            weights_norm=found["weights_norm"],
            precision=self._settings.precision,
        )
        stiffness = float(pairs.values[0] / pairs.values[-1]) if hessian.kind == "positive" else None
        return {
            "num_largest": pairs.num_largest,
            "scale": pairs.scale,
            "hessian": asdict(hessian),
            "critical": asdict(critical),
            "verdict": verdict(hessian, critical),
            "condition_number": stiffness,
        }

    def _estimate_trace(self) -> None:
        layers, settings = self._objective.layout.layers, self._settings
        if self._is_dense:
            diagonal = np.diag(self._whole())
            exact = np.array([sum(diagonal[place].sum() for place in places) for places in layers.values()])
            estimate = TraceEstimate(exact, np.zeros((0, len(layers))))
        else:
            estimate = self._probed_trace(layers)
        if not self._is_dense and settings.trace_probes == 0:
            return self._keep("trace")
        arrays = {"trace_exact": estimate.exact, "trace_rest": estimate.probes}
        self._keep("trace", arrays=arrays, trace=estimate.total, trace_error=_number(estimate.standard_error))

    def _probed_trace(self, layers) -> TraceEstimate:
        if self._settings.trace_probes == 0:
            return TraceEstimate(np.zeros(len(layers)), np.zeros((0, len(layers))))
        deflation = Deflation(self._pairs_again().vectors, self._pairs_again().products)
        exact = deflated_part(deflation, layers)
        rows, draw = list(self._record.arrays.get("trace_rest", [])), self._draw("trace")
        while len(rows) < self._settings.trace_probes:
            signs = np.where(draw(len(rows)) < 0, -1.0, 1.0)
            rows.append(probe_of_rest(self._objective.products, signs, deflation, layers))
            self._savers.progress(f"trace: {len(rows)} of {self._settings.trace_probes} probes")
            self._keep(None, arrays={"trace_exact": exact, "trace_rest": np.array(rows)})
        return TraceEstimate(exact, np.array(rows))

    def _estimate_density(self) -> None:
        if self._is_dense:
            return self._keep("density")
        settings, draw = self._settings, self._draw("density")
        nodes = list(self._record.arrays.get("density_node", []))
        weights = list(self._record.arrays.get("density_weight", []))
        while len(nodes) < settings.density_probes:
            found = quadrature_row(self._objective.products, draw(len(nodes)), settings.density_steps)
            nodes.append(found[0])
            weights.append(found[1])
            self._savers.progress(f"density: {len(nodes)} of {settings.density_probes} probes")
            self._keep(None, arrays={"density_node": np.array(nodes), "density_weight": np.array(weights)})
        self._keep("density")

    def _count_shares(self) -> None:
        tolerance = self._record.findings["hessian"]["tolerance"]
        arrays = self._record.arrays
        if "spectrum" in arrays:
            spectrum = arrays["spectrum"]
            above, below = float((spectrum > tolerance).mean()), float((spectrum < -tolerance).mean())
            shares = {"above": above, "within": 1 - above - below, "below": below, "errors": [0.0] * 3, "exact": True}
        elif "density_node" in arrays:
            density = Quadrature(arrays["density_node"], arrays["density_weight"])
            tolerance = max(tolerance, density.resolution)
            found, errors = density.shares(tolerance)
            shares = dict(zip(("above", "within", "below"), found.tolist()))
            shares |= {"errors": [_number(error) for error in errors], "exact": False}
        else:
            shares = None
        self._keep("shares", shares=shares and {**shares, "tolerance": tolerance})

    def _find_newton(self) -> None:
        if self._record.findings["hessian"]["kind"] != "positive":
            return self._keep("newton", newton=None)
        gradient = self._gradient_again()
        if self._is_dense:
            solution = np.linalg.solve(self._whole(), gradient)
            found = NewtonDecrement(float(np.sqrt(max(0.0, gradient @ solution))), 0.0)
        else:
            found = newton_decrement(self._objective.products, gradient)
        self._keep("newton", newton=asdict(found))

    def _leave(self) -> None:
        smallest = float(self._record.arrays["eigenvalue"][-1])
        if not smallest < -ROUNDING[self._settings.precision] * self._record.findings["scale"]:
            return self._keep("escape", escape=None)
        self._savers.progress("leaving along the most negative eigenvector")
        curve = escape_curve(self._objective, self._vectors[:, -1], smallest, self._gradient_again())
        arrays = {"escape_length": curve.steps, "escape_loss": curve.losses, "escape_predicted": curve.predicted}
        self._keep("escape", arrays=arrays, escape={"slope": curve.slope, "eigenvalue": curve.eigenvalue})

    def _gradient_again(self) -> np.ndarray:
        if self._gradient is None:
            self._gradient = self._objective.gradient().vector
        return self._gradient

    def _whole(self) -> np.ndarray:
        if self._matrix is None:
            self._matrix = dense_hessian(self._objective.products, self._objective.dim, progress=self._savers.progress)
        return self._matrix

    def _pairs_again(self) -> Eigenpairs:
        """Return the eigenpairs, their products measured again where they come from an earlier run."""
        if self._pairs is None:
            arrays, vectors = self._record.arrays, self._vectors
            self._pairs = Eigenpairs(
                values=arrays["eigenvalue"],
                vectors=vectors,
                products=np.stack([self._objective.products(vector) for vector in vectors.T], 1),
                residuals=arrays["eigenvalue_residual"],
                converged=arrays["eigenvalue_converged"] > 0,
                num_largest=self._record.findings["num_largest"],
                num_products=0,
                scale=self._record.findings["scale"],
            )
        return self._pairs


def _number(value: float) -> float | None:
    """Return a number as JSON holds it."""
    return float(value) if np.isfinite(value) else None
