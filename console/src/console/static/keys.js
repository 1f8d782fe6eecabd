// The keyboard: what base.html lists as its help.

import { $, $$ } from "./dom.js";
import { showNew } from "./live.js";
import { focusRow, items, move, spans, tree } from "./rows.js";
import { switchTheme } from "./theme.js";
import { closeSpan, nextFound, reveal, step } from "./tree.js";

function nextError() {
  if (tree) {
    const rows = spans();
    const after = rows.slice(rows.indexOf(document.activeElement) + 1);
    const found = [...after, ...rows].find((row) => row.matches(".span.failed"));
    if (found) reveal(found);
    return;
  }
  const rows = items();
  const after = rows.slice(rows.indexOf(document.activeElement) + 1);
  const found = [...after, ...rows].find((row) => row.closest(".failed"));
  if (found) focusRow(found);
}

const KEYS = {
  j: () => move(1),
  k: () => move(-1),
  g: () => move(-Infinity),
  G: () => move(Infinity),
  e: nextError,
  h: (row) => tree && row && step(row, false),
  l: (row) => tree && row && step(row, true),
  "/": () => $("[data-find]")?.select(),
  ".": showNew,
  t: switchTheme,
  "?": () => $("#help").showModal(),
};
const ARROWS = { ArrowDown: "j", ArrowUp: "k", ArrowLeft: "h", ArrowRight: "l", Home: "g", End: "G" };

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || $("dialog[open]")) return;
  const field = event.target.closest("input, select, textarea");
  if (event.key === "Escape") {
    if (field) field.blur();
    else if ($(".menu[open]")) $(".menu[open]").open = false;
    else if ($("#panel")?.childElementCount) closeSpan();
    return;
  }
  if (field) {
    if (event.key === "Enter" && "findSpan" in field.dataset) nextFound();
    return;
  }
  const row = items().includes(document.activeElement) ? document.activeElement : null;
  const arrow = row ? ARROWS[event.key] : undefined;
  const page = /^[1-9]$/.test(event.key) ? $$(".top nav a")[event.key - 1] : null;
  const act = page ? () => page.click() : KEYS[arrow ?? event.key];
  if (!act) return;
  event.preventDefault();
  act(row);
});
