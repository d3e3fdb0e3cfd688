"""What a page says of how far a surface is to be believed: sentences, and the figures they rest on."""

from landscape.surface import Surface


def belief_panel(surface: Surface) -> dict | None:
    """Return sentences, rows of (what, value, meaning), and what was not measured; None where nothing is known.

    Returns:
        {"sentences": [text], "rows": [[what, value, meaning]], "missing": [text]}.
    """
    return None
