/* Draws each part of the page from what is settled: cards, curves, slices, colour bar and probe. */

import { drawColourBar, drawProbe } from "./aside.js";
import { drawContour } from "./contour.js";
import { showFacts } from "./cards.js";
import { moveCrosshair } from "./crosshair.js";
import { drawCurves } from "./curves.js";
import { byId } from "./elements.js";
import { watchContour, watchRelief } from "./pointers.js";
import { cameraOf, drawRelief, moveSlices } from "./relief.js";
import { told } from "./scale.js";
import { heightsOf, taylorOf } from "./shown.js";
import { extremes, pointAt } from "./surfaces.js";
import { curveOf } from "./taylor.js";

const LEAST_DEPTH = 0.02; // of the range of heights: what counts as a minimum of its own
const SLICE_HEIGHT = 210;

export async function drawPlanes(page) {
  const { state, cards, theme } = page;
  const reliefs = [];
  const drawn = page.shown.map(({ surface, place, why, source }) => {
    const card = cards.planes[place];
    if (!card) return undefined;
    const absent = why || (surface.values[state.metric] ? "" : `This file has no ${page.name}.`);
    card.note.hidden = !absent;
    card.note.textContent = absent;
    card.holder.hidden = Boolean(absent) || state.view === "3-D";
    card.box.hidden = Boolean(absent) || state.view === "contour";
    card.heading.textContent = surface ? surface.name : page.surfaces[place].name;
    if (source !== undefined) showFacts(card, page.surfaces[source]);
    card.range.textContent = absent ? "" : rangeWords(page, surface);
    if (absent) return undefined;
    const heights = heightsOf(page, surface);
    const options = { scale: page.scaleFor(surface), metric: state.metric, colours: page.colours, theme, taylor: taylorOf(page, surface) };
    if (!card.box.hidden) reliefs.push({ card, surface, heights, options });
    if (card.holder.hidden) return undefined;
    const [low, high] = options.scale.ends;
    const marks = state.marks && !page.isDiverging ? extremes(surface, options.scale.kind === "clipped" ? Float64Array.from(surface.values[state.metric]) : heights, LEAST_DEPTH * (high - low)) : null;
    return drawContour(card.contour, surface, heights, { ...options, marks, zoom: state.zoom }).then(() => watchContour(page, card));
  });
  await Promise.all(drawn);
  for (const { card, surface, heights, options } of reliefs) await drawOneRelief(page, card, surface, heights, options);
}

async function drawOneRelief(page, card, surface, heights, options) {
  if (!page.webgl) {
    card.box.classList.add("none");
    card.relief.textContent = "This browser shows no WebGL, so there is no 3-D picture; contours and slices need none.";
    return;
  }
  if (!heights.some(Number.isFinite)) {
    card.box.hidden = true;
    card.note.hidden = false;
    card.note.textContent = `No value of ${page.name} is finite, so there is no 3-D picture.`;
    return;
  }
  const camera = cameraOf(page.state.camera);
  const at = pointAt(surface, page.state.at);
  await drawRelief(card.relief, surface, heights, { ...options, name: page.name, camera, at, labelled: page.shown.length === 1 });
  watchRelief(page, card);
}

function rangeWords(page, surface) {
  const { metric } = page.state;
  let least = Infinity, most = -Infinity, bad = 0, blank = 0, low = 0;
  surface.values[metric].forEach((value, place) => {
    if (surface.done && !surface.done[place]) blank += 1;
    else if (!Number.isFinite(value)) bad += 1;
    else {
      least = Math.min(least, value);
      most = Math.max(most, value);
      if (value <= 0) low += 1;
    }
  });
  const words = least > most ? [`${page.name}: nothing finite`] : [`${page.name}: min ${told(least, metric, 3)}`, `max ${told(most, metric, 3)}`];
  if (bad) words.push(`${bad} not finite`);
  if (surface.isInterpolated) words.push("reference interpolated");
  if (low && page.scaleFor(surface).kind === "log") words.push(`${low} at 0 or below, drawn on the floor`);
  if (blank) words.push(`${blank} not measured`);
  return words.join(" · ");
}

