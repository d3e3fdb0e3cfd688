/* One contour panel: filled levels, thin lines, and bold ones labelled in the metric's own units. */

import { label, labelledValues, levelsOf } from "./scale.js";
import { isDone, rowsOf } from "./surfaces.js";
import { dashedIsolines } from "./taylor.js";
import { fontOf } from "./theme.js";

const CONFIG = { responsive: false, displaylogo: false, displayModeBar: false, doubleClick: false, scrollZoom: false };
const MARGIN = { l: 52, r: 12, t: 10, b: 40 };

export function drawContour(panel, surface, heights, { scale, metric, colours, theme, marks, taylor, zoom, dots = [], axes = ["α", "β"] }) {
  const frame = { x: surface.x, y: surface.y, z: rowsOf(surface, heights) };
  const [low, high] = scale.ends;
  const quiet = { hoverinfo: "skip", showscale: false, connectgaps: false, autocontour: false, ncontours: 1 };
  const shade = scale.diverging ? "40,40,60" : "255,255,255";
  const fill = {
    ...frame, ...quiet, type: "contour", zmin: low, zmax: high, colorscale: colours,
    contours: { coloring: "fill", showlines: true, ...levelsOf(scale) },
    line: { width: 0.7, color: `rgba(${shade},.42)` },
  };
  const values = labelledValues(scale).filter((value) => scale.height(value) > low && scale.height(value) < high);
  const bold = values.map((value) => ({
    ...frame, ...quiet, type: "contour",
    contours: {
      // The text is put in later; this many digits leave as wide a gap in the line for it.
      coloring: "none", showlabels: true, labelformat: `.${Math.max(0, label(value, metric).length - 2)}f`, start: scale.height(value), end: scale.height(value), size: 1,
      labelfont: { size: 11, color: scale.diverging ? "#1f2937" : "#ffffff", family: "system-ui, sans-serif" },
    },
    line: { width: 1.7, color: `rgba(${shade},.95)` },
  }));
  panel.labels = values.map((value) => label(value, metric));
  const [x, y] = rangesOf(surface, zoom);
  const axis = { showgrid: false, zeroline: false, ticks: "outside", ticklen: 4, tickcolor: theme.zero, nticks: 6, fixedrange: false };
  const layout = {
    font: fontOf(theme), margin: MARGIN, paper_bgcolor: theme.card, plot_bgcolor: theme.hole, hovermode: false, showlegend: false,
    dragmode: "zoom",
    xaxis: { ...axis, title: { text: axes[0], standoff: 4 }, range: x },
    yaxis: { ...axis, title: { text: axes[1], standoff: 2 }, range: y },
    images: blanks(surface, theme),
    width: panel.clientWidth, height: panel.clientWidth + MARGIN.t + MARGIN.b - MARGIN.l - MARGIN.r,
  };
  const points = marks ? [markTrace(marks.minima, "star", 12), markTrace(marks.saddles, "x", 8)] : [];
  const second = taylor ? dashedIsolines(surface, taylor, scale, theme.second) : [];
  return Plotly.react(panel, [fill, ...bold, ...second, ...points, ...dots], layout, CONFIG).then(() => {
    relabel(panel);
    if (panel.relabelled) return;
    panel.relabelled = true;
    panel.on("plotly_afterplot", () => relabel(panel));
  });
}

export function rangesOf(surface, zoom) {
  if (zoom) return [[zoom[0], zoom[1]], [zoom[2], zoom[3]]];
  return [surface.x, surface.y].map((axis) => [axis[0], axis[axis.length - 1]]);
}

/* Plotly writes the height on an isoline, log10 for a log scale: put the loss there. */
function relabel(panel) {
  const groups = panel.querySelectorAll(".contourlayer .contour");
  panel.labels.forEach((text, place) => {
    const group = groups[place + 1];
    if (group) for (const found of group.querySelectorAll(".contourlabels text")) found.textContent = text;
  });
}

function markTrace(points, symbol, size) {
  return {
    type: "scatter", mode: "markers", hoverinfo: "skip", x: points.map((point) => point[0]), y: points.map((point) => point[1]),
    marker: { symbol, size, color: "#ffffff", line: { width: 1.2, color: "#111827" } },
  };
}

/* What is not measured yet is striped, what is not finite stays grey. */
function blanks(surface, theme) {
  if (!surface.done || !surface.done.includes(0)) return [];
  const size = 4;
  const canvas = document.createElement("canvas");
  canvas.width = surface.nx * size;
  canvas.height = surface.ny * size;
  const pen = canvas.getContext("2d");
  for (let place = 0; place < surface.nx * surface.ny; place++) {
    if (isDone(surface, place)) continue;
    const column = place % surface.nx, row = surface.ny - 1 - Math.floor(place / surface.nx);
    pen.fillStyle = theme.card;
    pen.fillRect(column * size, row * size, size, size);
    pen.fillStyle = theme.grid;
    pen.fillRect(column * size, row * size, size, 1);
  }
  const [x, y] = [surface.x, surface.y];
  const [dx, dy] = [(x[x.length - 1] - x[0]) / (x.length - 1), (y[y.length - 1] - y[0]) / (y.length - 1)];
  return [{
    source: canvas.toDataURL(), xref: "x", yref: "y", layer: "below", sizing: "stretch",
    x: x[0] - dx / 2, y: y[y.length - 1] + dy / 2, sizex: x[x.length - 1] - x[0] + dx, sizey: y[y.length - 1] - y[0] + dy,
  }];
}
