/* The page of training runs: one figure a card, and how each run was trained. */

import { drawChart } from "./charts.js";
import { byId, element, table } from "./elements.js";
import { themeOf } from "./theme.js";
import { inflated, loadLibrary } from "./unpack.js";

function factsOf(run) {
  const details = element("details", "card");
  details.open = true;
  details.append(element("summary", "", `How ${run.name} was trained`), table(run.facts, "facts"));
  return details;
}

async function start() {
  const main = byId("cards");
  await loadLibrary();
  const content = await (await inflated("page-data")).json();
  const theme = themeOf({ theme: "" });
  document.documentElement.dataset.theme = theme.dark ? "dark" : "light";
  main.textContent = "";
  const drawn = [];
  for (const { name, figure } of content.figures) {
    const card = main.appendChild(element("section", "card"));
    card.append(element("h2", "", name));
    const panel = card.appendChild(element("div", "chart"));
    panel.dataset.panel = "run";
    panel.style.height = `${figure.layout.height}px`;
    drawn.push(drawChart(panel, figure, theme));
  }
  for (const run of content.runs) main.append(factsOf(run));
  await Promise.all(drawn);
  main.setAttribute("aria-busy", "false");
}

start().catch((error) => {
  byId("cards").replaceChildren(element("p", "absent", `This page can't be drawn here: ${error.message}.`));
  throw error;
});
