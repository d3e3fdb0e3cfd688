/* Cards of figures that Python made, of tables and of sentences. */

import { element } from "./elements.js";

const LONGEST_NAME = 28; // letters that stay on one line

/* whose: of which record, for those who hear the page. A panel keeps its figure, to be drawn when it is wanted. */
export function cardOf({ title, wide, figures, tables, notes, lead = [] }, level, whose, kind) {
  const card = element("section", wide ? "card wide" : "card");
  card.append(element(level, "", title), ...lead.map((sentence) => element("p", "lead", sentence)));
  const row = element("div", "charts");
  for (const { title: name, figure } of figures) {
    const box = row.appendChild(element("figure"));
    if (figures.length > 1) box.append(element("figcaption", "", name));
    const panel = box.appendChild(element("div", "chart"));
    panel.dataset.panel = kind;
    if (figure.layout.height) panel.style.height = `${figure.layout.height}px`;
    panel.figure = figure;
  }
  if (figures.length) card.append(row);
  card.append(...tables.map((each) => scrolled(each, `${title}, ${whose}`)), ...notes.map((note) => element("p", "note", note)));
  return card;
}

function scrolled({ head, rows, texts, flagged }, label) {
  const box = element("div", "scroll");
  box.tabIndex = 0;
  box.setAttribute("role", "region");
  box.setAttribute("aria-label", label);
  const made = box.appendChild(element("table", "numbers"));
  const top = made.appendChild(element("tr"));
  for (const name of head) top.appendChild(element("th", "", name)).scope = "col";
  rows.forEach((cells, place) => {
    const row = made.appendChild(element("tr", flagged.includes(place) ? "flagged" : ""));
    const first = row.appendChild(element("th", cells[0].length > LONGEST_NAME ? "long" : "", cells[0]));
    first.scope = "row";
    row.append(...cells.slice(1).map((cell) => element("td", "", cell)));
  });
  for (const row of made.rows) for (const column of texts) row.cells[column].classList.add("words");
  return box;
}
