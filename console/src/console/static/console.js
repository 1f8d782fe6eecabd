// What the pages do beyond being read: they stay up to date, obey the keyboard, fold, and copy.
// Everything is rendered by the server. This is what a click does; the rest lies in the modules, a concept each.

import { copy } from "./copying.js";
import { $ } from "./dom.js";
import "./forms.js";
import { importFiles } from "./importing.js";
import "./keys.js";
import { lengthen } from "./list.js";
import { follow, showNew } from "./live.js";
import { switchTheme } from "./theme.js";
import { clickRow, closeSpan, foldAll, showSpan, unfoldAll } from "./tree.js";

const CLICKS = {
  "[data-theme-switch]": switchTheme,
  "[data-help]": () => $("#help").showModal(),
  "#fresh": showNew,
  "[data-copy], [data-copy-text]": copy,
  "[data-more]": lengthen,
  "[data-close]": closeSpan,
  "[data-fold-all]": foldAll,
  "[data-unfold-all]": unfoldAll,
  "[data-span]": (link) => showSpan(link.href),
  "[data-toggle]": toggle,
  '#spans [role="treeitem"]': clickRow,
};

function toggle(button) {
  const pressed = button.ariaPressed !== "true";
  button.ariaPressed = String(pressed);
  $("#fall").classList.toggle(button.dataset.toggle, "inverse" in button.dataset ? !pressed : pressed);
}

addEventListener("click", (event) => {
  const menu = $(".menu[open]");
  if (menu && !event.target.closest(".menu summary")) menu.open = false;
  if (event.ctrlKey || event.metaKey || event.shiftKey) return; // in a tab of its own
  for (const [selector, act] of Object.entries(CLICKS)) {
    const found = event.target.closest(selector);
    if (found) {
      event.preventDefault();
      act(found, event);
      return;
    }
  }
  const row = event.target.closest("tr");
  if (row && !event.target.closest("a, button, summary, input, label") && getSelection().isCollapsed) $("[data-row]", row)?.click();
});

$("[data-import]")?.addEventListener("change", (event) => importFiles(event.target));

follow();
