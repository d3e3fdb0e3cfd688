/* Figures that Python made, drawn in the page's own colours. */

import { fontOf } from "./theme.js";

/* Colours that would not be seen in the dark, and what stands for them there. */
const IN_THE_DARK = { "#1f2937": "#e5e7eb", "#000000": "#d1d5db", "#0072b2": "#a596ff" };

/* Plotly's buttons come with the pointer; where there is none they would lie over the figures for good. */
const TOOLS = matchMedia("(hover: hover)").matches ? "hover" : false;

/* Draws a figure, or draws it again in another theme. */
export function drawChart(panel, figure, theme) {
  const { data, layout } = theme.dark ? lit(figure) : figure;
  const axis = { gridcolor: theme.grid, zerolinecolor: theme.grid, linecolor: theme.grid };
  const axes = { xaxis: { ...layout.xaxis, ...axis }, yaxis: { ...layout.yaxis, ...axis } };
  const dressed = { ...layout, ...axes, font: fontOf(theme), paper_bgcolor: theme.card, plot_bgcolor: theme.card };
  return Plotly.react(panel, data, dressed, { responsive: true, displaylogo: false, displayModeBar: TOOLS });
}

function lit(value) {
  if (typeof value === "string") return IN_THE_DARK[value] || value;
  if (Array.isArray(value)) return value.map(lit);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, lit(inner)]));
}
