/* The second-order surface: the loss at the center and its derivatives along the axes, carried on over the whole plane. */

import { labelledValues } from "./scale.js";

export const SECOND_ORDER = "second order"; // what Plotly's traces of it are marked with
const NUM_FINE = 121; // points a side: it is a formula, which needs no grid of the file
const NUM_THREADS = 18;

export function secondOrder({ value, gradient: [gx, gy = 0], hessian }, alpha, beta = 0) {
  const [hxx, hxy, hyy] = [hessian[0][0], hessian[0][1] ?? 0, hessian[1]?.[1] ?? 0];
  return value + gx * alpha + gy * beta + (hxx * alpha * alpha) / 2 + hxy * alpha * beta + (hyy * beta * beta) / 2;
}

/* Its height: what has none on a log scale is not drawn, and nothing is put on the floor or cut. */
export function heightOn(scale, value) {
  if (scale.kind !== "log") return value;
  return value > 0 ? Math.log10(value) : NaN;
}

export function evenly(axis, number = NUM_FINE) {
  const [first, last] = [axis[0], axis[axis.length - 1]];
  return Array.from({ length: number }, (_, place) => first + ((last - first) * place) / (number - 1));
}

/* Dashed isolines at the values that have a label. */
export function dashedIsolines(surface, taylor, scale, color) {
  const [x, y] = [evenly(surface.x), evenly(surface.y)];
  const z = y.map((beta) => x.map((alpha) => heightOn(scale, secondOrder(taylor, alpha, beta))));
  const [low, high] = scale.ends;
  return labelledValues(scale).map(scale.height).filter((height) => height > low && height < high).map((height) => ({
    type: "contour", meta: SECOND_ORDER, x, y, z, hoverinfo: "skip", showscale: false, connectgaps: false, autocontour: false, ncontours: 1,
    contours: { coloring: "none", showlabels: false, start: height, end: height, size: 1 }, line: { width: 2, color, dash: "6px,4px" },
  }));
}

/* A net of threads along both axes; Plotly cuts it where it leaves the picture. It can be clicked: hoverinfo "skip" would hide what lies below from clicks. */
export function netOf(surface, taylor, scale, color) {
  const across = evenly(surface.y, NUM_THREADS).flatMap((beta) => [...evenly(surface.x).map((alpha) => [alpha, beta]), [NaN, NaN]]);
  const along = evenly(surface.x, NUM_THREADS).flatMap((alpha) => [...evenly(surface.y).map((beta) => [alpha, beta]), [NaN, NaN]]);
  const points = [...across, ...along];
  return {
    type: "scatter3d", mode: "lines", meta: SECOND_ORDER, hoverinfo: "none", connectgaps: false, line: { color, width: 2.5 },
    x: points.map(([alpha]) => alpha), y: points.map(([, beta]) => beta),
    z: points.map(([alpha, beta]) => heightOn(scale, secondOrder(taylor, alpha, beta))),
  };
}

/* Its curve along an axis, through a coordinate of the other one. */
export function curveOf(taylor, axis, along, through) {
  const x = evenly(axis, 2 * NUM_FINE - 1);
  return { x, values: x.map((place) => (along === 0 ? secondOrder(taylor, place, through) : secondOrder(taylor, through, place))), isSecondOrder: true };
}

/* Away while something plays; drawn again when it stands still. */
export function hideSecondOrder(panel) {
  const places = (panel.data || []).flatMap(({ meta, visible }, place) => (meta === SECOND_ORDER && visible !== false ? [place] : []));
  return places.length ? Plotly.restyle(panel, { visible: false }, places) : undefined;
}
