/* Paths, heads and critical points in an SVG above a picture: moving one of Plotly's own shapes would draw the picture again. */

import { svg } from "./elements.js";
import { DASHES } from "./theme.js";

const DASHED = { solid: "", dash: "7 4", dot: "2 3", dashdot: "7 3 2 3", longdash: "12 4", longdashdot: "12 3 2 3" };
const EIGENVECTOR = 24; // pixels
const PIXELS_A_PART = 7, MOST_PARTS = 24; // of a step that lies on the relief
const LOOKS = 40, REACH = 1.5; // at the way from a point to the eye, as far as the box goes
const FAINT = 0.25; // what the relief hides
const MOST_VECTORS = 24; // points whose eigenvectors are drawn; more would hide the paths

export function addOverlay(holder, race) {
  const drawing = svg("svg", { class: "overlay", "aria-hidden": "true" });
  const inner = drawing.appendChild(svg("svg", { overflow: "hidden" }));
  const [vectors, paths, points, heads] = [0, 1, 2, 3].map(() => inner.appendChild(svg("g", {})));
  const runs = race.runs.map(() => {
    const [path, end] = [paths, heads].map(() => svg("g", {}));
    paths.prepend(path); // the first who races lies on top
    heads.prepend(end);
    const [casing, line, behind] = ["casing", "path", "path behind"].map((name) => path.appendChild(svg("path", { class: name })));
    const off = end.appendChild(svg("path", { class: "off", d: "M-5 -5L5 5M-5 5L5 -5" }));
    const head = end.appendChild(svg("circle", { class: "head", r: 5 }));
    return { casing, line, behind, off, head, parts: [] };
  });
  holder.append(drawing);
  return { drawing, inner, vectors, points, runs };
}

/* Places everything for one picture. project: gives pixels; draped: follow the relief between the steps; clip: the plot's box;
   isBehind(x, y): whether the relief hides a point of it. */
export function layOut(overlay, race, { project, draped = false, clip, isBehind = () => false }) {
  const [left, top, width, height] = clip ?? [0, 0, overlay.drawing.clientWidth, overlay.drawing.clientHeight];
  const box = { x: left, y: top, width, height, viewBox: `${left} ${top} ${width} ${height}` };
  for (const [name, value] of Object.entries(box)) overlay.inner.setAttribute(name, value);
  const pixels = draped ? (x, y) => project(x, y, heightAt(race, x, y)) : project;
  overlay.runs.forEach((drawn, place) => {
    const run = race.runs[place];
    const colour = race.theme.curves[run.colour % race.theme.curves.length];
    for (const line of [drawn.line, drawn.behind]) line.setAttribute("stroke", colour);
    drawn.off.setAttribute("stroke", colour);
    drawn.head.setAttribute("fill", colour);
    drawn.line.setAttribute("stroke-dasharray", DASHED[DASHES[run.dash % DASHES.length]]);
    drawn.parts = partsOf(run, race, pixels, draped).map(([step, across, down, seen, ...at]) => [step, across, down, seen, seen && isBehind(...at)]);
  });
  placePoints(overlay, race, pixels, isBehind);
}

/* A path as pieces of text for an SVG: [step at its end, x, y, whether it is in the frame and has a height, whether the relief hides it]. A step off the frame is cut at the edge. */
function partsOf({ columns: { x, y } }, race, pixels, draped) {
  const parts = [];
  const add = (step, at) => {
    const drawn = isInside(race, ...at) ? pixels(...at) : [NaN, NaN];
    const seen = drawn.every(Number.isFinite); // the relief has holes where the function is not finite
    parts.push([step, ...(seen ? drawn : [0, 0]), seen, ...at]);
  };
  for (let step = 0; step < x.length; step++) {
    if (step > 0) {
      const [before, after] = [[x[step - 1], y[step - 1]], [x[step], y[step]]];
      if (isInside(race, ...before) || isInside(race, ...after)) {
        const [a, b] = [pixels(...clamped(race, before)), pixels(...clamped(race, after))];
        const isCrossing = !isInside(race, ...before) || !isInside(race, ...after);
        const wanted = draped || isCrossing ? Math.ceil(Math.hypot(a[0] - b[0], a[1] - b[1]) / PIXELS_A_PART) : 1;
        const number = Math.min(MOST_PARTS, Math.max(wanted, isCrossing ? MOST_PARTS : 1));
        for (let k = 1; k < number; k++) add(step - 1 + k / number, between(before, after, k / number));
      }
    }
    add(step, [x[step], y[step]]);
  }
  return parts;
}

