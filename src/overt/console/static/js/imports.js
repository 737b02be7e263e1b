// An archive sent as it is, with progress, and its import followed until it is over.
// The server seals what comes in before it is on a disk; a form's parts would lie there in the clear.

import { announce, csrf, parsed, renewed, send } from "./overt.js";

const EVERY_MS = 1500;
const place = document.querySelector("[data-import]");
const jobs = place?.dataset.jobs ?? "/imports";
let request = null;
let last = null;

/** Ask how far an import is, and show it, until it is over. */
async function follow(address, into) {
  for (;;) {
    let text;
    try {
      text = await (await send(address, { method: "GET" })).text();
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      await new Promise((resolve) => { setTimeout(resolve, EVERY_MS); });
      continue;
    }
    const found = parsed(text).querySelector("[data-progress]");
    if (!found) return null;
    into.replaceChildren(found);
    if (found.dataset.state !== "running") {
      announce(`${found.querySelector("[data-progress-word]").textContent} ${found.querySelector(".tally-row").textContent}`);
      return found.dataset;
    }
    await new Promise((resolve) => { setTimeout(resolve, EVERY_MS); });
  }
}

function transfer(address, file) {
  return new Promise((resolve, reject) => {
    request = new XMLHttpRequest();
    request.open("POST", address);
    request.setRequestHeader("Content-Type", "application/zip");
    request.setRequestHeader("X-Overt-Csrf", csrf());
    request.setRequestHeader("Accept", "application/json");
    request.upload.addEventListener("progress", (event) => {
      if (!event.lengthComputable) return;
      const percent = Math.floor(100 * event.loaded / event.total);
      place.querySelector("[data-sending-bar]").value = percent;
      place.querySelector("[data-sending-word]").textContent = percent < 100 ? `Sending: ${percent} of 100` : "Sent; the archive is being checked";
    });
    request.addEventListener("load", () => resolve(request));
    request.addEventListener("error", () => reject(new TypeError("no connection")));
    request.addEventListener("abort", () => resolve(null));
    request.send(file);
  });
}

function refuse(words) {
  const refusal = place.querySelector("[data-refusal]");
  refusal.textContent = words;
  refusal.hidden = !words;
  if (words) announce(words, { urgent: true });
}

function busy(is) {
  place.querySelector("[data-sending]").hidden = !is;
  for (const button of place.querySelectorAll("[data-send]")) button.disabled = is || !last;
}

async function start(dry) {
  const file = last;
  refuse("");
  place.querySelector("[data-after]").hidden = true;
  place.querySelector("[data-import-progress]").replaceChildren();
  if (file.size > Number(place.dataset.mostBytes)) { refuse("The archive is too large. Split the table in two."); return; }
  busy(true);
  try {
    const id = await taken(dry, file);
    if (id) await report(id, dry);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    refuse("There is no connection. Nothing was imported; send the archive again when there is.");
  } finally {
    busy(false);
  }
}

async function taken(dry, file) {
  for (;;) {
    const query = "named" in place.dataset ? `name=${encodeURIComponent(file.name.slice(0, 200))}` : `dry_run=${dry}`;
    const answer = await transfer(`${place.dataset.import}?${query}`, file);
    if (!answer) { announce("Nothing was sent"); return null; }
    if (answer.status === 401) { await renewed(); continue; }
    if (answer.status === 202) return JSON.parse(answer.responseText).id;
    const isJson = answer.getResponseHeader("Content-Type")?.startsWith("application/json");
    const said = isJson ? JSON.parse(answer.responseText) : { what: parsed(answer.responseText).querySelector(".lead")?.textContent ?? "The archive cannot be taken" };
    refuse(`${said.what}${said.what.endsWith(".") ? "" : "."} ${said.remedy ?? ""}`);
    return null;
  }
}

async function report(id, dry) {
  place.querySelector("[data-sending]").hidden = true;
  const done = await follow(`${jobs}/${id}/progress`, place.querySelector("[data-import-progress]"));
  const after = place.querySelector("[data-after]");
  after.hidden = false;
  after.querySelector("[data-report]").href = `${jobs}/${id}`;
  const now = after.querySelector("[data-now]");
  if (now) now.hidden = !(dry && done?.state === "finished" && Number(done.takes));
  after.querySelector("[data-report]").focus();
}

function choose(file) {
  last = file ?? null;
  refuse("");
  place.querySelector("[data-after]").hidden = true;
  place.querySelector("[data-import-progress]").replaceChildren();
  busy(false);
}

if (place) {
  const input = place.querySelector("input[type=file]");
  place.querySelector("[data-drop-zip]").hidden = false;
  input.addEventListener("change", () => choose(input.files[0]));
  place.addEventListener("click", (event) => {
    const button = event.target.closest("[data-send]");
    if (button) start(button.dataset.send === "dry");
    if (event.target.closest("[data-stops]")) request?.abort();
  });
  addEventListener("dragover", (event) => { event.preventDefault(); place.querySelector("[data-drop-zip]").classList.add("over"); });
  addEventListener("dragleave", (event) => { if (!event.relatedTarget) place.querySelector("[data-drop-zip]").classList.remove("over"); });
  addEventListener("drop", (event) => {
    event.preventDefault();
    place.querySelector("[data-drop-zip]").classList.remove("over");
    if (!event.dataTransfer.files.length) return;
    input.files = event.dataTransfer.files;
    choose(input.files[0]);
  });
  if (input.files.length) choose(input.files[0]);
}

const followed = document.querySelector("[data-follows]");
if (followed?.querySelector("[data-progress]")?.dataset.state === "running") {
  follow(followed.dataset.follows, followed).then(() => location.reload());
}
