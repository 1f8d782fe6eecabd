// What every part of the script uses.

export const $ = (selector, within = document) => within.querySelector(selector);
export const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];

let toasting = 0;

export function toast(text, milliseconds = 2500) {
  $("#toast").textContent = text;
  $("#toast").classList.add("shown");
  clearTimeout(toasting);
  toasting = setTimeout(() => $("#toast").classList.remove("shown"), milliseconds);
}
