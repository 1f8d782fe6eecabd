// Parts that stay up to date: each is marked data-live, and asked for again when the server says that there is more.

import { $, $$ } from "./dom.js";

const MOST_ROWS = 2000;
const REST = 4; // times as long as the last answer took: a page that is much work is asked for less often

export const keyOf = (row) => row.dataset.key;

export async function load(url) {
  const answer = await fetch(url, { headers: { accept: "text/html" } });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  return { page, url: answer.url };
}

export function put(page, { whole }) {
  if ($$("[data-live]").some((here) => !page.getElementById(here.id))) return location.reload(); // another page by now
  document.body.dataset.version = page.body.dataset.version ?? "";
  for (const fresh of $$("[data-live]", page)) {
    const here = document.getElementById(fresh.id);
    if (!here) continue;
    const [rows, freshRows] = [$("[data-list]", here), $("[data-list]", fresh)];
    if (!whole && rows && freshRows) merge(rows, freshRows);
    else if (here.innerHTML !== fresh.innerHTML) exchange(here, fresh);
    here.hidden = fresh.hidden;
  }
}

function exchange(here, fresh) {
  const focused = here.contains(document.activeElement) ? document.activeElement.id : "";
  const folded = $$('[aria-expanded="false"]', here).map((row) => row.id);
  here.replaceChildren(...fresh.childNodes);
  for (const id of folded) document.getElementById(id)?.setAttribute("aria-expanded", "false");
  here.dispatchEvent(new Event("exchanged"));
  if (focused) document.getElementById(focused)?.focus();
}

// New rows go on top when the reader is there; else they wait, and what is being read stays where it is.
function merge(rows, fresh) {
  const here = new Map([...rows.children].map((row) => [keyOf(row), row]));
  const added = [];
  for (const row of [...fresh.children]) {
    const old = here.get(keyOf(row));
    if (!old) added.push(row);
    else if (old.dataset.version !== row.dataset.version) {
      const focused = old.contains(document.activeElement);
      old.replaceWith(row);
      if (focused) $("[data-row]", row)?.focus();
    }
  }
  if (isAtTop(rows)) {
    for (const row of added) row.classList.add("new");
    insert(rows, added);
    while (rows.children.length > MOST_ROWS) rows.lastElementChild.remove();
    waiting(0);
  } else waiting(added.length, added.length === fresh.children.length);
}

// Rows that tell a time stand in its order, whenever they come; others in that of their arrival.
function insert(rows, added) {
  if (!added[0]?.dataset.time) return rows.prepend(...added);
  let place = rows.firstElementChild;
  for (const row of added) {
    while (place && place.dataset.time > row.dataset.time) place = place.nextElementSibling;
    rows.insertBefore(row, place);
  }
}

function isAtTop(rows) {
  return scrollY < 8 && (!rows.contains(document.activeElement) || rows.firstElementChild.contains(document.activeElement));
}

export function waiting(count, more = false) {
  const button = $("#fresh");
  if (!button) return;
  button.hidden = count === 0;
  $("span", button).textContent = `${count}${more ? "+" : ""}`;
}

export async function showNew() {
  await refresh({ whole: true });
  waiting(0);
  scrollTo({ top: 0 });
  $("[data-row]")?.focus({ preventScroll: true });
}

let wanted = null; // what is to be asked for next, and who waits for it
let working = false;
let restUntil = 0;

// Ask for the page again; what is asked for while an answer is under way is asked for once, after it.
export function refresh({ whole = false } = {}) {
  wanted ??= { whole: false, tell: [] };
  wanted.whole ||= whole;
  const { tell } = wanted;
  const done = new Promise((resolve) => tell.push(resolve));
  if (!working) work();
  return done;
}

async function work() {
  working = true;
  while (wanted) {
    if (!wanted.whole) await pause(restUntil - performance.now());
    const { whole, tell } = wanted;
    wanted = null;
    const began = performance.now();
    try {
      put((await load(location.href)).page, { whole });
    } catch {
      live("off");
    }
    restUntil = performance.now() + REST * (performance.now() - began);
    for (const resolve of tell) resolve();
  }
  working = false;
}

const pause = (milliseconds) => milliseconds > 0 && new Promise((resolve) => setTimeout(resolve, milliseconds));

let stream = null;

export function follow() {
  const feed = document.body.dataset.feed;
  if (!feed || document.hidden) return;
  stream = new EventSource(feed);
  stream.addEventListener("open", () => live("on"));
  stream.addEventListener("error", () => live("off"));
  stream.addEventListener("changed", (event) => {
    if (!event.data || event.data !== document.body.dataset.version) refresh();
  });
}

export function live(state) {
  const sign = $("#live");
  sign.hidden = false;
  sign.dataset.state = state;
  $(".words", sign).textContent = state === "on" ? "live" : "no connection";
}

document.addEventListener("visibilitychange", () => {
  stream?.close(); // a hidden page holds no connection, of which a browser has six
  follow();
});
addEventListener("pagehide", () => stream?.close());
