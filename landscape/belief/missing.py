"""What was not measured beside a surface, and why; and what an interrupted run has left."""

from dataclasses import dataclass

import numpy as np

from landscape.belief_record import BeliefRecord
from landscape.surface import Surface

NOUNS = {
    "comparison": ("points measured otherwise", "points measured otherwise"),
    "fresh": ("fresh planes", "random planes"),
    "plane": ("planes' own products with the Hessian", "planes' own products with the Hessian"),
}


@dataclass(frozen=True, slots=True)
class Part:
    """How many of a kind of trial, a key of `NOUNS`, are measured."""

    kind: str
    num_done: int
    num: int

    @property
    def is_done(self) -> bool:
        return self.num_done >= self.num


def parts_of(belief: BeliefRecord, num_planes: int) -> tuple[Part, ...]:
    """Return what was to be measured beside a surface of so many planes."""
    findings = belief.findings
    has_products = findings.get("level") == "full" and not findings.get("why_no_products")
    wanted = {
        "comparison": len(findings.get("comparisons") or []),
        "fresh": findings.get("num_fresh") or 0,
        "plane": num_planes if has_products else 0,
    }
    return tuple(
        Part(kind, int((belief.arrays.get(f"{kind}_done", np.zeros(0)) > 0).sum()), num) for kind, num in wanted.items()
    )


def missing(surface: Surface, belief: BeliefRecord, is_random: bool) -> tuple[str, ...]:
    """Say what was not measured, and why."""
    level, kinds = belief.findings.get("level"), belief.findings.get("kinds") or []
    if level is None:
        return ("nothing was measured beside the surface; --belief quick and --belief full do",)
    planned = {part["kind"] for part in belief.findings.get("comparisons") or []}
    more = "a tenth of the points leaves no room; --belief full measures it"
    found = [f"{kind}: {more}" for kind in kinds if kind not in planned]
    found += [f"{kind}: {why}" for kind, why in (belief.findings.get("absent") or {}).items()]
    if not belief.findings.get("num_fresh"):
        why = more if is_random else "the surface's directions are not random"
        if belief.findings.get("step") is None:
            why = f"second differences drown in the rounding of {surface.origin.identity.get('precision')}"
        found.append(f"curvature along fresh random directions: {why}")
    why, parts = belief.findings.get("why_no_products"), parts_of(belief, len(surface.planes))
    if level != "full":
        found.append("the Hessian, and whether the center is a minimum: --belief full measures it")
    elif why or "hessian" not in belief.findings:
        why = why or belief.findings.get("why_no_eigenvalues") or "not measured yet"
        found.append(f"the Hessian's eigenvalues: {why}")
    left = [
        f"{part.num - part.num_done} of {part.num} {NOUNS[part.kind][0]}: not measured yet"
        for part in parts
        if not part.is_done
    ]
    return (*found, *left)
