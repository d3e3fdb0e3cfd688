"""`landscape curvature`: what kind of point trained weights are - eigenvalues of the Hessian, trace, density, a way out."""

import json
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np

from landscape.cli.arguments import Parser
from landscape.cli.devices import device_of_rank
from landscape.cli.outputs import drawing, goes_on, result_file
from landscape.cli.saying import saying
from landscape.sweep.run import Stopped
from landscape.sweep.world import Mistake, World

HELP = "tell what kind of point trained weights are: eigenvalues of the Hessian, trace, density, a way out of a saddle"
LINE_EVERY_S = 10.0


def curvature_command(arguments: Sequence[str], world: World, prog: str = "landscape curvature") -> None:
    """Run the command on this rank; see `landscape curvature --help`."""
    settings = world.agreed(lambda: _parsed(arguments, prog))
    if settings is None:
        return
    say = saying(world)
    each = settings.each()
    files = []
    for number, one in enumerate(each, start=1):
        if len(each) > 1:
            say(f"checkpoint {number} of {len(each)}: {one.checkpoint}")
        files.append(run_curvature(one, world, say))
    world.agreed(lambda: _write_page(settings, [file for file in files if file], say))


def _parsed(arguments: Sequence[str], prog: str):
    from landscape.cli.curvature_settings import add_curvature_options, curvature_settings_of
    from landscape.problem.checkpoints import read_checkpoint

    parser = Parser(prog=prog, description=HELP)
    add_curvature_options(parser)
    options = parser.options_of(arguments)
    if options is None:
        return None
    settings = curvature_settings_of(options)
    for path in settings.checkpoints if len(settings.checkpoints) > 1 else ():  # before hours go into the first
        read_checkpoint(path)
    return settings


def run_curvature(settings, world: World, say: Callable[[str], None], kind: str = "curvature") -> Path | None:
    """Analyze one checkpoint; return the record's file on rank 0, None elsewhere, and for a dry run.

    Args:
        kind: What results are called by default, after the model and the data.

    Raises:
        Mistake: Something can't be done as asked.
    """
    from landscape.cli.inquiry import build_inquiry, share_of
    from landscape.curvature.objective import serve
    from landscape.store.lock import FileLock

    device, idle = device_of_rank(settings.device, settings.ranks_per_gpu, world, say)
    share = share_of(world, idle)
    inquiry = world.together(lambda: build_inquiry(settings, device, share))
    out = world.agreed(lambda: result_file(settings.out, f"{inquiry.name}-{kind}", makes_folder=not settings.dry_run))
    lock = FileLock(out) if world.is_first and not settings.dry_run else nullcontext()
    world.agreed(lambda: lock.__enter__() and None)
    try:
        saved = []  # the first rank's alone: the state of a search is as large as forty sets of weights
        world.agreed(lambda: saved.append(_saved(settings, inquiry, out, say)))
        if not world.is_first:
            serve(inquiry.sums, world)
        found = world.agreed(lambda: _analyzed(settings, inquiry, saved[0], out, world, say))
        return found if world.is_first else None
    finally:
        lock.__exit__()


def _analyzed(settings, inquiry, saved, out: Path, world: World, say) -> Path | None:
    from landscape.cli.curvature_words import plan_lines, result_lines
    from landscape.curvature.analysis import Analysis
    from landscape.curvature.memory import require_bytes
    from landscape.curvature.objective import Objective
    from landscape.curvature.stages import STAGES, Savers
    from landscape.store.curvature_file import write_curvature

    if set(saved.record.stages) >= set(STAGES):
        Objective.dismiss(world)
        say(f"{out} is complete")
        for line in result_lines(saved.record):
            say(line)
        return None if settings.dry_run else out
    for note in inquiry.notes:
        say(f"warning: {note}")
    files = _Files(out, inquiry)
    try:
        require_bytes(*settings.analysis.memory(inquiry.sums.layout.dim))
        objective = Objective(inquiry.sums, world, weight_decay=settings.weight_decay)
        for line in plan_lines(inquiry.origin, settings, objective, saved.record):
            say(line)
        if settings.dry_run:
            say(f"dry run: nothing was written; the result would be {out}")
            return None
        write_curvature(saved.record, out)
        savers = Savers(
            record=lambda record: write_curvature(record, out),
            vectors=files.write_vectors,
            state=files.write_state,
            progress=_Lines(say),
        )
        record = Analysis(objective, settings.analysis, saved, savers).run()
    except KeyboardInterrupt:
        raise Stopped(f"stopped; what was done is kept in {out}, and the same command goes on") from None
    except OSError as error:
        raise Mistake(f"stopped, since what was done could not be saved: {error}", status=1) from error
    finally:
        Objective.dismiss(world)
    files.remove_state()
    for line in result_lines(record):
        say(line)
    say(f"curvature: {out}, eigenvectors beside it in {files.vectors.name}")
    return out


