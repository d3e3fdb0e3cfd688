"""What is to be known of a measure of flatness before its numbers are read."""

from dataclasses import dataclass

# Rescalings of weights that leave a network's function unchanged: of filters before batch norm, of whole layers, of single neurons.
RESCALINGS = ("filters", "layers", "neurons")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A measure's words.

    Attributes:
        key: By which files and options know it.
        second_order: What it is of a quadratic loss with Hessian H at its minimum.
        follows: Of `RESCALINGS`, those that leave it unchanged, where norms have no epsilon.
        is_sharpness: Whether more of it is sharper; else more is flatter.
        is_along_directions: Whether it is taken along the planes' or the lines' directions, whose rule decides what it follows.
        is_within: Whether it hangs on what counts as flat.
        is_from_surfaces: Whether planes and lines tell it, without measurements of its own.
        needs: "losses", "gradients", "products" with the Hessian, or a classifier's "probabilities".
        is_bound: Whether a search finds it, so that the number is a lower bound.
    """

    key: str
    name: str
    formula: str
    second_order: str
    source: str
    unit: str
    follows: tuple[str, ...] = ()
    is_sharpness: bool = True
    is_along_directions: bool = False
    is_within: bool = False
    is_from_surfaces: bool = False
    needs: str = "losses"
    is_bound: bool = False
