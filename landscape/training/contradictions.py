"""Settings that can be followed, but hardly mean what they are there for: what a user is warned of."""

from landscape.training.recipe import Recipe

ANNEALED = ("one-cycle", "cosine")


def contradictions(recipe: Recipe) -> tuple[str, ...]:
    """Return a sentence on each pair of settings of which one undoes the other.

    Source: for weight averaging Izmailov et al. 2018, arXiv:1803.05407, section 3: a constant or cyclic rate, high enough to explore.
    """
    found, epochs = [], recipe.epochs
    if recipe.swa_from is not None and recipe.schedule in ANNEALED:
        found.append(
            f"weight averaging wants a rate that stays high or cycles from epoch {recipe.swa_from} on, where members are "
            f"taken, and {recipe.schedule} lets it fall towards its lowest: late members hardly differ; try --schedule "
            "constant, cyclic or step"
        )
    if recipe.milestones is not None and recipe.milestones[0] >= epochs:
        marks = ",".join(map(str, recipe.milestones))
        found.append(f"the rate never falls: --milestones {marks} lie at or beyond the last of {epochs} epochs")
    if recipe.cycle_epochs is not None and recipe.cycle_epochs > epochs:
        found.append(f"no cycle is ended: --cycle-epochs {recipe.cycle_epochs} is more than the {epochs} epochs")
    return tuple(found)
