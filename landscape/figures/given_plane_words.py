"""What is said of a path in a plane that is not its own: how much of the way it holds, beside the best plane and a random one."""

from landscape.figures.curvature_tables import Table

HALF = 0.5  # of the squared distances: below it, more of the way lies off the picture than in it


def given_plane_sentences(record: dict) -> list[str]:
    """Return sentences on a path's record with a given plane."""
    plane, num = record["plane"], sum(way["num"] for way in record["ways"])
    sentences = [
        f"The plane of {plane['name']} holds {per_cent(plane['held'])} of the squared distances between {num} checkpoints; no plane "
        f"holds more than {per_cent(_best(record))}, and a random one {per_cent(_random(plane))} on average (2 of "
        f"{plane['num_weights']:,} weights)."
    ]
    if plane["held"] < HALF:
        sentences.append(
            "Most of the way lies outside this picture: that it looks short, straight or turning here says little of the way itself."
        )
    return sentences


def given_plane_table(record: dict) -> Table:
    """Return how much of the way each of three planes holds."""
    plane = record["plane"]
    rows = ((f"the plane of {plane['name']}", plane["held"]), ("the best plane", _best(record)))
    rows = (*rows, ("a random plane, on average", _random(plane)))
    return Table(("plane", "holds of the squared distances"), tuple((name, per_cent(share)) for name, share in rows))


def given_plane_axes(record: dict) -> str:
    """Say what the coordinates count."""
    plane = record["plane"]
    lengths = " and ".join(f"{length:.4g}" for length in plane["lengths"])
    cosine = "" if plane["cosine"] is None else f", the cosine between them {plane['cosine']:.3g}"
    return f"α and β count lengths of the directions of {plane['name']}: {lengths} (L2){cosine}."


def per_cent(share: float) -> str:
    """Return a share to three digits, however small."""
    return f"{100 * share:.3g}%" if share < 0.0995 else f"{share:.1%}"


def _best(record: dict) -> float:
    return sum(record["shares"][:2])


def _random(plane: dict) -> float:
    return min(2 / plane["num_weights"], 1.0)
