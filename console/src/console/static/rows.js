// What j and k go through: the lines of a list, or the spans of a tree.

import { $, $$ } from "./dom.js";
import { lengthen } from "./list.js";

export const tree = $("#spans");
export const spans = () => $$('[role="treeitem"]', tree);

export const items = () => (tree ? spans().filter((row) => !row.hidden) : $$("[data-row]"));

export function focusRow(row) {
  if (tree) {
    for (const other of $$('[tabindex="0"][role="treeitem"]', tree)) other.tabIndex = -1;
    row.tabIndex = 0;
  }
  row.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

export function move(by) {
  const rows = items();
  const at = rows.indexOf(document.activeElement);
  const next = at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + by));
  if (rows[next]) focusRow(rows[next]);
  if (!tree && next > rows.length - 5 && $("[data-more]")) lengthen($("[data-more]"));
}
