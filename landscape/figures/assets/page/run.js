/* The page of training runs: one figure a card, and how each run was trained. */

import { byId, element, table } from "./elements.js";
import { fontOf, themeOf } from "./theme.js";
import { inflated, loadLibrary } from "./unpack.js";

function factsOf(run) {
  const details = element("details", "card");
  details.open = true;
  details.append(element("summary", "", `How ${run.name} was trained`), table(run.facts, "facts"));
  return details;
}

/* The figure's layout in the page's own colours. */
function dressed(layout, theme) {
  const axis = { gridcolor: theme.grid, zerolinecolor: theme.grid, linecolor: theme.grid };
  const axes = { xaxis: { ...layout.xaxis, ...axis }, yaxis: { ...layout.yaxis, ...axis } };
  return { ...layout, ...axes, font: fontOf(theme), paper_bgcolor: theme.card, plot_bgcolor: theme.card };
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
    drawn.push(Plotly.newPlot(panel, figure.data, dressed(figure.layout, theme), { responsive: true, displaylogo: false }));
  }
  for (const run of content.runs) main.append(factsOf(run));
  await Promise.all(drawn);
  main.setAttribute("aria-busy", "false");
}

start().catch((error) => {
  byId("cards").replaceChildren(element("p", "absent", `This page can't be drawn here: ${error.message}.`));
  throw error;
});
