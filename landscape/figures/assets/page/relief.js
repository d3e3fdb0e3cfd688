/* One 3-D panel: the surface with its height on the same scale as its colour, and the two slices drawn on it. */

import { pinsOf } from "./marks.js";
import { tracesOfPath } from "./path.js";
import { levelsOf, ticksOf } from "./scale.js";
import { rowsOf } from "./surfaces.js";
import { netOf } from "./taylor.js";
import { fontOf } from "./theme.js";

export const ASPECT = { x: 1, y: 1, z: 0.62 };
const CAMERA = { eye: { x: 1.08, y: -1.21, z: 1.03 }, center: { x: 0, y: 0, z: -0.14 }, up: { x: 0, y: 0, z: 1 } };
// As many pixels as the screen has; twice as many a side, Plotly's usual, take four times as long.
const CONFIG = { responsive: false, displaylogo: false, displayModeBar: false, scrollZoom: true, plotGlPixelRatio: Math.min(2, devicePixelRatio || 1) };
const LONGEST_SIDE = 151;
const LONGEST_TITLE = 20; // letters beside the vertical axis; the colour bar has them all
const NEAREST = 0.7, FARTHEST = 4;

export function hasWebGL() {
  const canvas = document.createElement("canvas");
  return Boolean(canvas.getContext("webgl2") || canvas.getContext("webgl"));
}

export function cameraOf(numbers) {
  if (!numbers) return CAMERA;
  const [eye, center, up] = [0, 3, 6].map((start) => ({ x: numbers[start], y: numbers[start + 1], z: numbers[start + 2] }));
  return { eye, center, up };
}

export function cameraNumbers({ eye, center, up }) { return [eye, center, up].flatMap(({ x, y, z }) => [x, y, z]); }

/* At most so many points a side, the last ones always among them. */
function thinned(surface, heights) {
  const keeps = (length) => {
    const stride = Math.ceil(length / LONGEST_SIDE);
    return (_, place) => place % stride === 0 || place === length - 1;
  };
  const [across, along] = [keeps(surface.nx), keeps(surface.ny)];
  const rows = rowsOf(surface, heights).filter(along);
  return {
    x: surface.x.filter(across), y: surface.y.filter(along),
    z: surface.nx <= LONGEST_SIDE ? rows : rows.map((row) => row.filter(across)),
  };
}

export function drawRelief(panel, surface, heights, { scale, metric, name, colours, theme, taylor, camera, at, labelled, frame, axes = ["α", "β"] }) {
  // Isolines run into holes as lines to nowhere, over which a renderer without a GPU spends seconds.
  const isWhole = heights.every(Number.isFinite);
  const [low, high] = scale.ends;
  const relief = {
    type: "surface", ...thinned(surface, heights),
    cmin: low, cmax: high, colorscale: colours, showscale: false, connectgaps: false, hoverinfo: "none",
    contours: { z: { show: isWhole, color: "rgba(20,20,40,.35)", width: 1, highlight: false, ...levelsOf(scale) }, x: { highlight: false }, y: { highlight: false } },
    lighting: { ambient: 0.72, diffuse: 0.5, specular: 0.06, roughness: 0.9, fresnel: 0.05 },
  };
  const axis = { gridcolor: theme.grid, showbackground: false, zeroline: false, showspikes: false, tickfont: { size: 10 }, nticks: 5 };
  const margin = 0.02 * (high - low);
  const layout = {
    font: fontOf(theme), margin: { l: 0, r: 0, t: 0, b: 0 }, paper_bgcolor: theme.card, showlegend: false,
    width: panel.clientWidth, height: Math.round(panel.clientWidth * 0.84),
    scene: {
      xaxis: { ...axis, title: { text: axes[0] } },
      yaxis: { ...axis, title: { text: axes[1] } },
      zaxis: { ...axis, title: { text: labelled && name.length <= LONGEST_TITLE ? name.replaceAll("<", "‹") : "" }, ...ticksOf(scale, metric), range: [low - margin, high + margin] },
      aspectmode: "manual", aspectratio: ASPECT, dragmode: "turntable", camera, hovermode: "closest",
    },
  };
  const second = taylor ? [netOf(surface, taylor, scale, theme.second)] : [];
  return Plotly.react(panel, [relief, ...slicesOn(surface, heights, at, high - low, theme), ...second, ...pinsOf(surface, heights, high, theme), ...tracesOfPath(surface, heights, high - low, frame, theme)], layout, CONFIG);
}

