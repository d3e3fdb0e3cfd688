/* The page of a race: paths on contour and relief, played step by step; what each optimizer felt at each step; how each ended. */

import { drawContour } from "./contour.js";
import { byId, element, table } from "./elements.js";
import { buildPlayer } from "./player.js";
import { addCharts, drawCharts, moveCursors } from "./race-charts.js";
import { addOverlay, hiding, layOut, showStep } from "./race-paths.js";
import { ASPECT, cameraOf, drawRelief, hasWebGL, projectionOf, seenCamera } from "./relief.js";
import { makeScale, scaleOver } from "./scale.js";
import { decoded } from "./surfaces.js";
import { themeOf } from "./theme.js";
import { arrayAt, inflated, loadLibrary } from "./unpack.js";

const SCALES = ["log", "linear", "clipped"];
const LEVELS = 24;
const LONGEST_S = 20, SECONDS_A_STEP = 1 / 12; // a race takes no longer than this at the usual speed
const race = { frame: 0, hidden: new Set() };

async function start() {
  const main = byId("cards");
  await loadLibrary();
  const [content, buffer] = [await (await inflated("page-data")).json(), await (await inflated("page-arrays")).arrayBuffer()];
  race.content = content;
  race.surface = decoded(content.surface, buffer);
  race.runs = content.runs.map((run) => ({
    ...run, columns: Object.fromEntries(Object.entries(run.columns).map(([name, at]) => [name, arrayAt(buffer, at)])),
  }));
  const wishes = new URLSearchParams(location.hash.slice(1));
  race.kind = content.scale;
  race.wish = wishes.get("theme") || "";
  race.frame = Math.min(content.steps, Number(wishes.get("step") ?? content.steps) || 0); // whole paths, until somebody plays
  byId("formula").textContent = content.formula;
  build(main);
  race.player = buildPlayer(content.steps + 1, (step) => `step ${step} of ${content.steps}`, Math.min(SECONDS_A_STEP, LONGEST_S / content.steps), show);
  race.player.place(race.frame);
  listen();
  await redraw();
  followCamera();
}

function build(main) {
  main.textContent = "";
  const scenes = main.appendChild(element("section", "card scenes"));
  scenes.setAttribute("aria-label", "Paths");
  race.contour = holderIn(scenes, "contour");
  race.relief = holderIn(scenes, "surface");
  race.relief.holder.classList.add("relief");
  main.append(runsCard());
  race.charts = addCharts(main, race);
  main.lastChild.append(listCard("Critical points", race.content.lines));
  main.append(factsCard());
  for (const name of SCALES) {
    const button = byId("scale").appendChild(element("button", "", name));
    button.type = "button";
    button.addEventListener("click", () => { race.kind = name; redraw(); });
  }
}

function holderIn(scenes, kind) {
  const holder = scenes.appendChild(element("div", "holder"));
  const panel = holder.appendChild(element("div", "panel"));
  panel.dataset.panel = kind;
  return { holder, panel, overlay: addOverlay(holder, race) };
}

/* Who races, and how each ends; a name hides its path and shows it again. */
function runsCard() {
  const card = element("section", "card");
  card.append(element("h2", "", "Who races"));
  const box = card.appendChild(element("div", "scroll"));
  box.tabIndex = 0;
  box.setAttribute("role", "region");
  box.setAttribute("aria-label", "Who races");
  const made = box.appendChild(element("table", "racers"));
  race.runs.forEach((run, place) => {
    const row = made.appendChild(element("tr"));
    const head = row.appendChild(element("th"));
    head.scope = "row";
    const button = head.appendChild(element("button", "racer"));
    button.type = "button";
    button.append(element("span", "chip"), document.createTextNode(run.name));
    button.setAttribute("aria-pressed", "true");
    button.title = "hide or show";
    button.addEventListener("click", () => {
      if (!race.hidden.delete(place)) race.hidden.add(place);
      button.setAttribute("aria-pressed", String(!race.hidden.has(place)));
      drawCharts(race);
      show(race.frame);
    });
    row.append(element("td", "", run.outcome));
  });
  return card;
}

function listCard(title, lines) {
  const card = element("section", "card");
  const list = element("ul", "points");
  list.append(...lines.map((line) => element("li", "", line)));
  const key = "Lines at a point are its eigenvectors: solid where the function curves upward, dashed with arrows where it curves downward, the ways out. Charts reach as far as what is felt inside the frame, and down by eight decades at most.";
  card.append(element("h2", "", title), list, element("p", "note", key));
  return card;
}

function factsCard() {
  const details = element("details", "card");
  details.append(element("summary", "", "What it rests on"), table(race.content.facts, "facts"));
  return details;
}

