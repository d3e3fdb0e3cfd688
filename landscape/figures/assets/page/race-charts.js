/* Curves against the step, with a cursor above them: how long each step was, and what it followed from. */

import { drawChart } from "./charts.js";
import { element, svg } from "./elements.js";
import { edges } from "./race-paths.js";
import { DASHES } from "./theme.js";

const DECADES = 8;
const CHARTS = [
  { key: "step", title: "Step length", unit: "distance", log: true },
  { key: "gradient", title: "Gradient norm", unit: "loss / distance", log: true },
  { key: "ratio", title: "Step length ÷ (learning rate × gradient)", unit: "ratio, 1 for SGD", log: true },
  { key: "loss", title: "Loss", unit: "loss" },
  { key: "distance", title: "Distance to the nearest saddle", unit: "distance", log: true },
];

export function addCharts(main, race) {
  const box = main.appendChild(element("section", "race-charts"));
  box.setAttribute("aria-label", "Against the step");
  const hasSaddles = race.runs.some(({ columns }) => columns.distance.some(Number.isFinite));
  return CHARTS.filter(({ key }) => key !== "distance" || hasSaddles).map((chart) => {
    const card = box.appendChild(element("section", "card"));
    card.append(element("h2", "", chart.title));
    const holder = card.appendChild(element("div", "holder"));
    const panel = holder.appendChild(element("div", "chart"));
    panel.dataset.panel = "race";
    const drawing = holder.appendChild(svg("svg", { class: "overlay", "aria-hidden": "true" }));
    const line = drawing.appendChild(svg("line", { class: "cursor" }));
    return { ...chart, panel, line };
  });
}

export function drawCharts(race) {
  return Promise.all(race.charts.map((chart) => drawChart(chart.panel, figureOf(chart, race), race.theme)));
}

function figureOf(chart, race) {
  const data = race.runs.map((run, place) => {
    const y = Array.from(valuesOf(chart.key, run), (value) => (Number.isFinite(value) ? value : null));
    return {
      type: "scatter", mode: "lines", name: run.name.replaceAll("<", "‹"), x: y.map((_, step) => step), y, visible: !race.hidden.has(place),
      line: { color: race.theme.curves[run.colour % race.theme.curves.length], width: 1.8, dash: DASHES[run.dash % DASHES.length] },
    };
  });
  const range = chart.key === "loss" ? lossRange(race) : seenRange(chart.key, race);
  data.push(endsOf(chart, race, range));
  const isLog = chart.log || race.scale?.kind === "log";
  const yaxis = { type: isLog ? "log" : "linear", title: { text: chart.unit }, exponentformat: "power", nticks: 6 };
  yaxis.range = isLog ? range.map(Math.log10) : range;
  const decades = isLog ? yaxis.range[1] - yaxis.range[0] : 0;
  if (decades > 2) yaxis.dtick = Math.ceil(decades / 6); // whole decades, without 2 and 5 between them
  return {
    data,
    layout: {
      margin: { l: 62, r: 12, t: 8, b: 40 }, showlegend: false, height: 230, hovermode: "closest",
      xaxis: { title: { text: "step" }, range: [0, race.content.steps] }, yaxis,
    },
  };
}

/* Of what is felt inside the frame, the upper decades: one who has arrived, or ran off, would leave nothing to be seen of the others. */
function seenRange(key, race) {
  const [low, high, bottom, top] = edges(race);
  const felt = race.runs.flatMap((run) => Array.from(valuesOf(key, run)).filter((value, step) => {
    const [x, y] = [run.columns.x[step], run.columns.y[step]];
    return value > 0 && Number.isFinite(value) && x >= low && x <= high && y >= bottom && y <= top;
  }));
  if (!felt.length) return [0.1, 10];
  const [least, most] = ends(felt);
  return [Math.max(least, most * 10 ** -DECADES) / 2, 2 * most];
}

/* The last known point of each run that ran off; at the edge, if it is beyond. */
function endsOf(chart, race, [lowest, highest]) {
  const gone = race.runs.filter(({ diverged }, place) => diverged && !race.hidden.has(place));
  const places = gone.map((run) => {
    const values = valuesOf(chart.key, run);
    return [values.length - 1, values[values.length - 1]];
  });
  return {
    type: "scatter", mode: "markers", cliponaxis: false, hoverinfo: "text", text: gone.map((run) => `${run.name}: ${run.diverged}`.replaceAll("<", "‹")),
    x: places.map(([step]) => step), y: places.map(([, value]) => (Number.isFinite(value) ? Math.min(highest, Math.max(lowest, value)) : highest)),
    marker: { symbol: "x", size: 8, color: gone.map((run) => race.theme.curves[run.colour % race.theme.curves.length]), line: { width: 1, color: race.theme.text } },
  };
}

function valuesOf(key, run) {
  if (key !== "ratio") return run.columns[key];
  return run.columns.step.map((length, step) => length / (run.rate * run.columns.gradient[step]));
}

/* Of the losses that are reached, those of the frame: what runs off would leave nothing to be seen of the others. */
function lossRange(race) {
  const finite = race.surface.values.loss.filter(Number.isFinite);
  const [lowest, highest] = ends(finite);
  const isLog = race.scale?.kind === "log";
  const reached = race.runs.flatMap(({ columns }) => Array.from(columns.loss)).filter((value) => (isLog ? value > 1e-16 : value >= lowest) && value <= highest);
  const [least, most] = reached.length ? ends(reached) : [lowest, highest];
  return isLog ? [least / 2, 2 * most] : [least - 0.05 * (most - least), most + 0.05 * (most - least)];
}

const ends = (values) => values.reduce(([least, most], value) => [Math.min(least, value), Math.max(most, value)], [Infinity, -Infinity]);

export function moveCursors({ charts, frame }) {
  for (const { panel, line } of charts) {
    const { xaxis, yaxis } = panel._fullLayout ?? {};
    if (!xaxis) continue;
    const across = xaxis._offset + xaxis.l2p(frame);
    const ends = { x1: across, x2: across, y1: yaxis._offset, y2: yaxis._offset + yaxis._length };
    for (const [name, value] of Object.entries(ends)) line.setAttribute(name, value);
  }
}
