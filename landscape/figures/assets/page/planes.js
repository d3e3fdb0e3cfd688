/* Several planes (or lines) of one surface, each of its own directions: which one is shown, and how far they spread. */

import { differenceOf, isDone } from "./surfaces.js";

/* A surface a plane, each with numbers of its own; `which` tells it from the others. A second order belongs to the first. */
export function withPlanes(surface) {
  const count = surface.planes ?? 1;
  if (count === 1) return { ...surface, planes: [surface] };
  const size = surface.nx * surface.ny;
  const part = (array, number) => array && array.subarray(number * size, (number + 1) * size);
  const planes = Array.from({ length: count }, (_, number) => ({
    ...surface,
    which: `${kindOf(surface)} ${number + 1} of ${count}`,
    values: Object.fromEntries(Object.entries(surface.values).map(([metric, array]) => [metric, part(array, number)])),
    done: part(surface.done, number),
    taylor: number === 0 ? surface.taylor : null,
  }));
  return { ...surface, planes };
}

export function kindOf(surface) { return surface.isLine ? "line" : "plane"; }

export function fullName(surface) { return surface.which ? `${surface.name}, ${surface.which}` : surface.name; }

/* The plane of a number, counted from 1; the last one where there are fewer. */
export function planeOf(planes, number) { return planes[Math.min(number, planes.length) - 1]; }

/* Each plane less that of the same number, or less the only one; `why` where they do not pair. */
export function differencesOf(surface, reference) {
  const [own, theirs] = [surface.planes, reference.planes];
  if (own.length !== theirs.length && own.length > 1 && theirs.length > 1) {
    return { why: `its ${own.length} ${kindOf(surface)}s and the reference's ${theirs.length} do not pair` };
  }
  const planes = Array.from({ length: Math.max(own.length, theirs.length) }, (_, number) => {
    const [mine, other] = [planeOf(own, number + 1), planeOf(theirs, number + 1)];
    const found = differenceOf(mine, other);
    return found && { ...found, name: `${surface.name} − ${reference.name}`, which: mine.which ?? other.which, isDifference: true };
  });
  return planes[0] ? { planes } : { why: "no part of the plane in common with the reference" };
}

/* Mean and standard deviation (of a sample: by one less than their number) of planes at a point, over those measured there. */
export function spreadAt(planes, metric, place, height = (value) => value) {
  const found = planes.filter((plane) => isDone(plane, place)).map((plane) => height(plane.values[metric][place]));
  const mean = found.reduce((sum, value) => sum + value, 0) / found.length;
  const squares = found.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: found.length > 1 ? Math.sqrt(squares / (found.length - 1)) : NaN, count: found.length };
}
