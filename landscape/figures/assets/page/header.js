/* The switches in the header, and their keys. */

import { nextBatch, nextSize } from "./batches.js";
import { byId, element } from "./elements.js";
import { kindOf } from "./planes.js";
import { isDark } from "./theme.js";

const SCALES = ["log", "linear", "clipped"];
const VIEWS = ["both", "contour", "3-D"];

/* change(name, value): told of every wish. */
export function buildHeader(page, change) {
  const { content, state } = page;
  const metric = byId("metric");
  content.metrics.forEach(({ key, name }) => metric.append(new Option(name, key)));
  metric.addEventListener("change", () => change("metric", metric.value));
  switches(byId("scale"), SCALES, (value) => change("scale", value));
  switches(byId("view"), VIEWS, (value) => change("view", value));
  const levels = byId("levels");
  levels.addEventListener("input", () => change("levels", Number(levels.value)));
  const colours = byId("colours");
  Object.keys(content.colours).filter((name) => name !== "diverging").forEach((name) => colours.append(new Option(name, name)));
  colours.addEventListener("change", () => change("colours", colours.value));
  const minus = byId("minus");
  page.surfaces.forEach(({ name }, place) => minus.append(new Option(name, String(place))));
  minus.addEventListener("change", () => change("minus", minus.value));
  minus.parentElement.hidden = page.surfaces.length < 2 || content.sequence;
  buildPlanes(page, change);
  byId("shared").parentElement.hidden = page.surfaces.length < 2;
  for (const name of ["shared", "marks", "taylor"]) byId(name).addEventListener("change", (event) => change(name, event.target.checked));
  byId("theme").addEventListener("click", () => change("theme", isDark(state) ? "light" : "dark"));
  const help = byId("help");
  byId("ask").addEventListener("click", () => help.showModal());
  byId("close").addEventListener("click", () => help.close());
}

/* The choice of a plane, where a surface has several; of a line, where only lines have. */
function buildPlanes({ surfaces }, change) {
  const plane = byId("plane");
  const several = surfaces.filter(({ planes, colour }) => planes.length > 1 && colour === undefined);
  const most = Math.max(0, ...several.map(({ planes }) => planes.length));
  for (let number = 1; number <= most; number++) plane.append(new Option(`${number} of ${most}`, String(number)));
  plane.addEventListener("change", () => change("plane", Number(plane.value)));
  plane.parentElement.hidden = byId("plane-key").hidden = !several.length;
  if (several.every((surface) => kindOf(surface) === "line")) plane.previousSibling.textContent = "Line ";
}

function switches(group, names, choose) {
  for (const name of names) {
    const button = group.appendChild(element("button", "", name));
    button.type = "button";
    button.dataset.kind = name;
    button.addEventListener("click", () => choose(name));
  }
}

export function showHeader(page) {
  const { state, kinds } = page;
  byId("metric").value = state.metric;
  byId("levels").value = state.levels;
  byId("levels").nextElementSibling.textContent = state.levels;
  byId("colours").value = state.colours;
  byId("minus").value = state.minus;
  byId("plane").value = state.plane;
  byId("shared").checked = state.shared;
  byId("marks").checked = state.marks;
  byId("taylor").checked = state.taylor;
  byId("taylor").parentElement.hidden = byId("taylor-key").hidden = !page.hasTaylor;
  byId("theme").textContent = isDark(state) ? "light" : "dark";
  for (const [id, chosen] of [["scale", page.kind], ["view", state.view]]) {
    for (const button of byId(id).querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String(button.dataset.kind === chosen));
      if (id === "scale") button.disabled = !kinds.includes(button.dataset.kind);
    }
  }
}

/* One key a switch; not while something is typed or chosen. */
export function listenToKeys(page, change) {
  const next = (names, current) => names[(names.indexOf(current) + 1) % names.length];
  const actions = {
    m: () => change("metric", next(page.content.metrics.map(({ key }) => key), page.state.metric)),
    s: () => change("scale", next(page.kinds, page.kind)),
    p: () => page.numPlanes > 1 && change("plane", (page.state.plane % page.numPlanes) + 1),
    v: () => change("view", next(VIEWS, page.state.view)),
    c: () => change("colours", next(Object.keys(page.content.colours).filter((name) => name !== "diverging"), page.state.colours)),
    e: () => change("marks", !page.state.marks),
    o: () => page.hasTaylor && change("taylor", !page.state.taylor),
    t: () => change("theme", isDark(page.state) ? "light" : "dark"),
    b: () => nextBatch(page, change),
    B: () => nextSize(page, change),
    r: () => change("reset"),
    " ": () => change("play"),
    ",": () => page.player.step(-1),
    ".": () => page.player.step(1),
    "?": () => byId("help").showModal(),
  };
  document.addEventListener("keydown", (event) => {
    const own = event.key === " " ? "button, summary, input[type=checkbox], select" : "select";
    const busy = event.ctrlKey || event.metaKey || event.altKey || byId("help").open || event.target.closest?.(own);
    if (busy || !actions[event.key] || (event.key === " " && !page.player.isThere)) return;
    event.preventDefault();
    actions[event.key]();
  });
}
