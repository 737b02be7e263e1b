// Ticking the entries of a page together, and how many are ticked.

import { announce } from "./overt.js";

function prepare(root) {
  for (const form of root.querySelectorAll("[data-selects]")) {
    form.querySelector("[data-all]").hidden = !boxes(form).length;
    count(form);
  }
}

function boxes(form) {
  return [...form.querySelectorAll("input[name=entry]")];
}

function count(form) {
  const all = boxes(form);
  const ticked = all.filter((box) => box.checked).length;
  const whole = form.querySelector("[data-all] input");
  if (!whole) return;
  whole.checked = all.length > 0 && ticked === all.length;
  whole.indeterminate = ticked > 0 && ticked < all.length;
  for (const place of form.querySelectorAll("[data-count]")) place.textContent = ticked ? ` (${ticked})` : "";
}

document.addEventListener("change", (event) => {
  const form = event.target.closest("[data-selects]");
  if (!form || event.target.type !== "checkbox") return;
  if (event.target.closest("[data-all]")) {
    for (const box of boxes(form)) box.checked = event.target.checked;
    announce(event.target.checked ? `${boxes(form).length} entries are ticked` : "No entry is ticked");
  }
  count(form);
});

document.addEventListener("overt:shown", (event) => prepare(event.detail));
prepare(document);
