/* What is told of a path beside its picture: how much of it the plane holds, and its losses beside the plane's. */

import { drawChart } from "./charts.js";
import { cardOf } from "./figure-cards.js";
import { element } from "./elements.js";

/* Appends two cards a surface with a path; null where none has one. */
export function addPathCards(surfaces, main) {
  const known = surfaces.filter(({ path }) => path);
  if (!known.length) return null;
  const section = main.appendChild(element("section", "between"));
  for (const { name, path } of known) {
    const whose = known.length > 1 ? `: ${name}` : "";
    const way = { title: `The way of training${whose}`, wide: true, figures: path.figures, tables: [path.shares], notes: [path.note], lead: path.sentences };
    const points = cardOf({ title: `At the checkpoints${whose}`, wide: true, figures: [], tables: [path.points], notes: [] }, "h2", name, "path");
    points.classList.add("checkpoints");
    section.append(cardOf(way, "h2", name, "path"), points);
  }
  const panels = [...section.querySelectorAll(".chart")];
  return { draw: (theme) => Promise.all(panels.map((panel) => drawChart(panel, panel.figure, theme))) };
}

/* What the player steps through: the checkpoints of the longest way, which each name tells where there are several; none where no surface,
   or several, have a path. */
export function stepsOf(surfaces) {
  const known = surfaces.filter(({ path }) => path);
  if (known.length !== 1) return [];
  const { ways } = known[0].path;
  const { name, points } = ways.reduce((longest, way) => (way.points.length > longest.points.length ? way : longest));
  return ways.length === 1 ? points : points.map((point) => ({ ...point, name: `${name}: ${point.name}` }));
}

/* The words for a step: its name, and its number beside the plane's. */
export function stepWords(point, metric, name, written) {
  const [own, there] = [point.metrics[metric], point.in_plane[metric]];
  const told = (value) => (value === null || value === undefined ? "not finite" : written(value, metric, 3));
  return own === undefined ? point.name : `${point.name}: ${name} ${told(own)}, in the plane ${told(there)}`;
}
