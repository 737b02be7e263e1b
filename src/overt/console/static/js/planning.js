// The plan's form, one step at a time; figures as one types; nothing half-written is left without a question.
// Without this script the same form is one long page, and every button of it works.

import { announce, parsed, send } from "./overt.js";

const steps = ["why", "who", "where", "when", "feeds", "point", "check"];
let form = null;
let written = false;
let waiting = 0;

function section(step) {
  return document.getElementById(`step-${step}`);
}

function wanted() {
  const wrong = form.querySelector(".wrong");
  const step = location.hash.startsWith("#step-") ? location.hash.slice(6) : wrong?.closest("[data-step]")?.dataset.step;
  return steps.includes(step) ? step : steps[0];
}

function open(step, { focus = true } = {}) {
  for (const one of steps) section(one).hidden = one !== step;
  for (const link of document.querySelectorAll("[data-step-link]")) {
    if (link.dataset.stepLink === step) link.setAttribute("aria-current", "step");
    else link.removeAttribute("aria-current");
    link.classList.toggle("wrong-step", Boolean(section(link.dataset.stepLink).querySelector(".wrong")));
  }
  form.querySelector("[data-back]").hidden = step === steps[0];
  form.querySelector("[data-next]").hidden = step === steps.at(-1);
  if (step === "check") check();
  if (!focus) return;
  section(step).querySelector("h2").focus({ preventScroll: true });
  document.querySelector(".steps").scrollIntoView();
}

function go(step) {
  if (location.hash === `#step-${step}`) open(step);
  else location.hash = `#step-${step}`;
}

/** The first field of a step that the browser can tell is wrong, told to the person. */
function amiss(step) {
  for (const field of section(step).querySelectorAll("input, select, textarea")) {
    if (!field.checkValidity()) { field.reportValidity(); return true; }
  }
  const lists = section(step).querySelectorAll("[name=watchlists]");
  if (lists.length && ![...lists].some((list) => list.checked)) {
    announce("Choose at least one watchlist", { urgent: true });
    lists[0].focus();
    return true;
  }
  return false;
}

/** An address as it may be read by anybody: without user, password and query. */
function bare(address) {
  const parts = /^([a-z]+:\/\/)(?:[^/]*@)?([^?#]*)/i.exec(address);
  return parts ? parts[1] + parts[2] : address;
}

function check() {
  const list = document.getElementById("check-list");
  list.replaceChildren();
  const tell = (name, value) => {
    const [term, said] = [document.createElement("dt"), document.createElement("dd")];
    term.textContent = name;
    said.textContent = value || "Not written yet";
    if (!value) said.className = "overdue";
    list.append(term, said);
  };
  const value = (name) => form.elements[name]?.value?.trim() ?? "";
  tell("Title", value("title"));
  tell("Use case", value("use_case") && form.elements.use_case.selectedOptions[0].textContent);
  tell("Purpose", value("purpose"));
  tell("Watchlists", [...form.querySelectorAll("[name=watchlists]:checked")].map((box) => box.closest("label").querySelector("strong").textContent).join("; "));
  tell("Location", value("location"));
  tell("Zone of recognition", value("zone"));
  tell("How the public is told", value("signage"));
  tell("Window", value("window_start") && value("window_end") && `${value("window_start").replace("T", " ")} to ${value("window_end").replace("T", " ")}, Europe/London`);
  if (form.elements.urgent.checked) tell("Urgent, because", value("urgent_reason"));
  for (const name of form.querySelectorAll("[name^=feed_name_]")) {
    const number = name.name.slice(10);
    const kept = value(`feed_known_${number}`);
    const address = bare(value(`feed_uri_${number}`)) || kept;
    tell(`Feed ${number}`, name.value && address && `${name.value}: ${address}`);
  }
  tell("Model pack", form.querySelector("[name=pack]:checked")?.value);
  tell("Threshold", value("threshold") || "the pack's own");
  tell("Faces expected", value("expected_footfall"));
  const foreseen = document.querySelector("#expected .foreseen");
  tell("False alerts to be expected", foreseen ? foreseen.textContent.trim() : "Not known from what is written");
}

const limits = ["threshold", "min_eye_distance", "min_quality", "confirmations"];

async function foresee() {
  const place = document.getElementById("expected");
  const chosen = [...form.querySelectorAll("[name=watchlists]:checked")];
  const entries = chosen.reduce((sum, box) => sum + Number(box.dataset.entries), 0);
  const asked = new URLSearchParams({
    pack: form.querySelector("[name=pack]:checked")?.value ?? "embedded", entries,
    footfall: form.elements.expected_footfall.value.trim().slice(0, 12),
  });
  for (const name of limits) asked.set(name, form.elements[name].value.trim().slice(0, 12));
  const mine = ++waiting;
  try {
    const answer = await send(`/deployments/expected?${asked}`, { method: "GET" });
    if (mine !== waiting || !answer.ok) return;
    place.replaceChildren(...parsed(await answer.text()).body.childNodes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // no connection: what stood there stands
  }
}

let soon = 0;
function changed(event) {
  written = true;
  const field = event.target;
  if (field.name === "urgent") reveal();
  if (["watchlists", "pack", "expected_footfall", ...limits].includes(field.name)) {
    clearTimeout(soon);
    soon = setTimeout(foresee, 350);
  }
}

function reveal() {
  document.getElementById("urgent-why").hidden = !form.elements.urgent.checked;
}

function begin() {
  form = document.querySelector("[data-plan]");
  if (!form) return;
  document.body.classList.add("stepped");
  form.querySelector("[data-step-moves]").hidden = false;
  form.addEventListener("input", changed);
  form.addEventListener("click", (event) => {
    const here = wanted();
    if (event.target.closest("[data-next]")) { if (!amiss(here)) go(steps[steps.indexOf(here) + 1]); }
    if (event.target.closest("[data-back]")) go(steps[steps.indexOf(here) - 1]);
    if (event.target.closest("[data-tries]")) announce("The feed is being opened. This takes up to half a minute.");
  });
  form.addEventListener("submit", (event) => { if (event.submitter?.value === "save") written = false; });
  if (form.querySelector(".wrong")) written = true;
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target.tagName !== "INPUT" || ["checkbox", "radio"].includes(event.target.type)) return;
    event.preventDefault();
    const next = form.querySelector("[data-next]");
    if (!next.hidden) next.click();
  });
  reveal();
  const wrong = form.querySelector(".wrong")?.closest("[data-step]")?.dataset.step;
  if (wrong) history.replaceState(null, "", `#step-${wrong}`);
  open(wanted(), { focus: false });
  form.querySelector("[data-new-row]")?.focus();
  const tried = form.querySelector("[data-just-tried]");
  tried?.focus();
  if (tried) announce(tried.querySelector(".notice.bad")?.textContent ?? "The feed gives pictures. A masked one is shown.");
}

addEventListener("hashchange", () => {
  if (!form?.isConnected) return;
  if (location.hash.startsWith("#field-")) {
    const field = document.getElementById(location.hash.slice(1));
    const step = field?.closest("[data-step]")?.dataset.step;
    if (step) { open(step, { focus: false }); field.focus(); }
    return;
  }
  open(wanted());
});
addEventListener("beforeunload", (event) => { if (written && form?.isConnected) event.preventDefault(); });
document.addEventListener("overt:shown", begin);
begin();
