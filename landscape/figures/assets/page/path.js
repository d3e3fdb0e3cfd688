/* Paths of training on a surface: in the SVG above the contours, and in 3-D; how far they are gone follows the player. */

import { svg } from "./elements.js";
import { heightAt } from "./surfaces.js";

const MOST_DOTS = 60; // checkpoints that get a dot each
const PARTS = 6; // of a way between two checkpoints, for which the 3-D line follows the surface
const LIFT = 0.012, WALKER_LIFT = 0.035; // of the range of heights, above the surface
const TURNS = { drop: "M-5,-4.5L5,-4.5L0,4.5Z", restart: "M-5,4.5L5,4.5L0,-4.5Z" };

export function colourOfWay(ways, place, theme) { return ways.length === 1 ? theme.second : theme.curves[place % 8]; }

/* Where a way is at a number of checkpoints, which may lie between two. */
export function placeOn(points, frame) {
  const at = Math.min(Math.max(0, frame), points.length - 1);
  const before = Math.floor(at), after = Math.min(before + 1, points.length - 1), share = at - before;
  return ["x", "y"].map((axis) => points[before][axis] + share * (points[after][axis] - points[before][axis]));
}

/* The part of a way that is gone at a frame. */
export function goneOf(points, frame) {
  return [...points.slice(0, Math.floor(frame) + 1).map(({ x, y }) => [x, y]), placeOn(points, frame)];
}

/* One drawing for all ways; what lies outside the axes is cut off. */
export function addPath(drawing, path) {
  if (!path) return null;
  const frame = svg("svg", { class: "path" });
  drawing.prepend(frame);
  const made = (name, kind) => frame.appendChild(svg(name, { class: kind }));
  const ways = path.ways.map((way) => {
    const [casing, rest, gone] = ["casing", "rest", "gone"].map((kind) => made("polyline", kind));
    const dots = way.points.length > MOST_DOTS ? [] : way.points.map(() => made("circle", "checkpoint"));
    const turns = way.turns.map(({ kind }) => frame.appendChild(svg("path", { class: "turn", d: TURNS[kind] })));
    const averages = way.averages.map(({ kind }) => {
      const group = made("g", "average");
      const text = svg("text", { x: 9, y: -6 });
      text.textContent = kind.toUpperCase();
      group.append(svg("path", { d: "M0,-6L6,0L0,6L-6,0Z" }), text);
      return group;
    });
    return { way, casing, rest, gone, dots, turns, averages, head: made("circle", "walker") };
  });
  return { frame, ways };
}

export function movePath(made, panel, state, theme) {
  if (!made) return;
  const { xaxis, yaxis } = panel._fullLayout;
  const box = { x: xaxis._offset, y: yaxis._offset, width: xaxis._length, height: yaxis._length };
  Object.entries(box).forEach(([name, value]) => made.frame.setAttribute(name, value));
  const onScreen = ([x, y]) => [xaxis.l2p(x), yaxis.l2p(y)];
  const text = (points) => points.map((point) => onScreen(point).map((pixel) => pixel.toFixed(1)).join(",")).join(" ");
  made.ways.forEach((parts, place) => {
    const { points, turns, averages } = parts.way;
    const colour = colourOfWay(made.ways, place, theme);
    const put = (shape, at) => shape.setAttribute("transform", `translate(${onScreen(at).map((pixel) => pixel.toFixed(1)).join(",")})`);
    const whole = text(points.map(({ x, y }) => [x, y]));
    parts.casing.setAttribute("points", whole);
    parts.rest.setAttribute("points", whole);
    parts.gone.setAttribute("points", text(goneOf(points, state.frame)));
    for (const line of [parts.rest, parts.gone]) line.style.stroke = colour;
    parts.dots.forEach((dot, number) => put(dot, [points[number].x, points[number].y]));
    parts.turns.forEach((turn, number) => put(turn, placeOn(points, turns[number].at)));
    parts.averages.forEach((average, number) => put(average, [averages[number].x, averages[number].y]));
    parts.averages.forEach((average) => { average.style.fill = colour; });
    parts.head.setAttribute("r", 6.5);
    parts.head.style.fill = colour;
    put(parts.head, placeOn(points, state.frame));
  });
  for (const { dots } of made.ways) dots.forEach((dot) => dot.setAttribute("r", 2.6));
}

/* The same in 3-D: a line a way that follows the surface, and where its walker is; none where the surface has no path. */
export function tracesOfPath(surface, heights, range, frame, theme) {
  const ways = surface.path?.ways ?? [];
  return ways.flatMap((way, place) => {
    const quiet = { type: "scatter3d", hoverinfo: "skip", connectgaps: false, showlegend: false };
    const color = colourOfWay(ways, place, theme);
    return [
      { ...quiet, mode: "lines", meta: "path", ...lifted(surface, heights, LIFT * range, alongWay(way.points)), line: { color, width: 6 } },
      {
        ...quiet, mode: "markers", meta: "walker", ...lifted(surface, heights, WALKER_LIFT * range, [placeOn(way.points, frame)]),
        marker: { color, size: 7, line: { color: "#111827", width: 2 } },
      },
    ];
  });
}

function alongWay(points) {
  const steps = Array.from({ length: PARTS * (points.length - 1) + 1 }, (_, step) => step / PARTS);
  return steps.map((step) => placeOn(points, step));
}

function lifted(surface, heights, above, places) {
  const z = places.map((place) => heightAt(surface, heights, place) + above);
  return { x: places.map(([x]) => x), y: places.map(([, y]) => y), z: z.map((height) => (Number.isFinite(height) ? height : null)) };
}

/* Move the walkers of a scene while something plays: the trace's own update, far cheaper than drawing anew. */
export function walkRelief(panel, surface, heights, range, frame) {
  const scene = panel._fullLayout?.scene?._scene;
  const walkers = (panel.data ?? []).filter(({ meta }) => meta === "walker");
  surface.path.ways.forEach((way, place) => Object.assign(walkers[place] ?? {}, lifted(surface, heights, WALKER_LIFT * range, [placeOn(way.points, frame)])));
  const traces = scene ? Object.values(scene.traces).filter((found) => found.data?.meta === "walker") : [];
  traces.sort((a, b) => a.data.index - b.data.index); // a scene keeps them in no order
  if (traces.length !== walkers.length) {
    const places = panel.data.flatMap(({ meta }, number) => (meta === "walker" ? [number] : []));
    return Plotly.restyle(panel, Object.fromEntries(["x", "y", "z"].map((axis) => [axis, walkers.map((each) => each[axis])])), places);
  }
  traces.forEach((trace, place) => trace.update({ ...trace.data, ...Object.fromEntries(["x", "y", "z"].map((axis) => [axis, walkers[place][axis]])) }));
  scene.glplot.redraw?.();
  return undefined;
}
