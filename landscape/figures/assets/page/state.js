/* What the page shows, kept in the address after `#`, so that a link shows the same. */

export const DEFAULTS = {
  metric: "", scale: "log", levels: 24, colours: "viridis", shared: true, marks: true, taylor: false, view: "both", theme: "",
  at: [0, 0], minus: "", plane: 1, size: 0, batch: 1, frame: 0, zoom: null, camera: null,
};
const CHOICES = {
  scale: ["log", "linear", "clipped"], view: ["both", "contour", "3-D"], theme: ["", "light", "dark"],
  colours: ["viridis", "cividis", "magma", "gray"],
};
const rounded = (numbers) => numbers.map((number) => Number(number.toPrecision(6))).join(",");

const WRITERS = { at: rounded, zoom: rounded, camera: rounded, shared: Number, marks: Number, taylor: Number };
const READERS = {
  levels: (text) => Math.min(60, Math.max(4, Math.round(Number(text)))),
  frame: Number,
  size: (text) => Math.max(0, Math.round(Number(text))),
  batch: (text) => Math.max(1, Math.round(Number(text))),
  plane: (text) => Math.max(1, Math.round(Number(text))),
  shared: (text) => text !== "0",
  marks: (text) => text !== "0",
  taylor: (text) => text === "1",
  at: (text) => numbers(text, 2),
  zoom: (text) => only(numbers(text, 4), ([left, right, low, high]) => left < right && low < high),
  camera: (text) => only(numbers(text, 9), (found) => [0, 1, 2].some((axis) => found[axis] !== found[axis + 3]) && found.slice(6).some(Boolean)),
};

function numbers(text, count) {
  const found = text.split(",").map((part) => (part.trim() ? Number(part) : NaN));
  return found.length === count && found.every(Number.isFinite) ? found : undefined;
}

function only(found, isRight) { return found && isRight(found) ? found : undefined; }

export function stateFrom(hash) {
  const state = { ...DEFAULTS };
  for (const [name, text] of new URLSearchParams(hash.replace(/^#/, ""))) {
    if (!Object.hasOwn(DEFAULTS, name)) continue;
    const value = READERS[name] ? READERS[name](text) : text;
    const known = CHOICES[name] ? CHOICES[name].includes(value) : value !== undefined && !Number.isNaN(value);
    if (known) state[name] = value;
  }
  return state;
}

export function hashOf(state) {
  const words = new URLSearchParams();
  for (const [name, value] of Object.entries(state)) {
    if (value === null || JSON.stringify(value) === JSON.stringify(DEFAULTS[name])) continue;
    words.set(name, WRITERS[name] ? WRITERS[name](value) : value);
  }
  const text = words.toString();
  return text && `#${text}`;
}

let pending = null;

export function keepInAddress(state) {
  clearTimeout(pending);
  pending = setTimeout(() => {
    try {
      history.replaceState(null, "", hashOf(state) || location.pathname + location.search);
    } catch {
      // a frame without an address of its own, in a notebook say
    }
  }, 150);
}
