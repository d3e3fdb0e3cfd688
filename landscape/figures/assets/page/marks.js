/* Named points on a surface, such as the networks that a plane goes through: in the SVG above the contours, and in 3-D. */

import { svg } from "./elements.js";
import { pointAt } from "./surfaces.js";

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

/* The same in 3-D: pins that rise from the surface to the top of its frame, so that no slope hides them; none where there is none. */
export function pinsOf(surface, heights, top, theme) {
  const found = (surface.marks ?? []).flatMap((mark) => {
    const point = pointAt(surface, [mark.x, mark.y]);
    const height = point ? heights[point.place] : NaN;
    return Number.isFinite(height) ? [{ ...mark, height }] : [];
  });
  if (!found.length) return [];
  return [{
    type: "scatter3d", mode: "lines+text", meta: "pins", hoverinfo: "skip", connectgaps: false,
    x: found.flatMap(({ x }) => [x, x, null]), y: found.flatMap(({ y }) => [y, y, null]),
    z: found.flatMap(({ height }) => [height, top, null]), text: found.flatMap(({ letter }) => ["", letter, ""]),
    textposition: "top center", textfont: { color: theme.text, size: 15 }, line: { color: theme.second, width: 4 },
  }];
}
