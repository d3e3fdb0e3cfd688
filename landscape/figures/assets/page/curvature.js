/* The page of curvature analyses: what kind of point each is, and cards of figures, tables and sentences. */

import { drawChart } from "./charts.js";
import { byId, element, table } from "./elements.js";
import { cardOf } from "./figure-cards.js";
import { themeOf } from "./theme.js";
import { inflated, loadLibrary } from "./unpack.js";

const MOST_OPEN = 3; // records that are shown at once; more are opened by hand

/* What is drawn so far, to be drawn again in another theme, and the theme. */
const charts = [];
let theme;

async function start() {
  const main = byId("cards");
  await loadLibrary();
  const content = await (await inflated("page-data")).json();
  useTheme(new URLSearchParams(location.hash.slice(1)).get("theme") || "");
  main.textContent = "";
  if (content.compared.length) {
    const together = main.appendChild(element("section", "grid"));
    together.append(...content.compared.map((card) => cardOf(card, "h2", "all", "curvature")));
  }
  const isOpen = content.records.length <= MOST_OPEN;
  for (const record of content.records) main.append(content.records.length > 1 ? folded(record, isOpen) : recordOf(record));
  for (const box of main.querySelectorAll(":scope > section, :scope > details[open]")) drawWithin(box);
  byId("theme").addEventListener("click", () => { useTheme(theme.dark ? "light" : "dark"); charts.forEach(draw); });
  await Promise.all(charts.map(({ drawn }) => drawn));
  main.setAttribute("aria-busy", "false");
}

function useTheme(wish) {
  theme = themeOf({ theme: wish });
  document.documentElement.dataset.theme = theme.dark ? "dark" : "light";
  byId("theme").textContent = theme.dark ? "light" : "dark";
}

/* A record that is drawn when it is first opened. */
function folded(record, isOpen) {
  const details = element("details", "record");
  const summary = details.appendChild(element("summary"));
  summary.append(element("strong", "", record.name), document.createTextNode(` – ${record.verdict}`));
  details.append(recordOf(record));
  details.open = isOpen;
  details.addEventListener("toggle", () => { if (details.open) drawWithin(details); });
  return details;
}

function recordOf(record) {
  const grid = element("section", "grid");
  grid.setAttribute("aria-label", record.name);
  const [pairs, spectrum, trace, escape, step] = record.cards.map((card) => cardOf(card, "h3", record.name, "curvature"));
  grid.append(answerCard(record), stacked(pairs, step), spectrum, trace, stacked(escape, originCard(record)));
  return grid;
}

function stacked(...cards) {
  const stack = element("div", "stack");
  stack.append(...cards);
  return stack;
}

/* Both answers, each with its evidence, before anything else. */
function answerCard(record) {
  const card = element("section", "card answer");
  card.append(element("h2", "", record.name), element("p", "verdict", record.verdict));
  const list = card.appendChild(element("dl"));
  for (const [question, answer, evidence] of record.answers) {
    list.append(element("dt", "", `${question}: `), element("dd", "", evidence));
    list.lastChild.previousSibling.append(element("strong", "", answer));
  }
  card.append(table(record.facts, "facts"));
  return card;
}

function originCard(record) {
  const card = element("section", "card");
  card.append(element("h3", "", "What it rests on"));
  card.append(record.origin.length ? table(record.origin, "facts") : element("p", "note", "not recorded"));
  return card;
}

/* Draws the figures in a box, once. */
function drawWithin(box) {
  for (const panel of box.querySelectorAll(".chart")) {
    if (charts.some((chart) => chart.panel === panel)) continue;
    const chart = { panel, figure: panel.figure };
    charts.push(chart);
    draw(chart);
  }
}

function draw(chart) { chart.drawn = drawChart(chart.panel, chart.figure, theme); }

start().catch((error) => {
  byId("cards").replaceChildren(element("p", "absent", `This page can't be drawn here: ${error.message}.`));
  throw error;
});
