/* Surfaces: numbers on a grid, rows of constant y; what lies between two of them; the extremes of one. */

import { arrayAt } from "./unpack.js";

export function decoded(described, buffer) {
  const values = Object.fromEntries(Object.entries(described.values).map(([name, at]) => [name, arrayAt(buffer, at)]));
  const [x, y] = [described.x, described.y].map((axis) => axis && Array.from(arrayAt(buffer, axis)));
  const batches = described.batches && decodedBatches(described.batches, buffer);
  const done = described.done && arrayAt(buffer, described.done);
  return { ...described, x, y, values, done, batches, nx: x.length, ny: y ? y.length : 1, isLine: !y };
}

/* A size's losses, batch after batch, become one array a batch. */
function decodedBatches(described, buffer) {
  const whole = arrayAt(buffer, described.whole);
  const sizes = described.sizes.map((size) => {
    const all = arrayAt(buffer, size.losses);
    const losses = size.minima.map((_, number) => all.subarray(number * whole.length, (number + 1) * whole.length));
    return { ...size, losses };
  });
  return { ...described, whole, sizes };
}

export function rowsOf(surface, values) {
  return Array.from({ length: surface.ny }, (_, row) => values.subarray(row * surface.nx, (row + 1) * surface.nx));
}

export function isDone(surface, place) { return !surface.done || surface.done[place] !== 0; }

/* The place of the coordinate nearest to a value, and whether the value lies on the axis at all. */
export function nearest(axis, value) {
  let low = 0, high = axis.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (axis[middle] <= value) low = middle; else high = middle;
  }
  const place = value - axis[low] <= axis[high] - value ? low : high;
  const last = axis.length - 1;
  const [before, after] = [(axis[1] - axis[0]) / 2, (axis[last] - axis[last - 1]) / 2];
  return { place, inside: value >= axis[0] - before * 1.001 && value <= axis[last] + after * 1.001 };
}

/* The measured point nearest to a place of the plane; null outside the grid. */
export function pointAt(surface, [alpha, beta]) {
  const along = nearest(surface.x, alpha);
  const across = surface.isLine ? { place: 0, inside: true } : nearest(surface.y, beta);
  if (!along.inside || !across.inside) return null;
  const place = across.place * surface.nx + along.place;
  return { column: along.place, row: across.place, place, at: [surface.x[along.place], surface.isLine ? 0 : surface.y[across.place]] };
}

/* The corners around a place, with their weights; one alone where it is a point of the grid. */
function cornersOf(surface, alpha, beta) {
  const cell = (axis, value) => {
    const { place } = nearest(axis, value);
    if (Math.abs(axis[place] - value) < 1e-9 * (axis[axis.length - 1] - axis[0])) return [[place, 1]];
    const low = axis[place] <= value ? place : place - 1;
    const share = (value - axis[low]) / (axis[low + 1] - axis[low]);
    return [[low, 1 - share], [low + 1, share]];
  };
  const rows = surface.isLine ? [[0, 1]] : cell(surface.y, beta);
  return rows.flatMap(([row, v]) => cell(surface.x, alpha).map(([column, u]) => [row * surface.nx + column, u * v]));
}

function valueAt(values, corners) {
  if (corners.length === 1) return values[corners[0][0]];
  return corners.reduce((sum, [place, weight]) => sum + weight * values[place], 0);
}

/* A height at any place of the plane, between those around it; NaN outside the grid. */
export function heightAt(surface, heights, [alpha, beta]) {
  const holds = (axis, value) => value >= axis[0] && value <= axis[axis.length - 1];
  return holds(surface.x, alpha) && holds(surface.y, beta) ? valueAt(heights, cornersOf(surface, alpha, beta)) : NaN;
}

function within(axis, other) {
  const [low, high] = [other[0], other[other.length - 1]];
  const slack = 1e-9 * (high - low);
  return axis.filter((value) => value >= low - slack && value <= high + slack);
}

