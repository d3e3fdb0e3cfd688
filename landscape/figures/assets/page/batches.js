/* One example, a mini-batch, all data: a batch's surface beside that of all samples, the minima of all batches of its size on both. */

import { drawContour } from "./contour.js";
import { drawCurves } from "./curves.js";
import { byId, element } from "./elements.js";
import { scaleOver } from "./scale.js";

const DEPTH = 1e-4; // of the highest loss: below it a log scale is flat, or an example that is sure would take all of it
let cards = [];

/* A card a surface that has batches. */
export function addBatches(page, main) {
  cards = page.content.sequence ? [] : page.surfaces.flatMap((surface, place) => (surface.batches ? [cardOf(page, surface, place)] : []));
  main.append(...cards.map(({ card }) => card));
  byId("batch-key").hidden = !cards.length;
}

export function nextBatch(page, change) {
  if (cards.length) change("batch", (chosen(page, cards[0].surface).number % chosen(page, cards[0].surface).size.losses.length) + 1);
}

export function nextSize(page, change) {
  if (!cards.length) return;
  const { sizes } = cards[0].surface.batches;
  change("size", sizes[(sizes.indexOf(chosen(page, cards[0].surface).size) + 1) % sizes.length].size);
}

export function drawBatches(page) { return Promise.all(cards.map((card) => drawCard(page, card))); }

/* The size and the batch that the state asks for, or what comes nearest among this surface's. */
function chosen({ state }, { batches: { sizes } }) {
  const size = sizes.find((one) => one.size === state.size) ?? sizes[0];
  return { size, number: Math.min(state.batch, size.losses.length) };
}

function cardOf(page, surface, place) {
  const card = element("section", `card batches${surface.isLine ? "" : " square"}`);
  const title = element("h2", "", `One example, a mini-batch, all data${page.surfaces.length > 1 ? `: ${surface.name}` : ""}`);
  title.id = `batches-${place}`;
  card.setAttribute("aria-labelledby", title.id);
  const [bar, select, scrub, said] = controls(page, surface);
  const panels = element("div", "panels");
  const [own, whole] = [panelOf(panels), panelOf(panels)];
  const key = element("p", "note");
  card.append(title, bar, panels, key, ...surface.batches.parts.flatMap(partOf));
  return { card, surface, select, scrub, said, own, whole, key };
}

function controls(page, surface) {
  const bar = element("div", "bar");
  const sizes = bar.appendChild(element("label", "", "Show "));
  const select = sizes.appendChild(element("select"));
  select.append(...surface.batches.sizes.map(({ size, name }) => new Option(name, String(size))));
  select.addEventListener("change", () => page.change("size", Number(select.value)));
  const numbers = bar.appendChild(element("label", "", "Batch "));
  const scrub = numbers.appendChild(element("input"));
  Object.assign(scrub, { type: "range", min: 1, step: 1 });
  scrub.addEventListener("input", () => page.change("batch", Number(scrub.value)));
  return [bar, select, scrub, bar.appendChild(element("output"))];
}

function panelOf(panels) {
  const figure = panels.appendChild(element("figure"));
  const caption = figure.appendChild(element("figcaption"));
  const holder = figure.appendChild(element("div", "holder"));
  holder.setAttribute("role", "img");
  const panel = holder.appendChild(element("div", "panel"));
  panel.dataset.panel = "batch";
  return { caption, holder, panel };
}

function keyWords({ isLine }, { onFrame }, isCut) {
  const words = isLine
    ? ["Solid: this batch, its minimum dotted. Faint: the others of its size. Dashed and dotted: all samples."]
    : ["★ minimum over all samples. ○ minima of the batches of this size; ● this batch's. Batches of a size share one scale; all samples have their own."];
  if (onFrame && !isLine) words.push("Marks on the frame: the loss goes on falling beyond.");
  if (isCut) words.push("What lies below a ten-thousandth of the highest loss is drawn as if it lay there.");
  return words.join(" ");
}