class _Files:
    """The files beside a record: eigenvectors, which stay, and the state of the search, which goes."""

    def __init__(self, out: Path, inquiry) -> None:
        from landscape.store.eigenvector_file import eigenvectors_beside

        self.vectors = eigenvectors_beside(out)
        self.state = out.with_name(out.name.removesuffix(".h5") + ".state.safetensors")
        self._shapes = inquiry.sums.layout.shapes
        self._run = json.dumps(inquiry.origin.identity, sort_keys=True, default=str)

    def write_vectors(self, vectors: np.ndarray, record) -> None:
        from landscape.store.eigenvector_file import write_eigenvectors

        write_eigenvectors(self.vectors, vectors, self._shapes, record)

    def write_state(self, state: dict[str, np.ndarray]) -> None:
        import torch

        from landscape.store.weights_file import write_weights

        write_weights(self.state, {name: torch.from_numpy(array) for name, array in state.items()}, {"run": self._run})

    def read_state(self) -> dict[str, np.ndarray] | None:
        from landscape.store.weights_file import read_weights

        if not self.state.exists():
            return None
        tensors, metadata = read_weights(self.state)
        return {name: tensor.numpy() for name, tensor in tensors.items()} if metadata.get("run") == self._run else None

    def remove_state(self) -> None:
        self.state.unlink(missing_ok=True)


def _saved(settings, inquiry, out: Path, say):
    """Return where this run begins: at what its file holds, or at nothing."""
    from landscape.curvature.stages import STAGES, Saved
    from landscape.curvature_record import CurvatureRecord
    from landscape.store.curvature_file import read_curvature
    from landscape.store.eigenvector_file import read_eigenvectors

    files = _Files(out, inquiry)
    fresh = Saved(CurvatureRecord(origin=inquiry.origin))
    if not out.exists():
        if not settings.dry_run:
            files.remove_state()
        return fresh
    known = read_curvature(out)
    is_complete = set(known.stages) >= set(STAGES)
    if not goes_on(inquiry.origin, known.origin, out, settings, is_complete=is_complete, say=say):
        if settings.overwrite and not settings.dry_run:
            say(f"begins anew over {out}")
            files.remove_state()
        return fresh
    if is_complete:
        return Saved(known)
    vectors = None
    if "eigenvalues" in known.stages:
        vectors = read_eigenvectors(files.vectors, known).matrix
    say(f"goes on with {out}: {', '.join(known.stages) or 'nothing'} done")
    known = replace(known, origin=inquiry.origin.with_record({**known.origin.record, **inquiry.origin.record}))
    return Saved(known, vectors, None if vectors is not None else files.read_state())


class _Lines:
    """Says how far an analysis is, every few seconds."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say, self._began = say, time.perf_counter()
        self._said = self._began

    def __call__(self, words: str) -> None:
        from landscape.cli.progress import duration

        now = time.perf_counter()
        if now - self._said >= LINE_EVERY_S:
            self._said = now
            self._say(f"{words}, {duration(now - self._began)}")


def _write_page(settings, files: list[Path], say) -> None:
    if not files:
        return
    from landscape.figures.curvature_page import write_curvature_page
    from landscape.figures.page import names_of
    from landscape.store.curvature_file import read_curvature

    page = files[0].with_suffix(".html")
    if len(files) > 1:
        page = result_file(settings.out, "curvature", makes_folder=True).with_suffix(".html")
    with drawing(files[0]):
        write_curvature_page(dict(zip(names_of(files), [read_curvature(file) for file in files])), page)
    say(f"page: {page}")
