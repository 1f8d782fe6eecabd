// What the pages do beyond being read: they stay up to date, obey the keyboard, fold, and copy.
// Everything is rendered by the server; a part marked data-live is asked for again when the server says so.

const $ = (selector, within = document) => within.querySelector(selector);
const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
const MOST_ROWS = 2000;
const ROW_HEIGHT = 28;
const LINE_HEIGHT = 24;

// ---- Parts that stay up to date

const list = () => $("[data-list]");
const keyOf = (row) => row.dataset.key;

async function load(url) {
  const answer = await fetch(url, { headers: { accept: "text/html" } });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  return { page, url: answer.url };
}

function put(page, { whole }) {
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
  if (here.id === "spans") fold();
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
    rows.prepend(...added);
    while (rows.children.length > MOST_ROWS) rows.lastElementChild.remove();
    waiting(0);
  } else waiting(added.length, added.length === fresh.children.length);
}

function isAtTop(rows) {
  return scrollY < 8 && (!rows.contains(document.activeElement) || rows.firstElementChild.contains(document.activeElement));
}

function waiting(count, more = false) {
  const button = $("#fresh");
  if (!button) return;
  button.hidden = count === 0;
  $("span", button).textContent = `${count}${more ? "+" : ""}`;
}

async function showNew() {
  await refresh({ whole: true });
  waiting(0);
  scrollTo({ top: 0 });
  $("[data-row]")?.focus({ preventScroll: true });
}

let refreshing = null;
let again = false;

async function refresh({ whole = false, url = location.href } = {}) {
  if (refreshing) {
    again = true;
    await refreshing;
    return;
  }
  refreshing = load(url).then(({ page }) => put(page, { whole })).catch(() => live("off"));
  await refreshing;
  refreshing = null;
  if (again) {
    again = false;
    await refresh();
  }
}

let stream = null;

function follow() {
  const feed = document.body.dataset.feed;
  if (!feed || document.hidden) return;
  stream = new EventSource(feed);
  stream.addEventListener("open", () => live("on"));
  stream.addEventListener("error", () => live("off"));
  stream.addEventListener("changed", (event) => {
    if (!event.data || event.data !== document.body.dataset.version) refresh();
  });
}

function live(state) {
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

// ---- Forms that do something

addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  event.preventDefault();
  const button = $("button", form);
  button.disabled = true;
  try {
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    const text = await answer.text();
    if (answer.headers.get("content-type").startsWith("text/html")) {
      put(new DOMParser().parseFromString(text, "text/html"), { whole: true });
    } else toast(text);
  } catch {
    live("off");
  }
  button.disabled = false;
});

// ---- Filters and longer lists

const form = $("form[data-auto]");
let typing = 0;

async function search() {
  const given = [...new FormData(form)].filter(([, value]) => value !== "");
  const url = `${location.pathname}${given.length ? `?${new URLSearchParams(given)}` : ""}`;
  for (const field of $$("input, select", form)) field.classList.toggle("set", field.value !== "");
  const { page, url: found } = await load(url);
  if (new URL(found).pathname !== location.pathname) location.assign(found);
  history.replaceState(null, "", url);
  put(page, { whole: true });
  waiting(0);
}

form?.addEventListener("input", (event) => {
  clearTimeout(typing);
  typing = setTimeout(search, event.target.tagName === "INPUT" ? 200 : 0);
});
form?.addEventListener("submit", (event) => {
  event.preventDefault();
  clearTimeout(typing);
  search();
});

async function lengthen(link) {
  if (link.ariaBusy === "true") return;
  link.ariaBusy = "true";
  const { page } = await load(link.href);
  const known = new Set([...list().children].map(keyOf));
  list().append(...[...($("[data-list]", page)?.children ?? [])].filter((row) => !known.has(keyOf(row))));
  const next = $("[data-more]", page);
  if (next) {
    link.href = next.href;
    link.ariaBusy = "false";
  } else link.remove();
}

// ---- The tree of spans

const tree = $("#spans");
const spans = () => $$('[role="treeitem"]', tree);
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

function reveal(row) {
  for (let above = parentOf(row); above; above = parentOf(above)) above.ariaExpanded = "true";
  fold();
  focusRow(row);
}

function step(row, unfold) {
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

function closeSpan() {
  const row = $('[aria-selected="true"]', tree);
  row?.removeAttribute("aria-selected");
  $("#panel").replaceChildren();
  history.replaceState(null, "", location.pathname);
  if (row) focusRow(row);
}

const marked = () => $$(".found", tree);

function findSpans(text) {
  const wanted = text.trim().toLowerCase();
  for (const row of spans()) row.classList.toggle("found", wanted !== "" && row.textContent.toLowerCase().includes(wanted));
}

// ---- Keyboard

const items = () => (tree ? spans().filter((row) => !row.hidden) : $$("[data-row]"));

function focusRow(row) {
  if (tree) {
    for (const other of $$('[tabindex="0"][role="treeitem"]', tree)) other.tabIndex = -1;
    row.tabIndex = 0;
  }
  row.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

function move(by) {
  const rows = items();
  const at = rows.indexOf(document.activeElement);
  const next = at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + by));
  if (rows[next]) focusRow(rows[next]);
  if (!tree && next > rows.length - 5 && $("[data-more]")) lengthen($("[data-more]"));
}

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

function nextFound() {
  const found = marked();
  const at = found.findIndex((row) => row.tabIndex === 0);
  const next = found[(at + 1) % found.length];
  if (next) reveal(next);
}

// ---- Copying, the theme, and the mouse

let toasting = 0;

function toast(text) {
  $("#toast").textContent = text;
  $("#toast").classList.add("shown");
  clearTimeout(toasting);
  toasting = setTimeout(() => $("#toast").classList.remove("shown"), 2500);
}

async function copy(link) {
  const text = link.dataset.copyText ?? (await (await fetch(link.href)).text());
  try {
    await navigator.clipboard.writeText(text);
    toast(`Copied ${link.dataset.copy ?? text}`);
  } catch {
    location.assign(link.href); // no clipboard here: it can be copied by hand
  }
}

function switchTheme() {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  document.cookie = `theme=${root.dataset.theme}; path=/; max-age=31536000; samesite=strict`;
}

const CLICKS = {
  "[data-theme-switch]": switchTheme,
  "[data-help]": () => $("#help").showModal(),
  "#fresh": showNew,
  "[data-copy], [data-copy-text]": copy,
  "[data-more]": lengthen,
  "[data-close]": closeSpan,
  "[data-fold-all]": () => setFolded(spans().filter((row) => level(row) > 1), true),
  "[data-unfold-all]": () => setFolded(spans(), false),
  "[data-span]": (link) => {
    const row = document.getElementById(`s${new URL(link.href).searchParams.get("span")}`);
    if (row) reveal(row);
    openSpan(link.href);
  },
  "[data-toggle]": (button) => {
    const pressed = button.ariaPressed !== "true";
    button.ariaPressed = String(pressed);
    $("#fall").classList.toggle(button.dataset.toggle, "inverse" in button.dataset ? !pressed : pressed);
  },
  '#spans [role="treeitem"]': (row, event) => {
    if (event.target.closest(".fold")) setFolded([row], row.ariaExpanded === "true");
    else openSpan(row.href);
    focusRow(row);
  },
};

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
  if (row && !event.target.closest("a, button") && getSelection().isCollapsed) $("[data-row]", row)?.click();
});
$("[data-find-span]")?.addEventListener("input", (event) => findSpans(event.target.value));
if ($('[aria-selected="true"]', tree ?? document)) $('[aria-selected="true"]').scrollIntoView({ block: "center" });

follow();
