"""What came of a race, in words: each run's end, each critical point's kind."""

import numpy as np

from landscape.race.critical import CriticalPoint
from landscape.race.optimizers import RACERS
from landscape.race.race import Race
from landscape.race.run import Run

MOST_LISTED = 20  # critical points; a function may have hundreds


def runner_name(race: Race, run: Run) -> str:
    """Return an optimizer's name, with its start where there are several."""
    label = RACERS[run.optimizer].label
    return label if len(race.starts) == 1 else f"{label} from {place_words(race.starts[run.start])}"


def place_words(place, decimals: int = 12) -> str:
    return f"({', '.join(f'{part + 0.0:.5g}' for part in np.round(place, decimals))})"


def outcome(race: Race, run: Run) -> str:
    """Return when a run left the saddle near its start, or how near it is, and where it ended or ran off."""
    words = [f"learning rate {run.rate:g}"]
    if run.left_at is not None:
        words.append(f"left the saddle at step {run.left_at}")
    elif run.saddle_distances[-1] <= run.saddle_distances[0]:
        words.append(f"{run.saddle_distances[-1]:.2g} from a saddle at the end")
    if run.diverged_at is None:
        low, high, bottom, top = race.frame
        (x, y), gradient = run.places[-1], f"gradient {run.gradient_norms[-1]:.2g}"
        outside = "" if low <= x <= high and bottom <= y <= top else ", outside the frame"
        words.append(f"ended at {place_words((x, y))}{outside}, loss {run.losses[-1]:.4g}, {gradient}")
    else:
        words.append(f"{diverged_words(run)} at step {run.diverged_at}")
    return "; ".join(words)


def diverged_words(run: Run) -> str:
    """Return how a run ended that did not stay: too far away, or no longer finite."""
    loss = run.losses[run.diverged_at]
    return f"ran off (loss {loss:.2g})" if np.isfinite(loss) else f"met a loss of {loss}"


def point_lines(race: Race) -> list[str]:
    """Return a line a critical point, and one for all those that are not isolated."""
    single = [point for point in race.points if point.is_isolated]
    curve = [point for point in race.points if not point.is_isolated]
    lines = [point_words(point) for point in single[:MOST_LISTED]]
    if len(single) > MOST_LISTED:
        lines.append(f"and {len(single) - MOST_LISTED} more critical points")
    if curve and not any(point.eigenvalues.any() for point in curve):
        lines.append(f"flat parts: at {len(curve)} of the points that were tried gradient and Hessian are zero")
    elif curve:
        low, high = (end(point.eigenvalues[1] for point in curve) for end in (min, max))
        losses = sorted({f"{point.value + 0.0:.4g}" for point in curve})
        at = f"loss {losses[0]}" if len(losses) == 1 else f"losses from {curve[0].value:.4g} to {curve[-1].value:.4g}"
        lines.append(
            f"curves of critical points, of which {len(curve)} are marked: {at}, larger eigenvalue {low:.4g} to {high:.4g}"
        )
    if not np.isfinite(race.losses).all():
        share = 1 - np.isfinite(race.losses).mean()
        lines.append(f"in {share:.2g} of the frame, grey in the contours, the function is not finite")
    return lines if race.points else ["no critical point was found in the frame", *lines]


def point_words(point: CriticalPoint) -> str:
    values = ", ".join(f"{value + 0.0:.6g}" for value in np.round(point.eigenvalues, 10))
    kind = "degenerate point" if point.kind == "degenerate" else point.kind
    decimals = 1 - int(np.floor(np.log10(point.width))) if point.width else 12
    words = f"{kind} at {place_words(point.place, decimals)}, loss {np.round(point.value, 12) + 0.0:.6g}"
    if point.width:
        values = ", ".join(f"{value:.3g}" for value in point.eigenvalues)
        return (
            f"{words}, at a kink, where the gradient jumps; eigenvalues by values {point.width:.1g} around it {values}"
        )
    return f"{words}, eigenvalues {values}"
