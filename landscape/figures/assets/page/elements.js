/* Elements of the page, made and found. Names from files only ever become text. */

export function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

export function byId(id) { return document.getElementById(id); }

export function svg(tag, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

export function table(rows, className) {
  const made = element("table", className);
  for (const [what, value] of rows) {
    const row = made.appendChild(element("tr"));
    const head = row.appendChild(element("th", "", what));
    head.scope = "row";
    row.append(element("td", "", value));
  }
  return made;
}
