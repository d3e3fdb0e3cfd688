/* A card a surface: its name and range, a contour panel, a 3-D panel, and what the picture rests on. */

import { element, table } from "./elements.js";
import { addCrosshair } from "./crosshair.js";
import { addMarks } from "./marks.js";
import { addPath } from "./path.js";
import { fullName } from "./planes.js";

export function buildCards(surfaces, main, curves) {
  main.textContent = "";
  const lines = surfaces.filter((surface) => surface.isLine);
  const cards = surfaces.map((surface, place) => (surface.isLine ? null : planeCard(surface, curves[place % 8], surfaces.length === 1)));
  const planes = cards.filter(Boolean);
  const isAfter = lines.some(({ colour }) => colour !== undefined); // lines of the networks whose planes are shown
  main.dataset.count = Math.min(planes.length + (lines.length && !isAfter ? 1 : 0), 5);
  const lineCard = lines.length ? curvesCard(lines) : null;
  const ofPlanes = planes.map(({ card }) => card);
  if (isAfter) lineCard.card.classList.add("wide");
  main.append(...(isAfter ? ofPlanes : []), ...(lineCard ? [lineCard.card] : []), ...(isAfter ? [] : ofPlanes));
  return { planes: cards, line: lineCard };
}

function planeCard(surface, colour, alone) {
  const card = element("section", "card");
  card.setAttribute("aria-label", surface.name);
  const head = card.appendChild(element("div", "head"));
  const chip = head.appendChild(element("span", "chip"));
  chip.style.background = colour;
  const heading = head.appendChild(element("h2"));
  nameCard(heading, [surface]);
  const range = head.appendChild(element("span", "range"));
  const panels = card.appendChild(element("div", "panels"));
  const holder = panels.appendChild(element("div", "holder contour"));
  holder.tabIndex = 0;
  holder.setAttribute("role", "application");
  holder.setAttribute("aria-label", `contours of ${surface.name}; arrow keys move the probe`);
  const contour = holder.appendChild(element("div", "panel"));
  contour.dataset.panel = "contour";
  const crosshair = addCrosshair(holder, colour);
  const path = addPath(crosshair.drawing, surface.path);
  const named = addMarks(crosshair.drawing, surface.marks);
  const box = panels.appendChild(element("div", "holder relief"));
  const relief = box.appendChild(element("div", "panel"));
  relief.dataset.panel = "surface";
  const note = panels.appendChild(element("p", "absent"));
  note.hidden = true;
  const facts = card.appendChild(factsOf(surface, { open: alone && !surface.belief && !surface.marks && !surface.path }));
  return { facts, card, chip, range, heading, holder, contour, crosshair, named, path, box, relief, note, panels };
}

function curvesCard(lines) {
  const card = element("section", "card lines");
  card.setAttribute("aria-label", "curves");
  const head = card.appendChild(element("div", "head"));
  const heading = head.appendChild(element("h2"));
  nameCard(heading, lines);
  const panel = card.appendChild(element("div", "holder")).appendChild(element("div", "panel"));
  panel.dataset.panel = "line";
  const note = card.appendChild(element("p", "absent"));
  note.hidden = true;
  const spread = card.appendChild(element("p", "spread"));
  for (const surface of lines) card.append(factsOf(surface, { named: lines.length > 1 }));
  return { card, heading, panel, note, spread };
}

/* Surfaces' names in a card's heading; which plane it is stays in sight where a long name is cut. */
export function nameCard(heading, surfaces) {
  heading.title = surfaces.map(fullName).join(surfaces.some(({ which }) => which) ? "; " : ", ");
  const parts = surfaces.length === 1 ? [surfaces[0].name, surfaces[0].which && `, ${surfaces[0].which}`] : [heading.title];
  heading.replaceChildren(...parts.filter(Boolean).map((text, place) => element("span", place ? "which" : "whose", text)));
}

/* Whose facts a card tells, where its surface changes. */
export function showFacts(card, surface) {
  card.facts.querySelector("summary").textContent = `What this picture rests on: ${surface.name}`;
  card.facts.querySelector("table").replaceWith(table(surface.facts, "facts"));
}

function factsOf(surface, { named = false, open = false }) {
  const details = element("details");
  details.open = open;
  details.append(element("summary", "", `What this picture rests on${named ? `: ${surface.name}` : ""}`));
  details.append(table(surface.facts, "facts"));
  return details;
}