const between = (a, b, share) => [a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])];

export function edges({ surface: { x, y, nx, ny } }) { return [x[0], x[nx - 1], y[0], y[ny - 1]]; }

function isInside(race, x, y) {
  const [low, high, bottom, top] = edges(race);
  return x >= low && x <= high && y >= bottom && y <= top;
}

function clamped(race, [x, y]) {
  const [low, high, bottom, top] = edges(race);
  return [Math.min(high, Math.max(low, x)), Math.min(top, Math.max(bottom, y))];
}

/* The height of the relief between its points, and a hair above it. */
function heightAt(race, x, y) { return reliefAt(race, x, y) + 0.004 * (race.scale.ends[1] - race.scale.ends[0]); }

/* Tells of points of the relief whether it hides them from an eye, which is given in the scene's box: the frame by the aspect. */
export function hiding(race, eye, aspect) {
  const [left, right, bottom, top] = edges(race);
  const [low, high] = race.scale.ends;
  const margin = 0.02 * (high - low);
  const spans = [[left, right, aspect.x], [bottom, top, aspect.y], [low - margin, high + margin, aspect.z]];
  const inBox = (value, axis) => ((value - spans[axis][0]) / (spans[axis][1] - spans[axis][0]) - 0.5) * spans[axis][2];
  const fromBox = (value, axis) => spans[axis][0] + (value / spans[axis][2] + 0.5) * (spans[axis][1] - spans[axis][0]);
  return (x, y) => {
    const point = [inBox(x, 0), inBox(y, 1), inBox(heightAt(race, x, y), 2)];
    const way = [eye.x - point[0], eye.y - point[1], eye.z - point[2]];
    const length = Math.hypot(...way);
    for (let k = 1; k <= LOOKS; k++) {
      const share = ((k / LOOKS) * REACH) / length;
      const [a, b, c] = point.map((part, axis) => fromBox(part + share * way[axis], axis));
      if (!isInside(race, a, b) || c > high) return false;
      if (reliefAt(race, a, b) > c + 0.01 * (high - low)) return true;
    }
    return false;
  };
}

function reliefAt({ surface, heights }, x, y) {
  const { nx, ny } = surface;
  const cell = (axis, value, number) => {
    const place = ((value - axis[0]) / (axis[number - 1] - axis[0])) * (number - 1);
    const low = Math.min(number - 2, Math.max(0, Math.floor(place)));
    return [low, place - low];
  };
  const [[column, u], [row, v]] = [cell(surface.x, x, nx), cell(surface.y, y, ny)];
  const at = (dx, dy) => heights[(row + dy) * nx + column + dx];
  return (1 - v) * ((1 - u) * at(0, 0) + u * at(1, 0)) + v * ((1 - u) * at(0, 1) + u * at(1, 1));
}

/* Draws each path up to a step, its head there, and a cross where it left the frame and ran off. */
export function showStep(overlay, race) {
  overlay.runs.forEach((drawn, place) => {
    const { last, diverged } = race.runs[place];
    const shown = race.hidden.has(place) ? { front: "", behind: "" } : upTo(drawn.parts, Math.min(race.frame, last));
    drawn.casing.setAttribute("d", shown.front);
    drawn.line.setAttribute("d", shown.front);
    drawn.behind.setAttribute("d", shown.behind);
    const isGone = diverged && race.frame >= last;
    set(drawn.head, isGone ? null : shown.head);
    set(drawn.off, isGone ? shown.edge : null);
  });
}