async function redraw() {
  const main = byId("cards");
  main.setAttribute("aria-busy", "true");
  race.theme = themeOf({ theme: race.wish });
  document.documentElement.dataset.theme = race.theme.dark ? "dark" : "light";
  byId("theme").textContent = race.theme.dark ? "light" : "dark";
  document.querySelectorAll(".racers .chip").forEach((chip, place) => { chip.style.background = colourOf(race.runs[place]); });
  const { values } = race.surface;
  race.scale = scaleFor(values.loss, race.kind);
  race.kinds = SCALES.filter((kind) => scaleFor(values.loss, kind).kind === kind);
  byId("scale").querySelectorAll("button").forEach((button) => {
    button.setAttribute("aria-pressed", String(button.textContent === race.scale.kind));
    button.disabled = !race.kinds.includes(button.textContent);
  });
  race.heights = Float64Array.from(values.loss, race.scale.height);
  const options = { scale: race.scale, metric: "loss", colours: race.content.colours, theme: race.theme, axes: race.content.axes };
  await Promise.all([drawContour(race.contour.panel, race.surface, race.heights, { ...options, marks: null }), drawCharts(race)]);
  layOut(race.contour.overlay, race, flat(race.contour.panel));
  await drawScene(options);
  show(race.frame);
  main.setAttribute("aria-busy", "false");
}

/* A clipped scale shows every critical point. A log scale's floor is where a fiftieth of the frame lies below: the bottoms of valleys would take all of the colours. */
function scaleFor(values, kind) {
  const scale = scaleOver([values], kind, LEVELS);
  if (scale.kind === "clipped") {
    const top = Math.max(...race.content.points.map(({ loss }) => loss), scale.high);
    const cut = top + 0.1 * (top - scale.low);
    return makeScale("clipped", scale.low, Math.min(cut, scaleOver([values], "linear", LEVELS).high), LEVELS);
  }
  if (scale.kind !== "log") return scale;
  const sorted = values.filter(Number.isFinite).sort();
  const floor = sorted[Math.floor(sorted.length / 50)];
  return makeScale("log", Math.min(scale.high / 10, Math.max(scale.low, floor)), scale.high, LEVELS);
}

async function drawScene(options) {
  const { panel } = race.relief;
  if (!hasWebGL() || !race.heights.some(Number.isFinite)) {
    race.relief.holder.classList.add("none");
    panel.textContent = "This browser shows no WebGL, so there is no 3-D picture; the contours need none.";
    return;
  }
  const camera = panel.layout?.scene?.camera ?? bestCamera();
  await drawRelief(panel, race.surface, race.heights, { ...options, name: "loss", camera, at: null, labelled: true });
  race.seen = null;
}

/* Of the usual camera and those a quarter turn further, the one from which most of the paths is seen. */
function bestCamera() {
  const usual = cameraOf(null);
  const places = race.runs.flatMap(({ columns: { x, y } }) => Array.from(x, (value, step) => [value, y[step]])).filter(([x, y]) => inFrame(x, y));
  const turned = [[1, 0], [0, 1], [-1, 0], [0, -1]].map(([c, s]) => ({ ...usual, eye: { ...usual.eye, x: c * usual.eye.x - s * usual.eye.y, y: s * usual.eye.x + c * usual.eye.y } }));
  const seen = turned.map(({ eye }) => { const isBehind = hiding(race, eye, ASPECT); return places.filter(([x, y]) => !isBehind(x, y)).length; });
  return turned[seen.indexOf(Math.max(...seen))];
}

function inFrame(x, y) {
  const within = (axis, value) => value >= axis[0] && value <= axis[axis.length - 1];
  return within(race.surface.x, x) && within(race.surface.y, y);
}

/* The overlay of the 3-D picture is laid out again whenever its camera has moved. */
function followCamera() {
  const projection = projectionOf(race.relief.panel);
  if (projection && projection.key !== race.seen) {
    race.seen = projection.key;
    const isBehind = hiding(race, seenCamera(race.relief.panel).eye, ASPECT);
    layOut(race.relief.overlay, race, { project: projection.place, draped: true, isBehind });
    showStep(race.relief.overlay, race);
  }
  requestAnimationFrame(followCamera);
}

function flat(panel) {
  const { xaxis, yaxis } = panel._fullLayout;
  const clip = [xaxis._offset, yaxis._offset, xaxis._length, yaxis._length];
  return { project: (x, y) => [xaxis._offset + xaxis.l2p(x), yaxis._offset + yaxis.l2p(y)], clip };
}

function show(frame) {
  race.frame = frame;
  showStep(race.contour.overlay, race);
  showStep(race.relief.overlay, race);
  moveCursors(race);
}

function colourOf(run) { return race.theme.curves[run.colour % race.theme.curves.length]; }

function listen() {
  byId("theme").addEventListener("click", () => { race.wish = race.theme.dark ? "light" : "dark"; redraw(); });
  const { step } = race.player;
  const actions = {
    " ": () => race.player.toggle(),
    ArrowRight: () => step(1), ArrowLeft: () => step(-1),
    s: () => { race.kind = race.kinds[(race.kinds.indexOf(race.scale.kind) + 1) % race.kinds.length]; redraw(); },
    t: () => byId("theme").click(),
  };
  document.addEventListener("keydown", (event) => {
    const own = { " ": "button, summary, select", ArrowLeft: "select, input, .scroll", ArrowRight: "select, input, .scroll" }[event.key] ?? "select";
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.(own) || !actions[event.key]) return;
    event.preventDefault();
    actions[event.key]();
  });
  let width = innerWidth;
  addEventListener("resize", () => { if (innerWidth !== width) { width = innerWidth; redraw(); } });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
}

start().catch((error) => {
  byId("cards").replaceChildren(element("p", "absent", `This page can't be drawn here: ${error.message}.`));
  throw error;
});
