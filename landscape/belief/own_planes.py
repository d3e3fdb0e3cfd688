"""What products with the Hessian say of the center in the surface's own planes."""

from collections.abc import Mapping

import numpy as np

from landscape.belief_record import BeliefRecord


def plane_eigenvalues(belief: BeliefRecord) -> tuple[tuple[float, float], ...]:
    """Return, a plane, the eigenvalues of its Hessian in an orthonormal basis of the plane; a line's one, twice.

    Planes that are not measured, whose products are not finite, or whose directions span none are left out.
    """
    found = []
    for number in np.flatnonzero(belief.arrays.get("plane_done", np.zeros(0)) > 0):
        hessian, gram = (_matrix(belief.arrays, kind, number) for kind in ("hessian", "gram"))
        if not np.isfinite([hessian, gram]).all() or not np.linalg.det(gram) > 0:
            continue
        root = np.linalg.inv(np.linalg.cholesky(gram))
        values = np.linalg.eigvalsh(root @ hessian @ root.T)
        found.append((float(values[0]), float(values[-1])))
    return tuple(found)


def _matrix(arrays: Mapping[str, np.ndarray], kind: str, number: int) -> np.ndarray:
    uu, uv, vv = (arrays[f"plane_{kind}_{entry}"][number] for entry in ("uu", "uv", "vv"))
    is_line = np.isnan(arrays["plane_gram_vv"][number])
    return np.array([[uu]]) if is_line else np.array([[uu, uv], [uv, vv]])


def along_own(belief: BeliefRecord, kind: str, num_axes: int) -> tuple[tuple[float, ...], ...]:
    """Return, a plane, what stands on the diagonal: an axis's d'Hd, or |d|^2; nan of planes that are not measured.

    Args:
        kind: "hessian" or "gram".
    """
    done = belief.arrays.get("plane_done", np.zeros(0)) > 0
    names = [f"plane_{kind}_{entry}" for entry in ("uu", "vv")[:num_axes]]
    return tuple(
        tuple(float(belief.arrays[name][number]) if is_done else np.nan for name in names)
        for number, is_done in enumerate(done)
    )
