/* How networks compare: cards of sentences, charts of the lines between them, and tables. */

import { drawChart } from "./charts.js";
import { cardOf } from "./figure-cards.js";
import { element, table } from "./elements.js";

/* Appends the cards, of which the second holds the lines; `draw` draws their charts, or draws them again in another theme. */
export function addBetween({ cards, facts }, main) {
  const section = main.appendChild(element("section", "between"));
  const made = cards.map((card) => cardOf(card, "h2", "all", "between"));
  const details = element("details", "");
  details.append(element("summary", "", "What the lines rest on"), table(facts, "facts"));
  made[1].append(details);
  section.append(...made);
  const panels = [...section.querySelectorAll(".chart")];
  return { section, draw: (theme) => Promise.all(panels.map((panel) => drawChart(panel, panel.figure, theme))) };
}
