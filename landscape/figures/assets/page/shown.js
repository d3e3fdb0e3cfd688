/* What is shown: surfaces as they are, less another, or on the way from one to the next; and on which scale. */

import { differencesOf, planeOf } from "./planes.js";
import { differenceScale, isShare, scaleOver } from "./scale.js";
import { morphed } from "./surfaces.js";
import { themeOf } from "./theme.js";

/* The floor of each metric's log scale, 0 where it has none; worked out once. */
function floorsOf(page) {
  page.floors ??= Object.fromEntries(page.content.metrics.map(({ key, signed }) => {
    const arrays = page.surfaces.filter(({ values }) => values[key]).map(({ values }) => values[key]);
    const scale = scaleOver(arrays, "log", 24);
    return [key, !signed && !isShare(key) && scale.kind === "log" ? scale.low : 0];
  }));
  return page.floors;
}

function scalesOf(page, metric) {
  if (isShare(metric)) return ["linear", "clipped"];
  const arrays = page.surfaces.filter(({ values }) => values[metric]).map(({ values }) => values[metric]);
  return scaleOver(arrays, "log", 24).kind === "log" ? ["log", "linear", "clipped"] : ["linear", "clipped"];
}

function shownSurfaces(page) {
  const { surfaces, state, content } = page;
  if (content.sequence) {
    const first = Math.min(Math.floor(state.frame), surfaces.length - 1);
    const found = morphed(surfaces[first], surfaces[first + 1], state.frame - first, floorsOf(page));
    const surface = found || surfaces[first];
    return [{ surface, planes: [surface], place: 0, source: Math.min(surfaces.length - 1, Math.round(state.frame)) }];
  }
  return (state.minus === "" ? surfaces : differences(page)).map(({ planes, why }, place) => (
    planes ? { surface: planeOf(planes, state.plane), planes, place } : { surface: null, planes: [], place, why }
  ));
}

/* Every surface less the reference; kept while the reference stays, since planes may be many. */
function differences(page) {
  const { surfaces, state } = page;
  if (page.less?.minus === state.minus) return page.less.found;
  const reference = surfaces[Number(state.minus)];
  const found = surfaces.map((surface) => (
    surface === reference ? { why: "the reference, which is taken away from the others" } : differencesOf(surface, reference)
  ));
  page.less = { minus: state.minus, found };
  return found;
}

/* Bring the state to what these surfaces allow, and work out from it all that drawing needs. */
export function settle(page) {
  const { state, surfaces, content } = page;
  if (!content.metrics.some(({ key }) => key === state.metric)) state.metric = content.metrics[0].key;
  const canDiffer = surfaces.length > 1 && !content.sequence;
  if (!canDiffer || !(/^\d+$/.test(state.minus) && Number(state.minus) in surfaces)) state.minus = "";
  page.numPlanes = Math.max(...surfaces.map(({ planes, colour }) => (colour === undefined ? planes.length : 1)));
  state.plane = Math.min(state.plane, page.numPlanes);
  state.frame = Math.min(Math.max(0, state.frame), Math.max(0, page.numSteps - 1));
  const { name, signed } = content.metrics.find(({ key }) => key === state.metric);
  page.name = name;
  page.isDiverging = state.minus !== "" || Boolean(signed);
  page.kinds = page.isDiverging ? ["linear", "clipped"] : scalesOf(page, state.metric);
  page.kind = page.kinds.includes(state.scale) ? state.scale : page.kinds[0];
  page.theme = themeOf(state);
  page.shown = shownSurfaces(page);
  const { metric, levels } = state;
  const arraysOf = (some) => some.filter(({ values }) => values[metric]).map(({ values }) => values[metric]);
  const arrays = arraysOf(content.sequence ? surfaces : page.shown.flatMap(({ planes }) => planes));
  const scale = (some) => (page.isDiverging ? differenceScale(some, page.kind, levels) : scaleOver(some, page.kind, levels));
  page.scale = scale(arrays);
  // A card of its own scale, over all its planes, where that is wished for; curves share one.
  const planesWith = (surface) => page.shown.find(({ planes }) => planes.includes(surface)).planes;
  page.scaleFor = (surface) => (state.shared || surface.isLine || content.sequence ? page.scale : scale(arraysOf(planesWith(surface))));
  page.colours = content.colours[page.isDiverging ? "diverging" : state.colours];
  page.hasTaylor = !page.isDiverging && surfaces.some(({ taylor }) => taylor?.[metric]);
}

export function heightsOf(page, surface) { return Float64Array.from(surface.values[page.state.metric], page.scaleFor(surface).height); }

/* The second order to draw over a surface; undefined where there is none, or none is wished for. */
export function taylorOf(page, surface) { return page.state.taylor && page.hasTaylor ? surface.taylor?.[page.state.metric] : undefined; }

/* The surface that a card shows; undefined where it shows none. */
export function surfaceOf(page, card) { return page.shown.find(({ place }) => page.cards.planes[place] === card)?.surface; }
