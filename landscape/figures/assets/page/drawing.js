/* Draws each part of the page from what is settled: cards, colour bar and probe; curves are drawn beside. */

import { drawColourBar, drawProbe } from "./aside.js";
import { drawContour } from "./contour.js";
import { nameCard, showFacts } from "./cards.js";
import { moveCrosshair } from "./crosshair.js";
import { moveMarks } from "./marks.js";
import { movePath } from "./path.js";
import { watchContour, watchRelief } from "./pointers.js";
import { cameraOf, drawRelief, moveSlices } from "./relief.js";
import { told } from "./scale.js";
import { heightsOf, taylorOf } from "./shown.js";
import { extremes, pointAt } from "./surfaces.js";

const LEAST_DEPTH = 0.02; // of the range of heights: what counts as a minimum of its own

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
    nameCard(card.heading, [surface ?? page.surfaces[place]]);
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
  await drawRelief(card.relief, surface, heights, { ...options, name: page.name, camera, at, labelled: page.shown.length === 1, frame: page.state.frame });
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

export function drawAside(page) {
  const { state } = page;
  const centers = page.shown.filter(({ surface }) => surface?.values[state.metric]).map(({ surface, place }) => {
    const point = holdsZero(surface) ? pointAt(surface, [0, 0]) : null;
    return { value: point ? surface.values[state.metric][point.place] : NaN, colour: page.theme.curves[(surface.colour ?? place) % 8], name: surface.name };
  });
  const name = state.minus === "" ? page.name : `difference in ${page.name}`;
  drawColourBar({ ...page, name, metric: state.metric, centers, shared: state.shared || page.surfaces.length === 1 });
  drawProbed(page);
}

/* Whether the trained weights are a point of the grid. */
function holdsZero({ x, y }) { return [x, y || [0]].every((axis) => axis.some((value) => Math.abs(value) < 1e-9)); }

export function drawProbed(page) {
  const rows = page.shown.filter(({ surface }) => surface);
  drawProbe(rows, page.content.metrics, page.state, page.theme.curves);
}

export function placeCrosshairs(page) {
  page.cards.planes.forEach((card) => {
    if (card && !card.holder.hidden && card.contour._fullLayout) moveOverlay(page, card);
  });
}

function moveOverlay(page, card) {
  moveCrosshair(card.crosshair, card.contour, page.state.at);
  moveMarks(card.named, card.contour, !page.content.sequence);
  movePath(card.path, card.contour, page.state, page.theme);
}

/* The slices drawn on the 3-D surfaces, moved to the probed point. */
export function moveReliefSlices(page) {
  for (const { surface, place } of page.shown) {
    const card = page.cards.planes[place];
    if (!card || card.box.hidden || !card.relief.data || !surface?.values[page.state.metric]) continue;
    moveSlices(card.relief, surface, heightsOf(page, surface), pointAt(surface, page.state.at), page.scaleFor(surface), page.theme);
  }
}
