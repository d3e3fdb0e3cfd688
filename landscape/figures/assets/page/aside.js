/* The column beside the cards: one colour bar with a mark a surface, and the table of the probed point. */

import { byId, element } from "./elements.js";
import { fullName, kindOf, spreadAt } from "./planes.js";
import { isShare, label, labelledValues, told } from "./scale.js";
import { isDone, pointAt } from "./surfaces.js";

const KIND_WORDS = { log: "log scale", linear: "linear scale", clipped: "linear scale, clipped" };

/* centers: [{ value, colour, name }] */
export function drawColourBar({ scale, metric, name, colours, centers, shared }) {
  const bar = byId("colourbar");
  const words = `${name} (${scale.diverging && scale.kind === "clipped" ? "clipped" : KIND_WORDS[scale.kind]})`;
  bar.querySelector("h2").textContent = shared ? words : `${words}, each card its own`;
  const strip = bar.querySelector(".strip");
  strip.style.background = `linear-gradient(to right, ${colours.map(([at, colour]) => `${colour} ${100 * at}%`).join(", ")})`;
  const [low, high] = scale.ends;
  const share = (value) => (100 * (scale.height(value) - low)) / (high - low);
  const marks = centers.filter(({ value }) => Number.isFinite(value)).map(({ value, colour, name: whose }) => {
    const mark = element("span", "mark");
    mark.style.left = `${share(value)}%`;
    mark.style.borderColor = colour;
    mark.title = `${whose} at the center: ${told(value, metric)}`;
    return mark;
  });
  strip.replaceChildren(...(shared ? marks : []));
  let last = -Infinity;
  const ticks = (shared ? labelledValues(scale) : []).filter((value) => {
    if (share(value) - last < 13) return false;
    last = share(value);
    return true;
  }).map((value) => {
    const tick = element("span", "", label(value, metric) + (scale.kind === "clipped" && scale.height(value) >= high ? "+" : ""));
    tick.style.left = `${share(value)}%`;
    return tick;
  });
  bar.querySelector(".ticks").replaceChildren(...ticks);
  const clipped = bar.querySelector("p");
  clipped.hidden = scale.kind !== "clipped";
  if (!clipped.hidden) clipped.textContent = `clipped at ${label(scale.high, metric)}: what lies beyond is drawn as if it lay there`;
}

export function drawProbe(shown, metrics, { at }, curves) {
  const probe = byId("probe");
  probe.querySelector(".at").textContent = `near α = ${at[0].toFixed(3)}, β = ${at[1].toFixed(3)}`;
  const head = element("tr");
  head.append(element("th", "", "surface"), ...metrics.map(({ name }) => element("th", "", name.replace("accuracy", "acc."))));
  for (const cell of head.children) cell.scope = "col";
  const rows = shown.filter(({ surface }) => surface.colour === undefined).flatMap(({ surface, planes, place }) => {
    const row = element("tr");
    const name = row.appendChild(element("th", "", ""));
    name.scope = "row";
    name.title = fullName(surface);
    const chip = element("span", "chip");
    chip.style.background = curves[(surface.colour ?? place) % 8];
    name.append(chip, document.createTextNode(surface.name));
    const point = pointAt(surface, at);
    for (const { key, signed } of metrics) row.append(element("td", "", probed(surface, point, key, surface.isDifference || signed)));
    return planes.length > 1 ? [row, spreadRow(surface, planes, point, metrics)] : [row];
  });
  probe.querySelector("table").replaceChildren(head, ...rows);
}

function spreadRow(surface, planes, point, metrics) {
  const row = element("tr", "spread");
  const name = row.appendChild(element("th", "", "mean ± s.d."));
  name.scope = "row";
  name.title = `mean and standard deviation over the ${planes.length} ${kindOf(surface)}s, at this point`;
  for (const { key, signed } of metrics) row.append(element("td", "", spread(planes, point, key, surface.isDifference || signed)));
  return row;
}

function spread(planes, point, key, isSigned) {
  if (!planes[0].values[key]) return "–";
  if (!point) return "outside";
  const { mean, deviation, count } = spreadAt(planes, key, point.place);
  if (!count) return "not yet";
  if (!Number.isFinite(mean)) return "not finite";
  const width = Number.isNaN(deviation) ? "" : ` ±\u00a0${told(deviation, key, 2)}`;
  const some = count < planes.length ? ` (${count} of ${planes.length})` : "";
  return (isSigned ? withSign(mean, key) : told(mean, key, 4)) + width + some;
}

function probed(surface, point, key, isSigned) {
  if (!surface.values[key]) return "–";
  if (!point) return "outside";
  if (!isDone(surface, point.place)) return "not yet";
  const value = surface.values[key][point.place];
  return isSigned && Number.isFinite(value) ? withSign(value, key) : told(value, key, 4);
}

function withSign(value, key) {
  const text = isShare(key) ? `${(100 * value).toFixed(1)} pp` : told(value, key, 4);
  return value > 0 ? `+${text}` : text;
}
