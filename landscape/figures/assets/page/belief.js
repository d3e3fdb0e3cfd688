/* How far each surface is to be believed: sentences, the figures they rest on, and what was not measured. */

import { element } from "./elements.js";

/* One card below the pictures, with a fold a surface; no card where nothing is known of any. */
export function addBelief(surfaces, main, curves) {
  const known = surfaces.map(({ name, belief }, place) => ({ name, belief, colour: curves[place % 8] })).filter(({ belief }) => belief);
  if (!known.length) return;
  const isAlone = surfaces.length === 1;
  const card = main.appendChild(element("section", "card belief"));
  const title = element("h2", "", "How far to believe it");
  title.id = "belief";
  card.setAttribute("aria-labelledby", title.id);
  if (!isAlone) card.append(title);
  for (const { name, belief, colour } of known) {
    const details = card.appendChild(element("details"));
    details.open = isAlone;
    details.append(isAlone ? summaryOf(title) : summaryOf(...headOf(name, colour), element("span", "first", belief.headline)), ...bodyOf(belief));
  }
}

function summaryOf(...parts) {
  const summary = element("summary");
  summary.append(...parts);
  return summary;
}

function headOf(name, colour) {
  const chip = element("span", "chip");
  chip.style.background = colour;
  return [chip, element("h3", "", name)];
}

function bodyOf({ sentences, rows, missing }) {
  const parts = sentences.map((sentence) => element("p", "", sentence));
  if (rows.length) parts.push(figuresOf(rows));
  if (missing.length) {
    const list = element("ul");
    list.append(...missing.map((what) => element("li", "", what)));
    parts.push(element("p", "absent-from", "Not measured:"), list);
  }
  return parts;
}

function figuresOf(rows) {
  const table = element("table");
  const head = table.appendChild(element("tr"));
  for (const name of ["what", "value", "meaning"]) head.appendChild(element("th", "", name)).scope = "col";
  for (const [what, ...cells] of rows) {
    const row = table.appendChild(element("tr"));
    row.appendChild(element("th", "", what)).scope = "row";
    row.append(...cells.map((cell) => element("td", "", cell)));
  }
  return table;
}
