/* Curves: slices through the probed point with all surfaces overlaid, and surfaces that are lines. */

import { ticksOf, told } from "./scale.js";
import { heightOn } from "./taylor.js";
import { DASHES, fontOf } from "./theme.js";

const CONFIG = { responsive: false, displaylogo: false, displayModeBar: false, scrollZoom: false };

/* curves: [{ name, place, x, values }], values in the metric's own units. Where there are second orders, they alone are dashed. */
export function drawCurves(panel, curves, { scale, metric, theme, title, marker, height, legend }) {
  const [low, high] = scale.ends;
  const margin = 0.04 * (high - low);
  const hasSecond = curves.some(({ isSecondOrder }) => isSecondOrder);
  const data = curves.map(({ name, place, x, values, faint, isSecondOrder }) => ({
    type: "scatter", mode: "lines", name: plain(name), x, y: Array.from(values, isSecondOrder ? (value) => heightOn(scale, value) : scale.height), connectgaps: false, opacity: faint ? 0.3 : 1,
    line: { color: theme.curves[place % 8], dash: isSecondOrder ? "6px,4px" : hasSecond ? "solid" : DASHES[place % 8], width: isSecondOrder ? 1.6 : 2 },
    text: Array.from(values, (value) => told(value, metric)), hovertemplate: "%{x:.4g}: %{text}",
  }));
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

/* Plotly reads a few tags in names. */
function plain(name) { return name.replaceAll("<", "‹"); }
