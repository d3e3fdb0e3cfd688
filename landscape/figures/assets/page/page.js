/* The page: unpack, build, and draw what the state says; every wish goes through `change`. */

import { addBatches, drawBatches } from "./batches.js";
import { addBelief } from "./belief.js";
import { buildCards, nameCard } from "./cards.js";
import { addComparison } from "./comparison.js";
import { addBetween } from "./between-cards.js";
import { drawAside, drawPlanes, drawProbed, moveReliefSlices, placeCrosshairs } from "./drawing.js";
import { byId, element } from "./elements.js";
import { buildHeader, listenToKeys, showHeader } from "./header.js";
import { withPlanes } from "./planes.js";
import { walkRelief } from "./path.js";
import { addPathCards, stepsOf, stepWords } from "./path-cards.js";
import { buildPlayer } from "./player.js";
import { watchCurves } from "./pointers.js";
import { hasWebGL, reshape } from "./relief.js";
import { told } from "./scale.js";
import { heightsOf, settle } from "./shown.js";
import { drawLines, drawSlices } from "./slices.js";
import { DEFAULTS, keepInAddress, stateFrom } from "./state.js";
import { decoded, pointAt, rowsOf } from "./surfaces.js";
import { hideSecondOrder, SECOND_ORDER } from "./taylor.js";
import { themeOf } from "./theme.js";
import { inflated, loadLibrary } from "./unpack.js";

const MORPH_S = 1.5; // from a surface of a sequence to the next
const LONGEST_STEP_S = 0.6, WALK_S = 20; // from a checkpoint of a path to the next, and along it all
const SLOW_FRAME_MS = 50, MOST_PAUSE_MS = 1000; // of a scene while a walker goes
const CONTOUR_PAUSE_MS = 400; // between two drawings of contours while something plays
const page = { change };

async function draw() {
  const main = byId("cards");
  main.setAttribute("aria-busy", "true");
  settle(page);
  document.documentElement.dataset.theme = page.theme.dark ? "dark" : "light";
  document.body.dataset.view = page.state.view;
  showHeader(page);
  drawAside(page);
  await Promise.all([drawSlices(page), drawLines(page), drawPlanes(page), drawCharts()]);
  await drawBatches(page);
  placeCrosshairs(page);
  if (page.steps.length) page.player.place(page.state.frame);
  keepInAddress(page.state);
  main.setAttribute("aria-busy", "false");
}

/* Charts that follow nothing but the theme. */
function drawCharts() {
  return Promise.all([page.between, page.pathCards].filter((cards) => cards && cards.isDark !== page.theme.dark).map((cards) => {
    cards.isDark = page.theme.dark;
    return cards.draw(page.theme);
  }));
}

let turnOfDrawing = Promise.resolve();

/* Where the probe begins: the trained weights, or the middle of the first surface where no grid holds them. */
function home() {
  if (page.surfaces.some((surface) => pointAt(surface, [0, 0]))) return [0, 0];
  const middle = (axis) => (axis ? axis[Math.floor(axis.length / 2)] : 0);
  return [middle(page.surfaces[0].x), middle(page.surfaces[0].y)];
}

let waiting = null;

/* Draw after what is being drawn; wishes that come meanwhile are drawn together. */
function redraw() {
  waiting ??= turnOfDrawing.catch(() => {}).then(() => {
    waiting = null;
    turnOfDrawing = draw();
    return turnOfDrawing;
  });
  return waiting;
}

function change(name, value) {
  const { state } = page;
  if (name === "play") return page.player.toggle();
  if (name === "reset") Object.assign(state, { at: home(), zoom: null, camera: null, levels: DEFAULTS.levels, minus: "" });
  else state[name] = value;
  if (name === "at") return probe();
  if (name === "batch" || name === "size") return turnBatches();
  return redraw();
}

/* Another batch alone: all else stays as it is drawn. */
function turnBatches() {
  keepInAddress(page.state);
  return turnOfDrawing.then(() => drawBatches(page));
}

let lateSlices = null;

function probe() {
  drawProbed(page);
  drawSlices(page);
  drawLines(page);
  placeCrosshairs(page);
  keepInAddress(page.state);
  clearTimeout(lateSlices);
  lateSlices = setTimeout(() => moveReliefSlices(page), 120);
}

let lastContour = 0;

let reliefAt = 0, reliefPause = 0, nextRelief = 0;

