/* The page of lines between networks, where there is no plane to draw beside them. */

import { addBetween } from "./between-cards.js";
import { byId, element } from "./elements.js";
import { themeOf } from "./theme.js";
import { inflated, loadLibrary } from "./unpack.js";

let theme;

function useTheme(wish) {
  theme = themeOf({ theme: wish });
  document.documentElement.dataset.theme = theme.dark ? "dark" : "light";
  byId("theme").textContent = theme.dark ? "light" : "dark";
}

async function start() {
  const main = byId("cards");
  await loadLibrary();
  const content = await (await inflated("page-data")).json();
  useTheme(new URLSearchParams(location.hash.slice(1)).get("theme") || "");
  main.textContent = "";
  const compared = addBetween(content.between, main);
  byId("theme").addEventListener("click", () => { useTheme(theme.dark ? "light" : "dark"); compared.draw(theme); });
  await compared.draw(theme);
  main.setAttribute("aria-busy", "false");
}

start().catch((error) => {
  byId("cards").replaceChildren(element("p", "absent", `This page can't be drawn here: ${error.message}.`));
  throw error;
});
