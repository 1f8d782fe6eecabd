// Lists: filters that act as one types or chooses, and longer lists.

import { $, $$ } from "./dom.js";
import { keyOf, load, put, waiting } from "./live.js";

const list = () => $("[data-list]");
const form = $("form[data-auto]");
let typing = 0;

async function search() {
  const given = [...new FormData(form)].filter(([, value]) => value !== "");
  const url = `${location.pathname}${given.length ? `?${new URLSearchParams(given)}` : ""}`;
  for (const field of $$("input, select", form)) field.classList.toggle("set", field.value !== "");
  const { page, url: found } = await load(url);
  if (new URL(found).pathname !== location.pathname) return location.assign(found); // that of a pasted id
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

export async function lengthen(link) {
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
