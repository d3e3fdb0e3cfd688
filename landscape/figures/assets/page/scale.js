/* How a metric becomes height and colour; the same rules as `landscape/figures/scale.py`, held together by a test. */

const DECADE_PARTS = [1 / 50, 1 / 20, 1 / 10, 1 / 5, 1 / 4, 1 / 2, 1, 2];
const MOST_LABELS = 9;
const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

export function roundUp(step) {
  const power = 10 ** Math.floor(Math.log10(step));
  return [1, 2, 2.5, 5, 10].map((digit) => digit * power).find((found) => found >= step * (1 - 1e-9));
}

/* kind: log (height is log10), linear, or clipped (linear, flat above `high`). */
export function makeScale(kind, low, high, numLevels) {
  const height = (value) => {
    if (!Number.isFinite(value)) return NaN;
    if (kind === "log") return Math.log10(Math.max(value, low));
    return kind === "clipped" ? Math.min(value, high) : value;
  };
  let ends = [height(low), height(high)];
  if (!(ends[1] > ends[0])) {
    const margin = Math.abs(ends[0]) * 1e-3 || 1e-3;
    ends = [ends[0] - margin, ends[0] + margin];
  }
  const rough = (ends[1] - ends[0]) / numLevels;
  const wider = kind === "log" && rough > DECADE_PARTS[0] / 4 ? DECADE_PARTS.find((part) => part >= rough) : undefined;
  return { kind, low, high, height, ends, step: wider ?? roundUp(rough) };
}

/* One scale for a metric of several surfaces: a log's floor is the smallest positive value. */
export function scaleOver(arrays, kind, numLevels) {
  let least = Infinity, most = -Infinity, floor = Infinity;
  for (const values of arrays) {
    for (const value of values) {
      if (!Number.isFinite(value)) continue;
      if (value < least) least = value;
      if (value > most) most = value;
      if (value > 0 && value < floor) floor = value;
    }
  }
  if (least > most) return makeScale("linear", 0, 1, numLevels);
  if (kind === "log" && least >= 0 && floor < Infinity) return makeScale("log", floor, most, numLevels);
  if (kind === "clipped") {
    const median = medianOf(arrays);
    const cut = median > 0 ? roundUp(median) : median;
    if (least < cut && cut < most) return makeScale("clipped", least, cut, numLevels);
  }
  return makeScale("linear", least, most, numLevels);
}

/* Symmetric about zero, for differences; clipped at the value below which nine tenths of them lie. */
export function differenceScale(arrays, kind, numLevels) {
  const sizes = finiteOf(arrays).map(Math.abs).sort((a, b) => a - b);
  const most = sizes.length ? sizes[sizes.length - 1] : 1;
  const nineTenths = kind === "clipped" && sizes.length ? sizes[Math.floor(0.9 * (sizes.length - 1))] : 0;
  const cut = nineTenths > 0 ? roundUp(nineTenths) : most;
  const end = Math.min(cut, most) || 1;
  const scale = makeScale("linear", -end, end, numLevels);
  const clip = (value) => (Number.isFinite(value) ? Math.max(-end, Math.min(end, value)) : NaN);
  return { ...scale, kind: end < most ? "clipped" : "linear", height: clip, diverging: true };
}

function finiteOf(arrays) {
  const found = [];
  for (const values of arrays) for (const value of values) if (Number.isFinite(value)) found.push(value);
  return found;
}

function medianOf(arrays) {
  const found = finiteOf(arrays).sort((a, b) => a - b);
  const middle = found.length >> 1;
  return found.length % 2 ? found[middle] : (found[middle - 1] + found[middle]) / 2;
}

/* The values, in the metric's own units, that get a label: decades, or rounder ones where these are few. */
export function labelledValues(scale) {
  let [low, high] = scale.ends;
  if (scale.kind === "log") {
    for (const digits of [[1], [1, 3], [1, 2, 5], [1, 1.5, 2, 3, 4, 5, 6, 8]]) {
      const found = [];
      for (let exponent = Math.floor(low); exponent <= Math.ceil(high); exponent++) {
        for (const digit of digits) {
          const value = digit * 10 ** exponent;
          if (Math.log10(value) >= low - 1e-9 && Math.log10(value) <= high + 1e-9) found.push(value);
        }
      }
      if (found.length >= 3) {
        const stride = Math.ceil(found.length / MOST_LABELS);
        return found.filter((_, place) => place % stride === 0);
      }
    }
    [low, high] = [10 ** low, 10 ** high];
  }
  const step = roundUp((high - low) / 6);
  const found = [];
  for (let place = Math.ceil(low / step); place < Math.floor(high / step) + 1; place++) {
    found.push(Number((place * step).toPrecision(12)));
  }
  return found;
}

/* Plotly's start, end and size of the isolines: whole multiples of the step inside the range. */
export function levelsOf(scale) {
  const first = Math.ceil(scale.ends[0] / scale.step);
  const last = Math.floor(scale.ends[1] / scale.step);
  return last >= first
    ? { start: first * scale.step, end: last * scale.step, size: scale.step }
    : { start: scale.ends[0], end: scale.ends[1], size: scale.step };
}

export function isShare(metric) { return metric.endsWith("accuracy"); }

/* A value as a tick's text: per cent for accuracies, few digits otherwise. */
export function label(value, metric = "") {
  if (isShare(metric)) return `${Number((100 * value).toPrecision(4))}%`;
  const size = Math.abs(value);
  if (value && !(size >= 1e-3 && size < 9999.5)) {
    const [digits, exponent] = value.toExponential(2).split("e");
    const raised = String(Number(exponent)).replace("-", "⁻").replace(/\d/g, (digit) => SUPERSCRIPTS[digit]);
    return Number(digits) === 1 ? `10${raised}` : `${Number(digits)}·10${raised}`;
  }
  return String(Number(value.toPrecision(4)));
}

/* A measured value in full words: what is not finite is said. */
export function told(value, metric, digits = 5) {
  if (value === undefined) return "–";
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (isShare(metric)) return `${(100 * value).toFixed(digits > 4 ? 2 : 1)}%`;
  const size = Math.abs(value);
  return value && !(size >= 1e-3 && size < 1e5) ? value.toExponential(digits - 2) : String(Number(value.toPrecision(digits)));
}

export function ticksOf(scale, metric) {
  const values = labelledValues(scale);
  return { tickvals: values.map(scale.height), ticktext: values.map((value) => label(value, metric)) };
}
