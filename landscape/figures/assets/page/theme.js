/* Colours of the figures in the light and in the dark. */

export const DASHES = ["solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "solid", "dash"];

export function isDark(state) {
  return state.theme ? state.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

export function themeOf(state) {
  const dark = isDark(state);
  return {
    dark,
    text: dark ? "#e5e7eb" : "#1f2937",
    grid: dark ? "#374151" : "#e5e7eb",
    zero: dark ? "#9ca3af" : "#6b7280",
    card: dark ? "#111827" : "#ffffff",
    hole: dark ? "#6b7280" : "#c4c8ce",
    // Over the filled colours, from which it must stand out: magma is orange itself.
    second: state.colours === "magma" ? "#19d3c5" : "#ff5a36",
    // Okabe and Ito's colours; a dark page has violet for their dark blue, since a lighter blue is there already, and grey for black.
    curves: ["#e69f00", "#56b4e9", "#009e73", "#cc79a7", "#d55e00", dark ? "#a596ff" : "#0072b2", "#f0e442", dark ? "#d1d5db" : "#000000"],
  };
}

export function fontOf(theme, size = 12) { return { family: "system-ui, sans-serif", size, color: theme.text }; }
