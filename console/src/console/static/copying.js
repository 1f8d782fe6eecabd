// What can be copied: a text that is here, or one that the server writes.

import { toast } from "./dom.js";

export async function copy(link) {
  const text = link.dataset.copyText ?? (await (await fetch(link.href)).text());
  try {
    await navigator.clipboard.writeText(text);
    toast(`Copied ${link.dataset.copy ?? text}`);
  } catch {
    location.assign(link.href); // no clipboard here: it can be copied by hand
  }
}
