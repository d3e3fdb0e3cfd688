/* Curves: slices through the probed point with all surfaces overlaid, and surfaces that are lines. */

import { ticksOf, told } from "./scale.js";
import { heightOn } from "./taylor.js";
import { DASHES, fontOf } from "./theme.js";

const CONFIG = { responsive: false, displaylogo: false, displayModeBar: false, scrollZoom: false };

/* curves: [{ name, place, x, values }], values in the metric's own units. Where there are second orders or means, they alone are dashed.
   Of several planes, `kind` is set beside the chosen one: "plane" another one, "mean" with its `heights`, "band" with heights `low` and `high`. */
export function drawCurves(panel, curves, { scale, metric, theme, title, marker, height, legend }) {
  const [low, high] = scale.ends;
  const margin = 0.04 * (high - low);
  const hasDashes = curves.some(({ isSecondOrder, kind }) => isSecondOrder || kind);
  const data = curves.map((curve) => (curve.kind === "band" ? bandOf(curve, theme) : lineOf(curve, { scale, metric, theme, hasDashes })));
  const axis = { gridcolor: theme.grid, zeroline: false, fixedrange: true };
  const shown = curves.length ? [Math.min(...curves.map(({ x }) => x[0])), Math.max(...curves.map(({ x }) => x[x.length - 1]))] : [-1, 1];
  const layout = {
    font: fontOf(theme, 11), margin: { l: 48, r: 10, t: legend ? 28 : 8, b: 38 }, paper_bgcolor: theme.card, plot_bgcolor: theme.card,
    showlegend: Boolean(legend), legend: { orientation: "h", y: 1.02, yanchor: "bottom" }, hovermode: "closest", dragmode: false,
    width: panel.clientWidth, height,
    xaxis: { ...axis, title: { text: title, standoff: 4 }, range: shown, nticks: 6 },
    yaxis: { ...axis, ...ticksOf(scale, metric), range: [low - margin, high + margin] },
    shapes: [{ type: "line", xref: "x", yref: "paper", x0: marker, x1: marker, y0: 0, y1: 1, line: { color: theme.zero, width: 1, dash: "dot" } }],
  };
  return Plotly.react(panel, data, layout, CONFIG);
}

function lineOf({ name, place, x, values, heights, kind, faint, isSecondOrder }, { scale, metric, theme, hasDashes }) {
  const dash = isSecondOrder ? "6px,4px" : kind === "mean" ? "3px,3px" : hasDashes ? "solid" : DASHES[place % 8];
  const isBold = hasDashes && !kind && !isSecondOrder;
  return {
    type: "scatter", mode: "lines", meta: kind, name: plain(name), x, connectgaps: false, showlegend: !kind,
    y: heights ?? Array.from(values, isSecondOrder ? (value) => heightOn(scale, value) : scale.height), opacity: faint ? 0.3 : kind === "plane" ? 0.45 : 1,
    line: { color: theme.curves[place % 8], dash, width: kind === "plane" ? 1 : isSecondOrder || kind ? 1.6 : isBold ? 2.6 : 2 },
    text: Array.from(values, (value) => told(value, metric)), hovertemplate: "%{x:.4g}: %{text}",
  };
}

/* A band as closed outlines, one for each stretch without a hole. */
function bandOf({ place, x, band: { low, high } }, theme) {
  const outline = { x: [], y: [] };
  const isWhole = (at) => Number.isFinite(low[at]) && Number.isFinite(high[at]);
  for (let first = 0; first < x.length; first++) {
    if (!isWhole(first)) continue;
    let end = first;
    while (end < x.length && isWhole(end)) end += 1;
    const there = Array.from({ length: end - first }, (_, at) => first + at), back = [...there].reverse();
    outline.x.push(...there.map((at) => x[at]), ...back.map((at) => x[at]), NaN);
    outline.y.push(...there.map((at) => high[at]), ...back.map((at) => low[at]), NaN);
    first = end;
  }
  return {
    type: "scatter", mode: "none", meta: "band", ...outline, fill: "toself", fillcolor: seenThrough(theme.curves[place % 8], theme.dark ? 0.28 : 0.2),
    hoverinfo: "skip", showlegend: false, connectgaps: false,
  };
}

/* #rrggbb with a share of itself. */
function seenThrough(colour, share) {
  const parts = [1, 3, 5].map((start) => parseInt(colour.slice(start, start + 2), 16));
  return `rgba(${parts.join(",")},${share})`;
}

/* Plotly reads a few tags in names. */
function plain(name) { return name.replaceAll("<", "‹"); }
