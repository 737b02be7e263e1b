// A picture to offer: dropped, chosen or pasted. It is judged at once, and the verdict is drawn over it.
// Without this script the plain file input works, and the picture is judged when the form is sent.

import { announce, parsed, send } from "./overt.js";

const judged = new WeakMap(); // by file, the verdict that was given, and for which day

function zone() {
  return document.querySelector("[data-drop]");
}

function prepare(root) {
  for (const one of root.querySelectorAll("[data-drop] [data-scripted]")) one.hidden = false;
  const input = root.querySelector("[data-drop] input[type=file]");
  if (input?.files.length) look(input);
}

/** Show the picture that was chosen, and have it judged. */
function look(input) {
  const place = input.closest("[data-drop]");
  const figure = place.querySelector("[data-shown]");
  const preview = place.querySelector("[data-preview]");
  const file = input.files[0];
  if (preview.src) URL.revokeObjectURL(preview.src);
  place.querySelector("[data-drawn]")?.remove();
  figure.hidden = !file;
  place.classList.toggle("has-picture", Boolean(file));
  if (!file) { preview.removeAttribute("src"); tell(place, ""); return; }
  preview.src = URL.createObjectURL(file);
  place.querySelector("[data-name]").textContent = file.name || "pasted picture";
  judge(place, file);
}

let asked = 0;

async function judge(place, file) {
  const form = place.closest("form");
  const day = form.elements.taken_on?.value ?? "";
  const unknown = form.elements.taken_unknown?.checked ?? false;
  const known = judged.get(file);
  if (known?.day === day && known.unknown === unknown) { draw(place, known.text); return; }
  if (file.size > Number(place.dataset.mostBytes)) { tell(place, "The picture is too large. Give a smaller copy."); return; }
  const body = new FormData();
  body.set("picture", file, file.name || "pasted picture");
  body.set("taken_on", day);
  if (unknown) body.set("taken_unknown", "yes");
  const mine = ++asked;
  tell(place, "The picture is being judged …");
  try {
    const answer = await send(place.dataset.judge, { body });
    const text = await answer.text();
    if (mine !== asked) return;
    if (answer.ok) judged.set(file, { day, unknown, text });
    draw(place, text, { say: true });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    if (mine === asked) tell(place, "There is no connection. The picture is kept, and judged when you send the form.");
  }
}

/** Put a verdict in its place: the lines over the picture, the words beneath it. */
function draw(place, text, { say = false } = {}) {
  const found = parsed(text);
  const verdict = found.querySelector(".verdict");
  if (!verdict) { tell(place, found.querySelector(".lead")?.textContent ?? "The picture cannot be judged at the moment."); return; }
  place.querySelector("[data-shown] [data-drawn]")?.remove();
  const lines = verdict.querySelector("[data-drawn]");
  if (lines) {
    lines.removeAttribute("hidden");
    place.querySelector("[data-preview]").after(lines);
  }
  place.querySelector("[data-verdict]").replaceChildren(verdict);
  if (say) announce([...verdict.querySelectorAll("[data-verdict-word], .findings li")].map((one) => one.textContent.trim()).join(" "));
}

function tell(place, words) {
  const said = document.createElement("p");
  said.className = "soft";
  said.textContent = words;
  place.querySelector("[data-verdict]").replaceChildren(...(words ? [said] : []));
  if (words) announce(words);
}

/** Give the input a file that was dropped or pasted. */
function give(files) {
  const place = zone();
  const picture = [...files].find((file) => file.type.startsWith("image/")) ?? files[0];
  if (!place || !picture) return;
  const held = new DataTransfer();
  held.items.add(picture);
  const input = place.querySelector("input[type=file]");
  input.files = held.files;
  look(input);
  input.focus();
}

document.addEventListener("change", (event) => {
  const place = event.target.closest("[data-drop]");
  if (place && event.target.type === "file") { look(event.target); return; }
  const either = event.target.closest("[data-or-unknown]");
  if (!either) return;
  const [day, unknown] = [either.querySelector("input[type=date]"), either.querySelector("input[type=checkbox]")];
  if (event.target === unknown && unknown.checked) day.value = "";
  if (event.target === day && day.value) unknown.checked = false;
  const input = zone()?.querySelector("input[type=file]");
  if (day.name === "taken_on" && input?.files.length) judge(zone(), input.files[0]);
});

addEventListener("dragover", (event) => {
  if (!zone() || !event.dataTransfer.types.includes("Files")) return;
  event.preventDefault();
  zone().classList.add("over");
});
addEventListener("dragleave", (event) => { if (!event.relatedTarget) zone()?.classList.remove("over"); });
addEventListener("drop", (event) => {
  if (!zone()) return;
  event.preventDefault();
  zone().classList.remove("over");
  if (event.dataTransfer.files.length) give(event.dataTransfer.files);
});
addEventListener("paste", (event) => {
  if (!event.clipboardData?.files.length || !zone()) return;
  event.preventDefault();
  give(event.clipboardData.files);
});

document.addEventListener("overt:shown", (event) => prepare(event.detail));
prepare(document);
