"use strict";

/* Unpack the library and the data, then draw what the two switches in the header say. */

const state = { metric: 0, scale: null };

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

function buildCards(content, main) {
  main.textContent = "";
  const lines = content.surfaces.filter((surface) => surface.isLine);
  const cards = { planes: [], lines: null };
  if (lines.length) {
    const card = element("section", "card");
    card.append(element("h2", "", lines.map((surface) => surface.name).join(", ")));
    cards.lines = card.appendChild(element("div", "line"));
    cards.lines.dataset.panel = "line";
    for (const surface of lines) card.append(factsOf(surface, lines.length > 1));
    main.append(card);
  }
  for (const surface of content.surfaces) {
    if (surface.isLine) { cards.planes.push(null); continue; }
    const card = element("section", "card");
    card.append(element("h2", "", surface.name));
    const panels = card.appendChild(element("div", "panels"));
    const pair = ["contour", "surface"].map((kind) => {
      const panel = panels.appendChild(element("div", "panel"));
      panel.dataset.panel = kind;
      return panel;
    });
    card.append(factsOf(surface, false));
    cards.planes.push(pair);
    main.append(card);
  }
  return cards;
}

function factsOf(surface, named) {
  const details = element("details");
  details.open = true;
  details.append(element("summary", "", "What this picture rests on" + (named ? ": " + surface.name : "")));
  const table = details.appendChild(element("table"));
  for (const [what, value] of surface.facts) {
    const row = table.appendChild(element("tr"));
    row.append(element("th", "", what), element("td", "", value));
    row.firstChild.scope = "row";
  }
  return details;
}

function react(panel, figure) {
  const config = {
    responsive: true,
    displaylogo: false,
    showSendToCloud: false,
    modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"],
    scrollZoom: panel.dataset.panel === "surface",
  };
  if (panel.dataset.panel === "surface" && panel.layout && panel.layout.scene) {
    figure.layout.scene.camera = panel.layout.scene.camera;
  }
  if (!panel.data) panel.replaceChildren();
  return Plotly.react(panel, figure.data, figure.layout, config);
}

function showAbsent(panel, name) {
  if (panel.data) Plotly.purge(panel);
  panel.replaceChildren(element("p", "absent", "This file has no " + name + "."));
}

function copyOf(figure) { return JSON.parse(JSON.stringify(figure)); }

async function draw(content, cards) {
  const metric = content.metrics[state.metric];
  if (!metric.kinds.includes(state.scale)) state.scale = metric.kinds[0];
  const figures = metric.figures[state.scale];
  const drawn = [];
  figures.planes.forEach((pair, place) => {
    const panels = cards.planes[place];
    if (!panels) return;
    panels.forEach((panel, kind) => {
      if (pair) {
        const figure = copyOf(pair[kind]);
        Object.assign(figure.data[0], { z: pair[0].data[0].z, customdata: content.surfaces[place].hover });
        drawn.push(react(panel, figure));
        return;
      }
      showAbsent(panel, metric.name);
    });
  });
  if (cards.lines && figures.lines) drawn.push(react(cards.lines, copyOf(figures.lines)));
  else if (cards.lines) showAbsent(cards.lines, metric.name);
  await Promise.all(drawn);
}

function buildSwitches(content, redraw) {
  const select = document.getElementById("metric");
  content.metrics.forEach((metric, place) => select.append(new Option(metric.name, place)));
  select.addEventListener("change", () => { state.metric = Number(select.value); redraw(); });
  const group = document.getElementById("scale");
  for (const kind of ["log", "linear"]) {
    const button = group.appendChild(element("button", "", kind));
    button.type = "button";
    button.dataset.kind = kind;
    button.addEventListener("click", () => { state.scale = kind; redraw(); });
  }
}

function showSwitches(content) {
  const { kinds } = content.metrics[state.metric];
  for (const button of document.querySelectorAll("#scale button")) {
    button.setAttribute("aria-pressed", String(button.dataset.kind === state.scale));
    button.disabled = !kinds.includes(button.dataset.kind);
  }
}

async function start() {
  const main = document.getElementById("cards");
  const library = document.createElement("script");
  library.textContent = await unpacked("plotly-js");
  document.head.append(library);
  const content = JSON.parse(await unpacked("page-data"));
  const cards = buildCards(content, main);
  const redraw = async () => {
    main.setAttribute("aria-busy", "true");
    await draw(content, cards);
    showSwitches(content);
    main.setAttribute("aria-busy", "false");
  };
  buildSwitches(content, redraw);
  await redraw();
}

start();
