"""What `landscape surface` asks of the Hessian: eigenvectors to span the plane, derivatives at its center, eigenvalues at its points."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, fields, replace
from pathlib import Path

from landscape.cli.settings import HESSIAN, SurfaceSettings
from landscape.sweep.world import World


def with_eigenvectors(settings: SurfaceSettings, world: World, say: Callable[[str], None]) -> SurfaceSettings:
    """Find the Hessian's eigenvectors where the plane is to be spanned by them, and return settings that name their file.

    Raises:
        Mistake: Something can't be done as asked.
    """
    if settings.directions != HESSIAN:
        return settings
    world.agreed(lambda: _require_real_run(settings))
    num_largest = max(1, *settings.eigenvectors)
    num_smallest = max(1, *(-number for number in settings.eigenvectors))
    out = settings.out and settings.out.with_name(f"{settings.out.name}-hessian")
    return replace(settings, directions=str(eigenpairs_of(settings, out, num_largest, num_smallest, world, say)))


def eigenpairs_of(
    settings: SurfaceSettings,
    out: Path | None,
    num_largest: int,
    num_smallest: int,
    world: World,
    say: Callable[[str], None],
) -> Path:
    """Find the Hessian's extreme eigenpairs on the surface's samples and return their file, on every rank.

    Raises:
        Mistake: Something can't be done as asked.
    """
    from landscape.cli.curvature import run_curvature
    from landscape.cli.curvature_settings import CurvatureSettings
    from landscape.cli.run_settings import RunSettings
    from landscape.cli.subject_settings import DEFAULT_NUM_SAMPLES
    from landscape.curvature.stages import AnalysisSettings

    analysis = AnalysisSettings(
        num_largest=num_largest,
        num_smallest=num_smallest,
        trace_probes=0,
        density_probes=0,
        precision=settings.precision,
    )
    given = {field.name: getattr(settings, field.name) for field in fields(RunSettings)}
    given |= {"norm_stats": "stored", "out": out}
    asked = CurvatureSettings(
        **given,
        checkpoints=(),
        usual_num_samples=DEFAULT_NUM_SAMPLES,
        parameters=(),
        weight_decay=0.0,
        differentiation="double-backward",
        analysis=analysis,
    )
    return world.share(run_curvature(asked, world, say, kind="hessian"))


def _require_real_run(settings: SurfaceSettings) -> None:
    if settings.dry_run:
        raise ValueError(
            "--dry-run finds no eigenvectors; run `landscape curvature` first, and give its file as --directions FILE.h5"
        )
    if settings.precision not in ("float32", "float64"):
        raise ValueError(
            f"eigenvectors are found in float32 or float64, not in {settings.precision}; "
            "find them by `landscape curvature`, and give its file as --directions FILE.h5"
        )


def taylor_record(experiment, known, world: World, idle: frozenset[int]) -> dict:
    """Return {"taylor": derivatives in the plane by metric}; all ranks that compute take part.

    Args:
        known: The surface that the run goes on with, whose derivatives are kept.
    """
    from landscape.cli.inquiry import share_of
    from landscape.curvature.in_plane import derivatives_in_plane
    from landscape.curvature.objective import Objective, serve

    kept = world.share(known.origin.record.get("taylor") if known else None)
    if kept:
        return {"taylor": kept}
    share = share_of(world, idle)
    sums = world.together(lambda: None if world.rank in idle else experiment.sums(share))
    others = [rank for rank in range(1, world.size) if rank not in idle]
    if world.rank in others:
        serve(sums, world)

    def measured() -> dict:
        try:
            found = derivatives_in_plane(Objective(sums, world, ranks=others), experiment.plane)
        finally:
            Objective.dismiss(world, others)
        return {"taylor": {f"{experiment.splits[0]}_loss": found}}

    return world.agreed(measured)


def with_eigenvalues(measure: Callable, sums, plane, split: str) -> Callable[[float, float], Mapping[str, float]]:
    """Return a measure that also finds the Hessian's extreme eigenvalues at each point."""
    from landscape.curvature.in_plane import eigenvalue_map
    from landscape.curvature.objective import Objective

    eigenvalues = eigenvalue_map(Objective(sums), plane, split)
    return lambda alpha, beta: {**measure(alpha, beta), **eigenvalues(alpha, beta)}


def map_identity() -> dict:
    """Return what decides the eigenvalues of a map, samples aside."""
    from landscape.cli.inquiry import GENERATOR
    from landscape.curvature.in_plane import MapSettings

    return {**asdict(MapSettings()), "method": GENERATOR}