/* The texts of a path's seen and hidden parts, its head, and where it was in the frame for the last time. */
function upTo(parts, now) {
  const texts = ["", ""];
  let head = null, edge = null, last = null;
  const draw = (which, [, across, down]) => {
    const at = `${across.toFixed(1)} ${down.toFixed(1)}`;
    texts[which] += which === last ? `L${at}` : `M${head ? `${head[1].toFixed(1)} ${head[2].toFixed(1)}L` : ""}${at}`;
    last = which;
  };
  for (const part of parts) {
    const [step, , , seen, behind] = part;
    if (step > now + 1e-9) {
      if (head && seen) {
        const end = headBetween(head, part, now);
        draw(Number(behind), end);
        head = end;
      }
      break;
    }
    if (!seen) { last = head = null; continue; }
    draw(Number(behind), part);
    head = edge = part;
  }
  return { front: texts[0], behind: texts[1], head, edge };
}

function headBetween([from, x, y], [to, nextX, nextY], now) {
  const share = (now - from) / (to - from);
  return [now, x + share * (nextX - x), y + share * (nextY - y)];
}

function set(mark, at) {
  mark.style.display = at ? "" : "none";
  if (at) mark.setAttribute("transform", `translate(${at[1].toFixed(1)},${at[2].toFixed(1)})`);
}

/* Critical points with their eigenvectors: along a direction of negative curvature arrows lead out. */
function placePoints({ vectors, points: marks }, race, pixels, isBehind) {
  vectors.replaceChildren();
  marks.replaceChildren();
  const { points } = race.content;
  const hasVectors = points.filter(({ isolated }) => isolated).length <= MOST_VECTORS;
  const [low, high] = edges(race);
  for (const { place, kind, isolated, eigenvalues, eigenvectors } of points) {
    const [x, y] = pixels(...place);
    const opacity = isBehind(...place) ? FAINT : 1;
    if (!isolated) {
      vectors.append(svg("circle", { class: "point curve", cx: x, cy: y, r: 2, opacity }));
      continue;
    }
    for (const [number, vector] of eigenvectors.entries()) {
      if (!hasVectors || kind === "degenerate") continue;
      const small = vector.map((part) => part * 0.01 * (high - low));
      const [a, b] = [1, -1].map((sign) => pixels(...clamped(race, place.map((part, axis) => part + sign * small[axis]))));
      const length = Math.hypot(a[0] - b[0], a[1] - b[1]) || 1;
      const [dx, dy] = [((a[0] - b[0]) / length) * EIGENVECTOR, ((a[1] - b[1]) / length) * EIGENVECTOR];
      const isDown = eigenvalues[number] < 0;
      const lines = `M${x - dx} ${y - dy}L${x + dx} ${y + dy}${isDown ? arrow(x, y, dx, dy) + arrow(x, y, -dx, -dy) : ""}`;
      for (const name of ["casing", isDown ? "vector down" : "vector"]) vectors.append(svg("path", { class: name, d: lines, opacity }));
    }
    marks.append(svg("path", { class: `point ${kind}`, d: SHAPES[kind], transform: `translate(${x},${y})`, opacity }));
  }
}

const SHAPES = {
  minimum: "M0 -7L2 -2.2L7 -2.2L3 1.2L4.4 6.4L0 3.2L-4.4 6.4L-3 1.2L-7 -2.2L-2 -2.2Z",
  maximum: "M0 -6L5.5 4.5L-5.5 4.5Z",
  saddle: "M-4.6 -4.6L-2.6 -6.2L0 -3L2.6 -6.2L4.6 -4.6L2 -1.4L4.6 3.4L2.6 5L0 1.8L-2.6 5L-4.6 3.4L-2 -1.4Z",
  degenerate: "M0 -6L6 0L0 6L-6 0Z",
};

function arrow(x, y, dx, dy) {
  const [tipX, tipY] = [x + dx, y + dy];
  const back = [0.7, 0.22];
  const at = (side) => `${x + dx * back[0] - side * dy * back[1]} ${y + dy * back[0] + side * dx * back[1]}`;
  return `M${at(1)}L${tipX} ${tipY}L${at(-1)}`;
}
