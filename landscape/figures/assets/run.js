"use strict";

/* Unpack the library and the data, then draw one figure a card and the facts of each run below. */

async function unpacked(id) {
  const bytes = Uint8Array.from(atob(document.getElementById(id).textContent), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).text();
}

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function factsOf(run) {
  const details = element("details", "card");
  details.open = true;
  details.append(element("summary", "", "How " + run.name + " was trained"));
  const table = details.appendChild(element("table"));
  for (const [what, value] of run.facts) {
    const row = table.appendChild(element("tr"));
    row.append(element("th", "", what), element("td", "", value));
    row.firstChild.scope = "row";
  }
  return details;
}

async function start() {
  const main = document.getElementById("cards");
  const library = document.createElement("script");
  library.textContent = await unpacked("plotly-js");
  document.head.append(library);
  const content = JSON.parse(await unpacked("page-data"));
  main.textContent = "";
  const drawn = [];
  for (const { name, figure } of content.figures) {
    const card = main.appendChild(element("section", "card"));
    card.append(element("h2", "", name));
    const panel = card.appendChild(element("div", "line"));
    panel.dataset.panel = "run";
    drawn.push(Plotly.newPlot(panel, figure.data, figure.layout, { responsive: true, displaylogo: false }));
  }
  for (const run of content.runs) main.append(factsOf(run));
  await Promise.all(drawn);
  main.setAttribute("aria-busy", "false");
}

start();