/* The walkers alone: the surface under them stays. Where a scene takes long, that in 3-D comes after it now and then. */
function walk(playing) {
  placeCrosshairs(page);
  const now = performance.now();
  if (reliefAt && now - reliefAt < MOST_PAUSE_MS) reliefPause = now - reliefAt > SLOW_FRAME_MS ? Math.min(MOST_PAUSE_MS, 8 * (now - reliefAt)) : 0;
  reliefAt = 0;
  if (playing && now < nextRelief) return;
  [reliefAt, nextRelief] = [playing ? now : 0, now + reliefPause];
  for (const { surface, place } of page.shown) {
    const card = page.cards.planes[place];
    if (!surface?.path || card.box.hidden || !card.relief.data) continue;
    const [low, high] = page.scaleFor(surface).ends;
    walkRelief(card.relief, surface, heightsOf(page, surface), high - low, page.state.frame);
  }
  if (!playing) keepInAddress(page.state);
}

function showFrame(frame, playing) {
  page.state.frame = frame;
  if (page.steps.length) return walk(playing);
  if (!playing) return redraw();
  settle(page);
  const [{ surface }] = page.shown;
  const [card] = page.cards.planes;
  const heights = heightsOf(page, surface);
  nameCard(card.heading, [surface]);
  hideSecondOrder(card.relief);
  if (!card.box.hidden && card.relief.data) reshape(card.relief, surface, heights);
  const now = performance.now();
  if (now - lastContour > CONTOUR_PAUSE_MS) {
    lastContour = now;
    if (!card.holder.hidden) restyleContours(card.contour, rowsOf(surface, heights));
    drawSlices(page);
    drawProbed(page);
  }
  return undefined;
}

function restyleContours(panel, rows) {
  const placesOf = (kind) => panel.data.flatMap(({ type, meta }, place) => (type === kind && meta !== SECOND_ORDER ? [place] : []));
  const [contours, marks] = [placesOf("contour"), placesOf("scatter")];
  hideSecondOrder(panel); // it and the marks come back when it stands still
  if (marks.length) Plotly.restyle(panel, { visible: false }, marks);
  return Plotly.restyle(panel, { z: contours.map(() => rows) }, contours);
}

function sayProgress() {
  const { live } = page.content;
  const words = byId("progress");
  words.hidden = !live;
  if (!live) return;
  words.textContent = live.words;
  // Not under somebody's hand, and not where nobody looks.
  let isDown = false;
  addEventListener("pointerdown", () => { isDown = true; }, true);
  addEventListener("pointerup", () => { isDown = false; }, true);
  const reload = () => {
    if (document.hidden || isDown || byId("help").open) setTimeout(reload, 500);
    else location.reload();
  };
  setTimeout(reload, 1000 * live.seconds);
}

/* What the address asks for; a path is shown to its end unless it says otherwise. */
function begun() {
  const state = stateFrom(location.hash);
  return page.steps.length && !location.hash.includes("frame=") ? { ...state, frame: page.numSteps - 1 } : state;
}

async function start() {
  const main = byId("cards");
  await loadLibrary();
  const [content, buffer] = [await (await inflated("page-data")).json(), await (await inflated("page-arrays")).arrayBuffer()];
  page.content = content;
  page.surfaces = content.surfaces.map((surface) => withPlanes(decoded(surface, buffer)));
  page.steps = content.sequence ? [] : stepsOf(page.surfaces);
  page.numSteps = content.sequence ? page.surfaces.length : page.steps.length;
  page.state = begun();
  if (!location.hash.includes("at=")) page.state.at = home();
  page.webgl = hasWebGL();
  const built = content.sequence ? page.surfaces.slice(0, 1) : page.surfaces;
  page.theme = themeOf(page.state);
  page.cards = buildCards(built, main, page.theme.curves);
  addComparison(content.comparison, main, page.theme.curves);
  addBatches(page, main);
  addBelief(page.surfaces, main, page.theme.curves);
  page.between = content.between && addBetween(content.between, main);
  if (page.between) main.prepend(page.between.section);
  page.pathCards = addPathCards(page.surfaces, main);
  const of = (near) => (page.steps.length ? stepWords(page.steps[near], page.state.metric, page.name, told) : page.surfaces[near].name);
  const wordsOf = (near) => `${of(near)} (${near + 1} of ${page.numSteps})`;
  page.player = buildPlayer(page.numSteps, wordsOf, page.steps.length ? Math.min(LONGEST_STEP_S, WALK_S / page.numSteps) : MORPH_S, showFrame);
  buildHeader(page, change);
  listenToKeys(page, change);
  sayProgress();
  watchCurves(page);
  await redraw();
  page.player.place(page.state.frame);
  let width = innerWidth;
  addEventListener("resize", () => { if (innerWidth !== width) { width = innerWidth; redraw(); } });
  addEventListener("hashchange", () => {
    Object.assign(page.state, begun());
    page.player.place(page.state.frame);
    redraw();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
}

start().catch((error) => {
  byId("cards").replaceChildren(element("p", "absent", `This page can't be drawn here: ${error.message}.`));
  throw error;
});
