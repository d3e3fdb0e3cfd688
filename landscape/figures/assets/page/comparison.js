/* Networks compared: sentences, and a table of scores and measures of flatness with a column a network. */

import { element } from "./elements.js";

export function addComparison(comparison, main, curves) {
  if (!comparison) return;
  const card = element("section", "card comparison");
  main.insertBefore(card, main.querySelector(".wide"));
  const title = card.appendChild(element("h2", "", "The networks compared"));
  title.id = "comparison";
  card.setAttribute("aria-labelledby", title.id);
  card.append(...comparison.sentences.map((sentence) => element("p", "", sentence)));
  const scroll = card.appendChild(element("div", "scroll"));
  scroll.tabIndex = 0;
  scroll.setAttribute("role", "region");
  scroll.setAttribute("aria-label", "Scores and measures of flatness");
  scroll.append(tableOf(comparison, curves));
  const note = "± one standard error: of planes, lines, probes or draws on the same samples, and for the Fisher-Rao norm of samples; other samples move every number. ≥: a lower bound. "
    + "Unmoved by: what may be rescaled in a network that computes the same function, without a change of the measure.";
  card.append(element("p", "note", note));
}

function tableOf({ columns, scores, measures }, curves) {
  const table = element("table");
  const head = table.appendChild(element("tr"));
  head.append(headCell("measure", "col"));
  columns.forEach((name, place) => {
    const cell = head.appendChild(headCell("", "col"));
    if (place < curves.length) cell.appendChild(element("span", "chip")).style.background = curves[place]; // further ones have no picture
    cell.append(document.createTextNode(name));
  });
  head.append(headCell("sharper", "col"), headCell("unmoved by", "col"));
  const ranked = measures.some(({ kendall }) => kendall);
  if (ranked) head.append(headCell("Kendall's τ with the test error", "col"));
  const more = ranked ? 3 : 2;
  for (const row of scores) table.append(rowOf(row, Array(more).fill({ text: "" })));
  for (const row of measures) table.append(rowOf(row, [{ text: row.sharper }, { text: row.follows }, row.kendall].slice(0, more)));
  return table;
}

function rowOf({ name, title, cells }, rest) {
  const row = element("tr");
  const head = row.appendChild(headCell(name, "row"));
  head.title = title;
  for (const { text, title: words } of cells) {
    const cell = row.appendChild(element("td", "number", text));
    cell.title = words;
  }
  for (const { text, title: words } of rest) {
    const cell = row.appendChild(element("td", "rest", text));
    if (words) cell.title = words;
  }
  return row;
}

function headCell(text, scope) {
  const cell = element("th", "", text);
  cell.scope = scope;
  return cell;
}
