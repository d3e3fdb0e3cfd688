/* Curves: slices through the probed point with all surfaces in one frame, and surfaces that are lines; of several planes all, and their spread. */

import { nameCard } from "./cards.js";
import { drawCurves } from "./curves.js";
import { byId } from "./elements.js";
import { fullName, kindOf, spreadAt } from "./planes.js";
import { taylorOf } from "./shown.js";
import { pointAt } from "./surfaces.js";
import { curveOf } from "./taylor.js";

const SLICE_HEIGHT = 210;
const BELOW = ["band", "plane", "mean"]; // what lies below a chosen plane's curve, in this order

export function drawLines(page) {
  const { line } = page.cards;
  if (!line) return undefined;
  const lines = page.shown.filter(({ surface }) => surface?.isLine && surface.values[page.state.metric]);
  const curves = inOrder(lines.flatMap((shown) => curvesOf(page, shown, { along: 0, through: 0, places: [...shown.surface.x.keys()] })));
  line.note.hidden = curves.length > 0;
  const why = page.shown.find(({ surface, place, why: found }) => !surface && page.surfaces[place].isLine && found)?.why;
  line.note.textContent = why ? `No curve: ${why}.` : `These files have no ${page.name}.`;
  line.panel.hidden = !curves.length;
  const named = page.shown.filter(({ place }) => page.surfaces[place].isLine).map(({ surface, place }) => surface ?? page.surfaces[place]);
  nameCard(line.heading, named);
  if (named[0]?.colour !== undefined) line.heading.textContent = "Along lines";
  saySpread(page, line.spread, lines);
  if (!curves.length) return undefined;
  return drawCurves(line.panel, curves, {
    scale: page.scale, metric: page.state.metric, theme: page.theme, title: "α", marker: page.state.at[0],
    height: Math.min(460, Math.max(300, line.panel.clientWidth * 0.5)), legend: curves.filter(({ kind }) => !kind).length > 1,
  });
}

export function drawSlices(page) {
  const { metric, at } = page.state;
  const planes = page.shown.filter(({ surface }) => surface && !surface.isLine && surface.values[metric]);
  const sides = [["alpha", "β"], ["beta", "α"]];
  return Promise.all(sides.map(([side, fixed], along) => {
    const card = byId(`${side}-slice`);
    card.hidden = !planes.length;
    if (card.hidden) return undefined;
    const others = page.content.sequence ? page.surfaces.map((surface, place) => ({ surface, place, planes: [surface], faint: true })) : [];
    const curves = inOrder([...others, ...planes].flatMap((shown) => sliceOf(page, shown, along)));
    card.querySelector("h2").textContent = `${side === "alpha" ? "α" : "β"}-slice${curves.some(({ isSecondOrder }) => isSecondOrder) ? ", second order dashed" : ""}`;
    if (along === 0) saySpread(page, card.querySelector(".spread"), planes);
    const through = [...new Set(curves.map(({ through: value }) => Number(value.toPrecision(3))))];
    const title = `${side === "alpha" ? "α" : "β"}  (at ${fixed} = ${through.length > 1 ? "≈ " : ""}${through.length ? through[0] : "–"})`;
    return drawCurves(card.querySelector(".panel"), curves, {
      scale: page.scale, metric, theme: page.theme, title, marker: at[along], height: SLICE_HEIGHT,
    });
  }));
}

function sliceOf(page, shown, along) {
  const { surface } = shown;
  const point = pointAt(surface, page.state.at);
  if (!point || !surface.values[page.state.metric]) return [];
  const places = along === 0 ? surface.x.map((_, column) => point.row * surface.nx + column) : surface.y.map((_, row) => row * surface.nx + point.column);
  return curvesOf(page, shown, { along, through: point.at[1 - along], places });
}

/* A plane's curve over some places of its grid, those of the other planes, and that of the second order, where it is wished for; of lines that
   belong to a surface, the mean and the spread alone. */
function curvesOf(page, { surface, place, planes, faint }, { along, through, places }) {
  const numbersOf = (plane) => places.map((at) => plane.values[page.state.metric][at]);
  const curve = { name: fullName(surface), place: surface.colour ?? place, faint, through, x: along === 0 ? surface.x : surface.y, values: numbersOf(surface) };
  if (faint) return [curve];
  if (surface.colour !== undefined) {
    const [band, mean] = spreadOf(page, surface, planes, curve, places);
    return [band, { ...mean, kind: undefined }];
  }
  const others = planes.filter((plane) => plane !== surface).map((plane) => ({ ...curve, kind: "plane", name: fullName(plane), values: numbersOf(plane) }));
  const taylor = taylorOf(page, surface);
  const second = taylor ? [{ ...curve, name: `${curve.name}, second order`, ...curveOf(taylor, curve.x, along, through) }] : [];
  return [...(others.length ? spreadOf(page, surface, planes, curve, places) : []), ...others, curve, ...second];
}

/* The mean over planes, and a band of one standard deviation around it; of heights, so that both are what one sees. */
function spreadOf(page, { name, isLine }, planes, curve, places) {
  const { scale, state } = page;
  const isLog = scale.kind === "log";
  const found = places.map((at) => spreadAt(planes, state.metric, at, isLog ? scale.height : undefined));
  const heights = found.map(({ mean }) => mean);
  const values = heights.map((height) => (isLog ? 10 ** height : height));
  const band = { low: found.map(({ mean, deviation }) => mean - deviation), high: found.map(({ mean, deviation }) => mean + deviation) };
  return [{ ...curve, kind: "band", band }, { ...curve, kind: "mean", name: `${name}, mean of ${planes.length} ${kindOf({ isLine })}s`, values, heights }];
}

function inOrder(curves) {
  const rank = ({ kind }) => (kind ? BELOW.indexOf(kind) : BELOW.length);
  return curves.sort((one, other) => rank(one) - rank(other));
}

function saySpread(page, note, shown) {
  const several = shown.filter(({ planes }) => planes.length > 1);
  note.hidden = !several.length;
  if (note.hidden) return;
  if (several[0].surface.colour !== undefined) {
    note.textContent = `The mean over the lines of each network${page.scale.kind === "log" ? ", of log10" : ""}, in a band of ± 1 s.d.`;
    return;
  }
  const kind = kindOf(several[0].surface);
  const numbers = [...new Set(several.map(({ surface }) => surface.which.split(" ")[1]))];
  note.textContent = `Bold: ${kind} ${numbers.join(", ")}. Thin: the others. Dashed, in a band of ± 1 s.d.: the mean over ${kind}s${page.scale.kind === "log" ? ", of log10" : ""}.`;
}
