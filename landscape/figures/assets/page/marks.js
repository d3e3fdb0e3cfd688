/* Named points on a surface, such as the networks that a plane goes through: in the SVG above the contours, and in 3-D. */

import { svg } from "./elements.js";
import { pointAt } from "./surfaces.js";

const ABOVE = 0.03; // of the range of heights: where the letters stand in 3-D
const CLOSE = 16; // pixels between two dots whose letters would lie on each other
const SIDES = [[9, -7], [-19, -7], [9, 17], [-19, 17]]; // where a letter stands by its dot, one after the other

/* One dot and letter a mark, the dot dark where the network lies off the plane. */
export function addMarks(drawing, marks = []) {
  return marks.map((mark) => {
    const group = svg("g", { class: mark.off > 0 ? "named off" : "named" });
    const text = svg("text", {});
    text.textContent = mark.letter;
    group.append(svg("circle", { r: 4.5 }), text);
    drawing.append(group);
    return { group, text, mark };
  });
}

export function moveMarks(marks, panel, areShown) {
  const { xaxis, yaxis } = panel._fullLayout;
  const placed = [];
  for (const { group, text, mark } of marks) {
    const [across, down] = [xaxis.l2p(mark.x), yaxis.l2p(mark.y)];
    const near = placed.filter(([x, y]) => Math.hypot(x - across, y - down) < CLOSE).length;
    placed.push([across, down]);
    ["x", "y"].forEach((name, axis) => text.setAttribute(name, SIDES[near % SIDES.length][axis]));
    const isInside = across >= 0 && across <= xaxis._length && down >= 0 && down <= yaxis._length;
    group.style.display = areShown && isInside ? "" : "none";
    group.setAttribute("transform", `translate(${xaxis._offset + across},${yaxis._offset + down})`);
  }
}

/* The same as a trace of a 3-D picture, on the surface; none where there is none. */
export function marksInSpace(surface, heights, range, theme) {
  const found = (surface.marks ?? []).flatMap(({ letter, x, y }) => {
    const point = pointAt(surface, [x, y]);
    const height = point ? heights[point.place] : NaN;
    return Number.isFinite(height) ? [{ letter, x, y, height: height + ABOVE * range }] : [];
  });
  if (!found.length) return [];
  const of = (key) => found.map((mark) => mark[key]);
  return [{
    type: "scatter3d", mode: "markers+text", hoverinfo: "skip", x: of("x"), y: of("y"), z: of("height"), text: of("letter"),
    textposition: "top center", textfont: { color: theme.text, size: 14 },
    marker: { size: 4, color: "#ffffff", line: { width: 1.5, color: "#111827" } },
  }];
}
