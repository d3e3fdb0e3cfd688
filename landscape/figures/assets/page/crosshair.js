/* The crosshair over a contour panel: an SVG of its own, since moving one of Plotly's shapes places every label again. */

import { svg } from "./elements.js";

export function addCrosshair(holder, colour) {
  const drawing = svg("svg", { class: "crosshair", "aria-hidden": "true" });
  const lines = [0, 1, 2, 3].map((place) => svg("line", { class: place < 2 ? "casing" : "thread" }));
  const dot = svg("circle", { r: 5, fill: colour, class: "dot" });
  drawing.append(...lines, dot);
  holder.append(drawing);
  return { drawing, lines, dot };
}

export function moveCrosshair(crosshair, panel, at) {
  const { xaxis, yaxis } = panel._fullLayout;
  const [x, y] = [xaxis._offset + xaxis.l2p(at[0]), yaxis._offset + yaxis.l2p(at[1])];
  const [left, right] = [xaxis._offset, xaxis._offset + xaxis._length];
  const [top, bottom] = [yaxis._offset, yaxis._offset + yaxis._length];
  const ends = [[left, y, right, y], [x, top, x, bottom]];
  const inside = [y >= top && y <= bottom, x >= left && x <= right];
  crosshair.lines.forEach((line, place) => {
    const which = place % 2;
    ["x1", "y1", "x2", "y2"].forEach((name, end) => line.setAttribute(name, ends[which][end]));
    line.style.display = inside[which] ? "" : "none";
  });
  crosshair.dot.setAttribute("cx", x);
  crosshair.dot.setAttribute("cy", y);
  crosshair.dot.style.display = inside[0] && inside[1] ? "" : "none";
}

/* The place of the plane under the pointer; null outside the axes. */
export function placeUnder(panel, event) {
  if (!panel._fullLayout?.xaxis) return null;
  const box = panel.getBoundingClientRect();
  const { xaxis, yaxis } = panel._fullLayout;
  const [across, down] = [event.clientX - box.left - xaxis._offset, event.clientY - box.top - yaxis._offset];
  if (across < 0 || down < 0 || across > xaxis._length || down > yaxis._length) return null;
  return [xaxis.p2l(across), yaxis.p2l(down)];
}
