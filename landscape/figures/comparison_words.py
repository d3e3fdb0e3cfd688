"""What a comparison of networks says in sentences: how far each is trained, which measures tell them apart, and no verdict."""

from itertools import combinations

import numpy as np

from landscape.comparison import Comparison
from landscape.figures.belief_numbers import spelled
from landscape.flatness.account import Finding, Score, Votes, findings_of, scores_of, votes_of
from landscape.flatness.suite import BY_KEY

SAME_TRAINING = 0.01  # of accuracy: beyond, and beyond sampling, the one behind is under-trained beside the other
SAME_LOSS = 3.0  # times: beyond, how well networks fit tells on every measure
MOST_PAIRS = 6  # of networks, of which a sentence each is said
CHANCE = (
    "Each measure is judged by itself, 19 times of 20: of ten independent ones, some would tell two networks apart by chance in four of "
    "ten comparisons; those along random directions (flat area, half-width, curvature, tau, average sharpness) are nearly one."
)
CAUTION = (
    "No measure of flatness ranks how networks generalize reliably (Jiang et al. 2020; Dziugaite et al. 2020; "
    "Andriushchenko et al. 2023): read them beside the test scores."
)


def sentences(comparison: Comparison) -> list[str]:
    """Return what is to be said above the table."""
    if not comparison.is_complete:
        return ["Unfinished: what is not measured yet is left out."]
    findings = {network.name: findings_of(comparison, network) for network in comparison.networks}
    scores = {network.name: scores_of(network) for network in comparison.networks}
    rescaled = comparison.origin.record.get("rescaled") or {}
    own = [name for name in comparison.names if name not in rescaled]
    pairs = list(combinations(own, 2))
    said = [words for pair in pairs if (words := training_sentence(*pair, scores))]
    said += loss_sentence({name: scores[name] for name in own})
    said += architecture_sentence(comparison, own)
    told = pairs if len(pairs) <= MOST_PAIRS else [pair for pair in pairs if pair[0] == own[0]]
    said += [vote_sentence(*pair, votes_of(*(findings[name] for name in pair))) for pair in told]
    if told != pairs:
        said.append(
            f"Of the {len(pairs)} pairs, those with {own[0]} are told; the table has the numbers and errors of all."
        )
    said += [rescaling_sentence(name, of, findings) for name, of in rescaled.items()]
    return [*said, CHANCE, CAUTION] if len(own) > 1 else said


def architecture_sentence(comparison: Comparison, own: list[str]) -> list[str]:
    """Say what can be compared of networks of several architectures; nothing of one."""
    models = {
        network.name: str(network.planes.origin.record.get("model", ""))
        for network in comparison.networks
        if network.name in own
    }
    if len(set(models.values())) < 2:
        return []
    kinds = ", ".join(f"{name} is {model}" for name, model in models.items())
    return [
        f"The networks are of several architectures ({kinds}): directions are drawn by one rule, each network's from its own "
        "weights, so that shapes compare; numbers in the weights' own unit (LPF, SAM, Keskar, largest eigenvalue, trace) grow with how "
        "many weights there are, and how large."
    ]


def training_sentence(first: str, second: str, scores: dict[str, dict[str, Score]]) -> str:
    """Say that one network is under-trained beside another; "" where their training accuracies are alike or unknown."""
    pair = [scores[name].get("train") for name in (first, second)]
    if None in pair or not np.isfinite([score.accuracy for score in pair]).all():
        return ""
    (low, behind), (high, ahead) = sorted(zip(pair, (first, second)), key=lambda each: each[0].accuracy)
    chance = 2 * np.sqrt(sum(score.accuracy * (1 - score.accuracy) / score.num_samples for score in pair))
    if high.accuracy - low.accuracy <= max(SAME_TRAINING, chance):
        return ""
    return (
        f"{behind} is under-trained beside {ahead} ({low.accuracy:.1%} of training samples right, against {high.accuracy:.1%}): "
        "what differs between them is not flatness alone."
    )


def loss_sentence(scores: dict[str, dict[str, Score]]) -> list[str]:
    """Say that networks fit their training samples to very different losses; nothing where they don't."""
    losses = {name: found["train"].loss for name, found in scores.items() if "train" in found}
    losses = {name: loss for name, loss in losses.items() if np.isfinite(loss) and loss > 0}
    low, high = (pick(losses, key=losses.get, default=None) for pick in (min, max))
    if low is None or losses[high] <= SAME_LOSS * losses[low]:
        return []
    return [
        f"Training losses range from {losses[low]:.3g} ({low}) to {losses[high]:.3g} ({high}), {losses[high] / losses[low]:.3g} times as much: "
        "where a cross entropy is nearly zero all of its derivatives are small, so that a difference in flatness may be one of fit."
    ]


def vote_sentence(first: str, second: str, votes: Votes) -> str:
    """Say which measures call which of two networks flatter, as far as their errors allow."""
    judged = sum(map(len, (votes.first, votes.second, votes.untold)))
    parts = [
        f"{spelled(len(keys))} call{'s' * (len(keys) == 1)} {name} flatter ({names_of(keys)})"
        for name, keys in ((first, votes.first), (second, votes.second))
        if keys
    ]
    if votes.untold:
        verb = "does" if len(votes.untold) == 1 else "do"
        parts.append(f"{spelled(len(votes.untold))} {verb} not tell them apart ({names_of(votes.untold)})")
    words = f"{first} and {second}: "
    if judged:
        words += f"of {spelled(judged)} measure{'s' * (judged != 1)} with an error, {', '.join(parts)}."
    else:
        words += "no measure with an error is known of both."
    if votes.without:
        words += f" Not judged, since they are bounds, coarse or without an error: {names_of(votes.without)}."
    return words


def rescaling_sentence(name: str, of: dict, findings: dict[str, dict[str, Finding]]) -> str:
    """Say which measures a rescaling of the weights moved, though the function is the same."""
    moved, stayed = moved_measures(findings[of["of"]], findings[name])
    words = f"{name}: {of['num_changed']} {of['kind']} rescaled, scores changed by {of['difference']:.2g} of their size at most. "
    if moved:
        words += f"Moved all the same: {names_of(moved)}. "
    return words + (f"Unmoved within 1 %: {names_of(stayed)}." if stayed else "None stayed.")


def moved_measures(before: dict[str, Finding], after: dict[str, Finding]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the measures that changed by more than 1 %, and the others; of those that are known of both."""
    known = [key for key in before if before[key].is_known and after[key].is_known]
    moved = [key for key in known if abs(after[key].value - before[key].value) > 0.01 * abs(before[key].value)]
    return tuple(moved), tuple(key for key in known if key not in moved)


def names_of(keys: tuple[str, ...]) -> str:
    return ", ".join(BY_KEY[key].name for key in keys)