/* The two slices through the probed point, a hair above the surface. */
function slicesOn(surface, heights, at, range, theme) {
  const line = (x, y, z) => ({
    type: "scatter3d", mode: "lines", x, y, z, hoverinfo: "skip", connectgaps: false,
    line: { color: theme.dark ? "#f9fafb" : "#111827", width: 3, dash: "dot" },
  });
  if (!at) return [line([], [], []), line([], [], [])];
  const { column, row } = at;
  const above = (place) => heights[place] + 0.006 * range;
  return [
    line(surface.x, surface.x.map(() => surface.y[row]), surface.x.map((_, place) => above(row * surface.nx + place))),
    line(surface.y.map(() => surface.x[column]), surface.y, surface.y.map((_, place) => above(place * surface.nx + column))),
  ];
}

export function moveSlices(panel, surface, heights, at, scale, theme) {
  const [along, across] = slicesOn(surface, heights, at, scale.ends[1] - scale.ends[0], theme);
  return Plotly.restyle(panel, { x: [along.x, across.x], y: [along.y, across.y], z: [along.z, across.z] }, [1, 2]);
}

const sceneOf = (panel) => panel._fullLayout?.scene?._scene;

/* Where points of a scene lie in its panel, in pixels, and what that follows from as a key; null before it is drawn. */
export function projectionOf(panel) {
  const scene = sceneOf(panel);
  const camera = scene?.glplot?.cameraParams;
  if (!camera?.projection || !scene.dataScale) return null;
  const [width, height] = [panel.clientWidth, panel._fullLayout.height];
  const matrix = product(camera.projection, product(camera.view, camera.model));
  const place = (x, y, z) => {
    const point = [x, y, z].map((part, axis) => part * scene.dataScale[axis]);
    const row = (k) => matrix[k] * point[0] + matrix[k + 4] * point[1] + matrix[k + 8] * point[2] + matrix[k + 12];
    const depth = row(3);
    return [(0.5 + (0.5 * row(0)) / depth) * width, (0.5 - (0.5 * row(1)) / depth) * height];
  };
  return { place, key: `${width} ${height} ${scene.dataScale.join()} ${Array.from(matrix).join()}` };
}

/* Of two 4 by 4 matrices, column after column. */
function product(left, right) {
  const found = new Float64Array(16);
  for (let column = 0; column < 4; column++) {
    for (let row = 0; row < 4; row++) {
      for (let k = 0; k < 4; k++) found[4 * column + row] += left[4 * k + row] * right[4 * column + k];
    }
  }
  return found;
}

/* The scene's camera at this moment, also while it is dragged. */
export function seenCamera(panel) { return sceneOf(panel)?.getCamera?.(); }

/* Turn a scene at once by plotly.js's own means, which the page carries; or else by a relayout. */
export function turn(panel, camera) {
  const scene = sceneOf(panel);
  if (!scene?.setViewport) return panel.data && Plotly.relayout(panel, { "scene.camera": camera });
  panel.layout.scene.camera = camera;
  panel._fullLayout.scene.camera = camera;
  scene.setViewport({ ...panel._fullLayout.scene, camera });
  scene.glplot.redraw?.();
  return undefined;
}

/* Keep the eye between where the surface fills the panel and where it is lost. */
export function clamped(camera) {
  const { eye, center } = camera;
  const way = ["x", "y", "z"].map((axis) => eye[axis] - center[axis]);
  const length = Math.hypot(...way);
  const wanted = Math.min(FARTHEST, Math.max(NEAREST, length));
  if (Math.abs(wanted - length) < 1e-6) return camera;
  const [x, y, z] = way.map((part) => (part * wanted) / length);
  return { ...camera, eye: { x: center.x + x, y: center.y + y, z: center.z + z } };
}

/* New heights for a scene while something plays: the trace's own update, far cheaper than drawing anew. */
export function reshape(panel, surface, heights) {
  const scene = sceneOf(panel);
  const trace = scene && Object.values(scene.traces).find((found) => found.data?.type === "surface");
  const { z } = thinned(surface, heights);
  if (!trace) return Plotly.restyle(panel, { z: [z] }, [0]);
  panel.data[0].z = z;
  trace.update({ ...trace.data, z });
  scene.glplot.redraw();
  return undefined;
}
