/* The pointer and the arrow keys over a card: probing, hovering, zooming, turning; what is done in one card, all follow. */

import { placeUnder } from "./crosshair.js";
import { rangesOf } from "./contour.js";
import { cameraNumbers, clamped, seenCamera, turn } from "./relief.js";
import { surfaceOf } from "./shown.js";
import { keepInAddress } from "./state.js";
import { nearest } from "./surfaces.js";
import { hideTooltip, showTooltip } from "./tooltip.js";

export function watchContour(page, card) {
  const { contour, holder } = card;
  if (card.watched) return;
  card.watched = true;
  let from = null;
  contour.addEventListener("pointerdown", (event) => { from = [event.clientX, event.clientY]; }, true);
  window.addEventListener("pointerup", (event) => {
    const moved = from ? Math.hypot(event.clientX - from[0], event.clientY - from[1]) : Infinity;
    from = null;
    const at = moved < 4 && placeUnder(contour, event);
    if (at) page.change("at", at);
  }, true);
  contour.addEventListener("dblclick", () => page.change("zoom", null));
  contour.addEventListener("pointermove", (event) => {
    const at = event.buttons === 0 && placeUnder(contour, event);
    if (at) showTooltip(surfaceOf(page, card), page.content.metrics, at, event); else hideTooltip();
  });
  contour.addEventListener("pointerleave", hideTooltip);
  contour.on("plotly_relayout", (update) => {
    const ends = ["xaxis.range[0]", "xaxis.range[1]", "yaxis.range[0]", "yaxis.range[1]"].map((key) => update[key]);
    if (ends.some((end) => end !== undefined)) zoomTo(page, card, ends);
  });
  holder.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    const surface = surfaceOf(page, card);
    if (!step || !surface) return;
    event.preventDefault();
    const near = (axis, value) => nearest(axis, value).place;
    const point = { column: near(surface.x, page.state.at[0]), row: near(surface.y, page.state.at[1]) };
    const clip = (place, count) => Math.min(count - 1, Math.max(0, place));
    page.change("at", [surface.x[clip(point.column + step[0], surface.nx)], surface.y[clip(point.row + step[1], surface.ny)]]);
  });
}

function zoomTo(page, card, ends) {
  const [x, y] = rangesOf(surfaceOf(page, card), page.state.zoom);
  const old = [...x, ...y];
  page.change("zoom", ends.map((end, place) => (end === undefined ? old[place] : Number(end))));
}

/* While a scene is dragged or zoomed, the others turn with it: Plotly tells nothing of a touch, so its camera is asked. */
/* A click on a slice or a curve moves the probe along it. */
export function watchCurves(page) {
  for (const panel of document.querySelectorAll("[data-panel=slice], [data-panel=line]")) {
    panel.addEventListener("click", (event) => {
      const place = placeUnder(panel, event);
      if (!place) return;
      const [alpha, beta] = page.state.at;
      page.change("at", panel.closest("#beta-slice") ? [alpha, place[0]] : [place[0], beta]);
    });
  }
}

export function watchRelief(page, card) {
  const { relief } = card;
  if (card.turned) return;
  card.turned = true;
  let until = 0, running = false, from = null, clicked = null;
  const follow = () => {
    const camera = seenCamera(relief);
    if (camera) turnAll(page, clamped(camera), relief);
    running = performance.now() < until;
    if (running) requestAnimationFrame(follow);
    else keepInAddress(page.state);
  };
  const begin = (length) => {
    until = performance.now() + length;
    if (running) return;
    running = true;
    requestAnimationFrame(follow);
  };
  relief.addEventListener("pointerdown", (event) => {
    from = [event.clientX, event.clientY];
    clicked = null;
    begin(60000);
  }, true);
  relief.addEventListener("wheel", () => begin(300), { capture: true, passive: true });
  window.addEventListener("pointerup", (event) => {
    if (running) until = performance.now() + 200;
    // Plotly tells of a click when the button goes down, before it is known whether the scene is turned.
    if (clicked && from && Math.hypot(event.clientX - from[0], event.clientY - from[1]) < 4) page.change("at", clicked);
    from = clicked = null;
  }, true);
  relief.on("plotly_doubleclick", () => begin(300));
  relief.on("plotly_hover", ({ points: [point], event }) => {
    const surface = surfaceOf(page, card);
    if (point && event && surface) showTooltip(surface, page.content.metrics, [point.x, point.y], event);
  });
  relief.on("plotly_unhover", hideTooltip);
  relief.on("plotly_click", ({ points: [point] }) => { if (point) clicked = [point.x, point.y]; });
}

function turnAll(page, camera, from) {
  const numbers = cameraNumbers(camera);
  if (page.state.camera && numbers.every((number, place) => Math.abs(number - page.state.camera[place]) < 1e-6)) return;
  page.state.camera = numbers;
  for (const card of page.cards.planes) {
    if (card && card.relief.data && !card.box.hidden && (card.relief !== from || clampedAway(from, camera))) turn(card.relief, camera);
  }
}

function clampedAway(relief, camera) {
  const seen = seenCamera(relief);
  return Math.abs(seen.eye.x - camera.eye.x) + Math.abs(seen.eye.z - camera.eye.z) > 1e-6;
}
