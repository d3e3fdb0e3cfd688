/* What is under the pointer: coordinates and every metric of the nearest measured point. */

import { byId, element, table } from "./elements.js";
import { fullName } from "./planes.js";
import { told } from "./scale.js";
import { isDone, pointAt } from "./surfaces.js";

export function showTooltip(surface, metrics, at, event) {
  const tooltip = byId("tooltip");
  const point = pointAt(surface, at);
  if (!point) return hideTooltip();
  const rows = [["α", String(Number(point.at[0].toPrecision(4)))]];
  if (!surface.isLine) rows.push(["β", String(Number(point.at[1].toPrecision(4)))]);
  for (const { key, name } of metrics) {
    if (surface.values[key]) rows.push([name, isDone(surface, point.place) ? told(surface.values[key][point.place], key) : "not measured"]);
  }
  tooltip.replaceChildren(element("strong", "", fullName(surface)), table(rows));
  tooltip.hidden = false;
  const { innerWidth, innerHeight } = window;
  const box = tooltip.getBoundingClientRect();
  const left = event.clientX + 16 + box.width > innerWidth ? event.clientX - 16 - box.width : event.clientX + 16;
  const top = Math.min(event.clientY + 12, innerHeight - box.height - 8);
  tooltip.style.left = `${Math.max(4, left)}px`;
  tooltip.style.top = `${Math.max(4, top)}px`;
  return undefined;
}

export function hideTooltip() { byId("tooltip").hidden = true; }
