/* Surfaces: numbers on a grid, rows of constant y; what lies between two of them; the extremes of one. */

import { arrayAt } from "./unpack.js";

export function decoded(described, buffer) {
  const values = Object.fromEntries(Object.entries(described.values).map(([name, at]) => [name, arrayAt(buffer, at)]));
  const [x, y] = [described.x, described.y].map((axis) => axis && Array.from(arrayAt(buffer, axis)));
  const done = described.done && arrayAt(buffer, described.done);
  return { ...described, x, y, values, done, nx: x.length, ny: y ? y.length : 1, isLine: !y };
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
  const margin = (axis[1] - axis[0]) / 2 + 1e-9;
  return { place, inside: value >= axis[0] - margin && value <= axis[axis.length - 1] + margin };
}

/* The measured point nearest to a place of the plane; null outside the grid. */
export function pointAt(surface, [alpha, beta]) {
  const along = nearest(surface.x, alpha);
  const across = surface.isLine ? { place: 0, inside: true } : nearest(surface.y, beta);
  if (!along.inside || !across.inside) return null;
  const place = across.place * surface.nx + along.place;
  return { column: along.place, row: across.place, place, at: [surface.x[along.place], surface.isLine ? 0 : surface.y[across.place]] };
}

function between(surface, values, alpha, beta) {
  const cell = (axis, value) => {
    const { place } = nearest(axis, value);
    if (Math.abs(axis[place] - value) < 1e-9 * (axis[axis.length - 1] - axis[0])) return [place, place, 0];
    const low = axis[place] <= value ? place : place - 1;
    return [low, low + 1, (value - axis[low]) / (axis[low + 1] - axis[low])];
  };
  const [left, right, u] = cell(surface.x, alpha);
  const [below, above, v] = surface.isLine ? [0, 0, 0] : cell(surface.y, beta);
  const at = (column, row) => values[row * surface.nx + column];
  const mix = (a, b, t) => (t === 0 ? a : a + (b - a) * t);
  return mix(mix(at(left, below), at(right, below), u), mix(at(left, above), at(right, above), u), v);
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
  const values = {};
  for (const metric of Object.keys(surface.values)) {
    if (!other.values[metric]) continue;
    const found = new Float64Array(x.length * (y ? y.length : 1));
    (y || [0]).forEach((beta, row) => x.forEach((alpha, column) => {
      const own = between(surface, surface.values[metric], alpha, beta);
      found[row * x.length + column] = combine(own, between(other, other.values[metric], alpha, beta), metric);
    }));
    values[metric] = found;
  }
  return { ...surface, x, y, nx: x.length, ny: y ? y.length : 1, values, done: null };
}

export function differenceOf(surface, other) { return onCommonGrid(surface, other, (own, their) => own - their); }

/* A surface t of the way from one to the next, along heights: on a log scale the way is straight in log10. */
export function morphed(surface, next, t, isLog) {
  if (t === 0 || !next) return surface;
  const log = (value) => Math.log(Math.max(value, 1e-300));
  const blend = (own, their, metric) => (isLog(metric)
    ? Math.exp(log(own) + (log(their) - log(own)) * t)
    : own + (their - own) * t);
  return onCommonGrid(surface, next, blend);
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
  const inside = (place) => place % nx > 0 && place % nx < nx - 1 && place >= nx && place < nx * (ny - 1);
  const kept = found.filter(({ minimum }) => inside(minimum));
  const coordinates = (place) => [surface.x[place % nx], surface.y[Math.floor(place / nx)]];
  return {
    minima: kept.map(({ minimum }) => coordinates(minimum)),
    saddles: kept.filter(({ saddle }) => saddle !== undefined && inside(saddle)).map(({ saddle }) => coordinates(saddle)),
  };
}
