// The tree of spans: folding, finding, and the panel of the span that is selected.

import { $, $$ } from "./dom.js";
import { focusRow, move, spans, tree } from "./rows.js";

const ROW_HEIGHT = 28;
const LINE_HEIGHT = 24;

const level = (row) => Number(row.ariaLevel);

function fold() {
  let below = Infinity;
  for (const row of spans()) {
    row.hidden = level(row) > below;
    if (!row.hidden) below = row.getAttribute("aria-expanded") === "false" ? level(row) : Infinity;
  }
  for (const chunk of $$(".chunk", tree)) {
    const shown = $$(":scope > :not([hidden])", chunk);
    const lines = shown.filter((row) => row.classList.contains("line")).length;
    chunk.hidden = shown.length === 0;
    chunk.style.containIntrinsicSize = `none ${(shown.length - lines) * ROW_HEIGHT + lines * LINE_HEIGHT}px`;
  }
}

function setFolded(rows, folded) {
  for (const row of rows) if (row.ariaExpanded !== null) row.ariaExpanded = String(!folded);
  fold();
}

function parentOf(row) {
  const rows = spans();
  return rows.slice(0, rows.indexOf(row)).findLast((above) => level(above) < level(row));
}

export function reveal(row) {
  for (let above = parentOf(row); above; above = parentOf(above)) above.ariaExpanded = "true";
  fold();
  focusRow(row);
}

export function step(row, unfold) {
  if (row.ariaExpanded === String(!unfold)) setFolded([row], !unfold);
  else if (unfold && row.ariaExpanded) move(1);
  else if (!unfold && parentOf(row)) focusRow(parentOf(row));
}

async function openSpan(href) {
  const id = new URL(href, location.href).searchParams.get("span");
  if (!id) return;
  const answer = await fetch(`${location.pathname}/span/${id}`);
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  $("#panel").replaceChildren(...page.body.childNodes);
  $("#panel").scrollTop = 0;
  history.replaceState(null, "", `${location.pathname}?span=${id}`);
  for (const row of $$("[aria-selected]", tree)) row.removeAttribute("aria-selected");
  document.getElementById(`s${id}`)?.setAttribute("aria-selected", "true");
}

export function closeSpan() {
  const row = $('[aria-selected="true"]', tree);
  row?.removeAttribute("aria-selected");
  $("#panel").replaceChildren();
  history.replaceState(null, "", location.pathname);
  if (row) focusRow(row);
}

export function showSpan(href) {
  const row = document.getElementById(`s${new URL(href, location.href).searchParams.get("span")}`);
  if (row) reveal(row);
  openSpan(href);
}

export const foldAll = () => setFolded(spans().filter((row) => level(row) > 1), true);
export const unfoldAll = () => setFolded(spans(), false);

export function clickRow(row, event) {
  if (event.target.closest(".fold")) setFolded([row], row.ariaExpanded === "true");
  else openSpan(row.href);
  focusRow(row);
}

function findSpans(text) {
  const wanted = text.trim().toLowerCase();
  for (const row of spans()) row.classList.toggle("found", wanted !== "" && row.textContent.toLowerCase().includes(wanted));
}

export function nextFound() {
  const found = $$(".found", tree);
  const at = found.findIndex((row) => row.tabIndex === 0);
  const next = found[(at + 1) % found.length];
  if (next) reveal(next);
}

if (tree) {
  tree.addEventListener("exchanged", fold);
  $("[data-find-span]").addEventListener("input", (event) => findSpans(event.target.value));
  $('[aria-selected="true"]', tree)?.scrollIntoView({ block: "center" });
}