export function drawLines(page) {
  const { line } = page.cards;
  if (!line) return undefined;
  const curves = page.shown.filter(({ surface }) => surface?.isLine && surface.values[page.state.metric])
    .flatMap(({ surface, place }) => withSecondOrder(page, surface, { name: surface.name, place, x: surface.x, values: surface.values[page.state.metric] }, 0, 0));
  line.note.hidden = curves.length > 0;
  const why = page.shown.find(({ surface, place, why: found }) => !surface && page.surfaces[place].isLine && found)?.why;
  line.note.textContent = why ? `No curve: ${why}.` : `These files have no ${page.name}.`;
  line.panel.hidden = !curves.length;
  if (!curves.length) return undefined;
  return drawCurves(line.panel, curves, {
    scale: page.scale, metric: page.state.metric, theme: page.theme, title: "α", marker: page.state.at[0],
    height: Math.min(460, Math.max(300, line.panel.clientWidth * 0.5)), legend: curves.length > 1,
  });
}

export function drawSlices(page) {
  const { metric, at } = page.state;
  const planes = page.shown.filter(({ surface }) => surface && !surface.isLine && surface.values[metric]);
  const sides = [["alpha", "β"], ["beta", "α"]];
  return Promise.all(sides.map(([side, fixed], which) => {
    const card = byId(`${side}-slice`);
    card.hidden = !planes.length;
    if (card.hidden) return undefined;
    const others = page.content.sequence ? page.surfaces.map((surface, place) => ({ surface, place, faint: true })) : [];
    const curves = [...others, ...planes].flatMap(({ surface, place, faint }) => slicesOf(page, surface, place, which, faint));
    card.querySelector("h2").textContent = `${side === "alpha" ? "α" : "β"}-slice${curves.some(({ isSecondOrder }) => isSecondOrder) ? ", second order dashed" : ""}`;
    const through = [...new Set(curves.map(({ through: value }) => Number(value.toPrecision(3))))];
    const title = `${side === "alpha" ? "α" : "β"}  (at ${fixed} = ${through.length > 1 ? "≈ " : ""}${through.length ? through[0] : "–"})`;
    return drawCurves(card.querySelector(".panel"), curves, {
      scale: page.scale, metric, theme: page.theme, title, marker: at[which], height: SLICE_HEIGHT,
    });
  }));
}

function slicesOf(page, surface, place, which, faint) {
  const point = pointAt(surface, page.state.at);
  const values = surface.values[page.state.metric];
  if (!point || !values) return [];
  const slice = which === 0 ? values.slice(point.row * surface.nx, (point.row + 1) * surface.nx) : surface.y.map((_, row) => values[row * surface.nx + point.column]);
  const through = point.at[1 - which];
  const curve = { name: surface.name, place, faint, x: which === 0 ? surface.x : surface.y, through, values: slice };
  return faint ? [curve] : withSecondOrder(page, surface, curve, which, through);
}

/* A curve, and after it that of the second order, where it is wished for. */
function withSecondOrder(page, surface, curve, along, through) {
  const taylor = taylorOf(page, surface);
  return taylor ? [curve, { ...curve, name: `${curve.name}, second order`, ...curveOf(taylor, curve.x, along, through) }] : [curve];
}

export function drawAside(page) {
  const { state } = page;
  const centers = page.shown.filter(({ surface }) => surface?.values[state.metric]).map(({ surface, place }) => {
    const point = holdsZero(surface) ? pointAt(surface, [0, 0]) : null;
    return { value: point ? surface.values[state.metric][point.place] : NaN, colour: page.theme.curves[place % 8], name: surface.name };
  });
  const name = state.minus === "" ? page.name : `difference in ${page.name}`;
  drawColourBar({ ...page, name, metric: state.metric, centers, shared: state.shared || page.surfaces.length === 1 });
  drawProbed(page);
}

/* Whether the trained weights are a point of the grid. */
function holdsZero({ x, y }) { return [x, y || [0]].every((axis) => axis.some((value) => Math.abs(value) < 1e-9)); }

export function drawProbed(page) {
  const rows = page.shown.filter(({ surface }) => surface);
  drawProbe(rows, page.content.metrics, page.state.at, page.theme.curves);
}

export function placeCrosshairs(page) {
  page.cards.planes.forEach((card) => {
    if (card && !card.holder.hidden && card.contour._fullLayout) moveCrosshair(card.crosshair, card.contour, page.state.at);
  });
}


/* The slices drawn on the 3-D surfaces, moved to the probed point. */
export function moveReliefSlices(page) {
  for (const { surface, place } of page.shown) {
    const card = page.cards.planes[place];
    if (!card || card.box.hidden || !card.relief.data || !surface?.values[page.state.metric]) continue;
    moveSlices(card.relief, surface, heightsOf(page, surface), pointAt(surface, page.state.at), page.scaleFor(surface), page.theme);
  }
}