/* Sentences, then a table. */
function partOf({ title, sentences, head, rows }) {
  const parts = [element("h3", "", title), ...sentences.map((text) => element("p", "", text))];
  if (!rows.length) return parts;
  const scroll = element("div", "scroll");
  Object.assign(scroll, { tabIndex: 0 });
  scroll.setAttribute("role", "region");
  scroll.setAttribute("aria-label", title);
  const table = scroll.appendChild(element("table"));
  const first = table.appendChild(element("tr"));
  for (const name of head) first.appendChild(element("th", "", name)).scope = "col";
  for (const [what, ...cells] of rows) {
    const row = table.appendChild(element("tr"));
    row.appendChild(element("th", "", what)).scope = "row";
    row.append(...cells.map((cell) => element("td", "", cell)));
  }
  return [...parts, scroll];
}

function drawCard(page, card) {
  const { surface, select, scrub, said, own, whole, key } = card;
  const { size, number } = chosen(page, surface);
  const of = `${size.unit} ${number} of ${size.losses.length}`;
  select.value = String(size.size);
  Object.assign(scrub, { max: size.losses.length, value: number });
  said.textContent = of;
  scrub.setAttribute("aria-valuetext", of);
  own.caption.textContent = `${of}: ${size.words[number - 1]}`;
  whole.caption.textContent = surface.batches.words;
  own.holder.setAttribute("aria-label", `loss of ${own.caption.textContent}`);
  whole.holder.setAttribute("aria-label", `loss of ${whole.caption.textContent}`);
  const ownScale = scaleOf(page, surface.isLine ? [surface.batches.whole, ...size.losses] : size.losses);
  key.textContent = keyWords(surface, size, ownScale.isCut);
  if (surface.isLine) return drawLine(page, card, size, number, ownScale);
  const pictures = [[own, size.losses[number - 1], ownScale], [whole, surface.batches.whole, scaleOf(page, [surface.batches.whole])]];
  const dots = dotsOf(page, surface, size, number);
  return Promise.all(pictures.map(([{ panel }, values, scale]) => drawContour(panel, { ...surface, done: null }, Float64Array.from(values, scale.height), {
    scale, metric: "loss", colours: page.content.colours[page.state.colours], theme: page.theme, zoom: page.state.zoom, dots,
  })));
}

/* One scale for all batches of a size, so that they can be compared; single examples reach far lower and higher than all samples do. */
function scaleOf({ state }, arrays) {
  const scale = scaleOver(arrays, state.scale, state.levels);
  const { kind, low, high } = scale;
  if (kind !== "log" || low >= DEPTH * high) return scale;
  const cut = arrays.map((values) => values.map((value) => (value < DEPTH * high ? DEPTH * high : value)));
  return { ...scaleOver(cut, "log", state.levels), isCut: true };
}

function dotsOf({ theme, state }, { batches }, size, number) {
  const known = (minima) => minima.filter(Boolean);
  const others = size.minima.filter((_, place) => place !== number - 1);
  const dotTrace = (places, look) => dotsAt(places, look, Boolean(state.zoom)); // a mark on the frame is seen whole
  return [
    dotTrace(known(others), { symbol: "circle", size: 8, color: "rgba(255,255,255,.9)" }),
    dotTrace(known([batches.minimum]), { symbol: "star", size: 14, color: "#ffffff" }),
    dotTrace(known([size.minima[number - 1]]), { symbol: "circle", size: 12, color: theme.second }),
  ];
}

function dotsAt(places, { symbol, size, color }, cliponaxis) {
  return {
    type: "scatter", mode: "markers", hoverinfo: "skip", cliponaxis, x: places.map(([x]) => x), y: places.map(([, y]) => y),
    marker: { symbol, size, color, line: { width: 1.4, color: "#111827" } },
  };
}

function drawLine(page, { surface, own, whole }, size, number, scale) {
  whole.holder.parentElement.hidden = true;
  const curve = (name, values, place, faint) => ({ name, values, place, faint, through: 0, x: surface.x });
  const curves = [
    ...size.losses.map((values, at) => curve(`${size.unit} ${at + 1}`, values, 0, true)).filter((_, at) => at !== number - 1),
    curve(`${size.unit} ${number}`, size.losses[number - 1], 0), curve("all", surface.batches.whole, 5),
  ];
  return drawCurves(own.panel, curves, {
    scale, metric: "loss", theme: page.theme, title: "α", marker: size.minima[number - 1]?.[0] ?? 0,
    height: Math.min(460, Math.max(300, own.panel.clientWidth * 0.5)),
  });
}
