// Forms that do something: the answer is shown in the page, or said.

import { $, toast } from "./dom.js";
import { live, put } from "./live.js";

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