/* Another surface's numbers on the part of this one's grid that both cover; null where that is less than two points a side. */
function onCommonGrid(surface, other, combine) {
  if (surface.isLine !== other.isLine) return null;
  const x = within(surface.x, other.x);
  const y = surface.isLine ? null : within(surface.y, other.y);
  if (x.length < 2 || (y && y.length < 2)) return null;
  const number = x.length * (y ? y.length : 1);
  const shared = Object.keys(surface.values).filter((metric) => other.values[metric]);
  const values = Object.fromEntries(shared.map((metric) => [metric, new Float64Array(number)]));
  const done = new Uint8Array(number).fill(1);
  let isInterpolated = false;
  (y || [0]).forEach((beta, row) => x.forEach((alpha, column) => {
    const place = row * x.length + column;
    const [own, theirs] = [cornersOf(surface, alpha, beta), cornersOf(other, alpha, beta)];
    isInterpolated ||= theirs.length > 1;
    if (![[surface, own], [other, theirs]].every(([whose, corners]) => corners.every(([corner]) => isDone(whose, corner)))) done[place] = 0;
    for (const metric of shared) {
      values[metric][place] = combine(valueAt(surface.values[metric], own), valueAt(other.values[metric], theirs), metric);
    }
  }));
  return { ...surface, x, y, nx: x.length, ny: y ? y.length : 1, values, done: done.includes(0) ? done : null, taylor: null, isInterpolated };
}

export function differenceOf(surface, other) { return onCommonGrid(surface, other, (own, their) => own - their); }

/* A surface t of the way from one to the next, along heights: on a log scale, whose floor is `floors[metric]`, the way is straight in log10. */
export function morphed(surface, next, t, floors) {
  if (t === 0 || !next) return surface;
  const blend = (own, their, metric) => {
    const floor = floors[metric];
    if (!floor) return own + (their - own) * t;
    const log = (value) => Math.log(Math.max(value, floor));
    return Math.exp(log(own) + (log(their) - log(own)) * t);
  };
  const found = onCommonGrid(surface, next, blend);
  return found && { ...found, name: `${surface.name} → ${next.name} (${t.toFixed(2)}, interpolated)` };
}

/* Minima of the slice and the saddles over which they join a deeper one, with the height between: filling up from below. */
export function extremes(surface, heights, leastDepth) {
  const { nx, ny } = surface;
  const order = Array.from(heights.keys()).filter((place) => Number.isFinite(heights[place]));
  order.sort((a, b) => heights[a] - heights[b] || a - b);
  const parent = new Int32Array(heights.length).fill(-1);
  const root = (place) => {
    while (parent[place] !== place) place = parent[place] = parent[parent[place]];
    return place;
  };
  const found = []; // a minimum, and the saddle over which it joins a deeper one
  for (const place of order) {
    parent[place] = place;
    const column = place % nx, row = (place - column) / nx;
    for (let dr = -1; dr <= 1; dr++) {
      for (let dc = -1; dc <= 1; dc++) {
        const other = place + dr * nx + dc;
        if (column + dc < 0 || column + dc >= nx || row + dr < 0 || row + dr >= ny || parent[other] < 0) continue;
        const [mine, theirs] = [root(place), root(other)];
        if (mine === theirs) continue;
        const [deeper, higher] = heights[mine] <= heights[theirs] ? [mine, theirs] : [theirs, mine];
        if (higher !== place && heights[place] - heights[higher] > leastDepth) {
          found.push({ minimum: higher, saddle: place });
        }
        parent[higher] = deeper;
      }
    }
  }
  if (order.length && heights[order[order.length - 1]] - heights[order[0]] > leastDepth) found.push({ minimum: order[0] });
  // Not at the frame and not beside a hole, behind which it may go on.
  const inside = (place) => place % nx > 0 && place % nx < nx - 1 && place >= nx && place < nx * (ny - 1)
    && [-1, 0, 1].every((dr) => [-1, 0, 1].every((dc) => Number.isFinite(heights[place + dr * nx + dc])));
  const kept = found.filter(({ minimum }) => inside(minimum));
  const coordinates = (place) => [surface.x[place % nx], surface.y[Math.floor(place / nx)]];
  return {
    minima: kept.map(({ minimum }) => coordinates(minimum)),
    saddles: kept.filter(({ saddle }) => saddle !== undefined && inside(saddle)).map(({ saddle }) => coordinates(saddle)),
  };
}
