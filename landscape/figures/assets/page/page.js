/* The page: unpack, build, and draw what the state says; every wish goes through `change`. */

import { buildCards } from "./cards.js";
import { drawAside, drawLines, drawPlanes, drawProbed, drawSlices, moveReliefSlices, placeCrosshairs } from "./drawing.js";
import { byId, element } from "./elements.js";
import { buildHeader, listenToKeys, showHeader } from "./header.js";
import { buildPlayer } from "./player.js";
import { hasWebGL, reshape } from "./relief.js";
import { heightsOf, settle } from "./shown.js";
import { DEFAULTS, keepInAddress, stateFrom } from "./state.js";
import { decoded, rowsOf } from "./surfaces.js";
import { themeOf } from "./theme.js";
import { inflated, loadLibrary } from "./unpack.js";

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
  await Promise.all([drawSlices(page), drawLines(page), drawPlanes(page)]);
  placeCrosshairs(page);
  keepInAddress(page.state);
  main.setAttribute("aria-busy", "false");
}

let turnOfDrawing = Promise.resolve();

function redraw() {
  turnOfDrawing = turnOfDrawing.then(draw, draw);
  return turnOfDrawing;
}

function change(name, value) {
  const { state } = page;
  if (name === "play") return page.player.toggle();
  if (name === "reset") Object.assign(state, { at: [0, 0], zoom: null, camera: null, levels: DEFAULTS.levels });
  else state[name] = value;
  if (name === "at") return probe();
  return redraw();
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

function showFrame(frame, playing) {
  page.state.frame = frame;
  if (!playing) return redraw();
  settle(page);
  const [{ surface }] = page.shown;
  const [card] = page.cards.planes;
  const heights = heightsOf(page, surface);
  card.heading.textContent = surface.name;
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
  const places = panel.data.flatMap(({ type }, place) => (type === "contour" ? [place] : []));
  return Plotly.restyle(panel, { z: places.map(() => rows) }, places);
}

function sayProgress() {
  const { live } = page.content;
  const words = byId("progress");
  words.hidden = !live;
  if (!live) return;
  words.textContent = live.words;
  setTimeout(() => location.reload(), 1000 * live.seconds);
}

async function start() {
  const main = byId("cards");
  await loadLibrary();
  const [content, buffer] = [await (await inflated("page-data")).json(), await (await inflated("page-arrays")).arrayBuffer()];
  page.content = content;
  page.surfaces = content.surfaces.map((surface) => decoded(surface, buffer));
  page.state = stateFrom(location.hash);
  page.webgl = hasWebGL();
  const built = content.sequence ? page.surfaces.slice(0, 1) : page.surfaces;
  page.theme = themeOf(page.state);
  page.cards = buildCards(built, main, page.theme.curves);
  page.player = buildPlayer(page, showFrame);
  buildHeader(page, change);
  listenToKeys(page, change);
  sayProgress();
  await redraw();
  page.player.place(page.state.frame);
  let width = innerWidth;
  addEventListener("resize", () => { if (innerWidth !== width) { width = innerWidth; redraw(); } });
  addEventListener("hashchange", () => { page.state = Object.assign(page.state, stateFrom(location.hash)); redraw(); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
}

start().catch((error) => {
  byId("cards").replaceChildren(element("p", "absent", `This page can't be drawn here: ${error.message}.`));
  throw error;
});
