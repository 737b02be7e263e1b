// The officer's page: one page that stays open, in which lists and alerts are shown in turn, so that a tap is never lost
// by going somewhere. What was shown is kept in memory alone, and shown again where there is no connection.
import { announce, keepOffline, parsed, send, serverNow, show } from "./overt.js";
import { compare, drawFaces } from "./compare.js";
import { sound } from "./sound.js";
import { Outbox } from "./officer-outbox.js";
import { clock, engagements } from "./officer-taps.js";
import { follow } from "./officer-news.js";
import { actsOf } from "./officer-acts.js";

const outbox = new Outbox();
const taps = engagements(outbox, () => { acts.show(); connection(); });
const acts = actsOf(outbox, taps);
const seen = new Map();
const returned = [];
let stream = { deployment: "", state: "none", stop() {} };
let letGo = () => {};
let fresh = 0;
let title = document.title;

const place = () => document.querySelector("[data-officer]");
const article = () => document.querySelector("[data-alert]");
const here = () => location.pathname + location.search;

// Pages ---------------------------------------------------------------------------------------------------------------

async function go(address, { push = true } = {}) {
  let text = null;
  try {
    const answer = await send(address, { method: "GET", signal: AbortSignal.timeout(12_000) });
    text = await answer.text();
    if (answer.ok) seen.set(address, { text, at: serverNow() });
  } catch (error) {
    if (!(error instanceof TypeError) && !["AbortError", "TimeoutError"].includes(error.name)) throw error;
  }
  const known = seen.get(address);
  if (text === null && !known) { announce("There is no connection. That page was not opened before, and cannot be shown.", { urgent: true }); tell("Offline: that page cannot be opened now"); return; }
  if (push) history.pushState(null, "", address);
  show(text ?? known.text);
  scrollTo(0, 0);
  if (text === null) tell(`Offline: this is how it was at ${clock(new Date(known.at))}`);
  document.querySelector("h1").setAttribute("tabindex", "-1");
  document.querySelector("h1").focus({ preventScroll: true });
}

/** The page shows something else now. */
function shown() {
  if (!place()) { location.reload(); return; }
  title = document.title;
  letGo();
  letGo = drawFaces(document.querySelector("main"));
  const compared = document.querySelector("[data-compare]");
  if (compared) { compare(compared); larger(compared); }
  if (stream.deployment !== place().dataset.deployment) listen(place().dataset.deployment);
  acts.show();
  bring();
  connection();
}

function larger(compared) {
  const button = document.querySelector("[data-larger]");
  const turn = () => {
    const large = compared.classList.toggle("is-large");
    button.setAttribute("aria-pressed", String(large));
    if (large) compared.scrollIntoView({ block: "start" });
  };
  button.hidden = false;
  button.addEventListener("click", turn);
  for (const svg of compared.querySelectorAll(".looks svg")) {
    svg.addEventListener("click", turn);
    svg.addEventListener("keydown", (event) => { if (event.key === "Enter") turn(); });
  }
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("main a[href^='/officer']");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.defaultPrevented) return;
  event.preventDefault();
  go(link.getAttribute("href"));
});
addEventListener("popstate", () => go(here(), { push: false }));
document.addEventListener("overt:shown", shown);

/** Something short above everything else on the page. */
function tell(words) {
  const bar = document.getElementById("news");
  if (!bar) return;
  bar.hidden = words === "";
  bar.querySelector("span").textContent = words;
}

// Taps ----------------------------------------------------------------------------------------------------------------

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-acknowledge]")) return;
  event.preventDefault();
  const alert = form.dataset.acknowledge;
  if (outbox.of(alert, "acknowledge")) return;
  const at = new Date(serverNow());
  outbox.add({ alert, kind: "acknowledge", address: form.getAttribute("action"), words: `You are on it, tapped ${clock(at)}` });
  acts.show();
  announce(`You are on it: ${form.dataset.name}`);
}, { capture: true });

outbox.addEventListener("changed", () => { acts.show(); connection(); });

outbox.addEventListener("accepted", ({ detail: { item, text } }) => {
  if (item.kind !== "acknowledge") taps.recorded(item.alert, item.kind);
  seen.set(`/officer/alerts/${item.alert}`, { text, at: serverNow() });
  const page = parsed(text);
  if (article()?.dataset.alert === item.alert) swap(page);
  else if (document.getElementById(`card-${item.alert}`)) renewCard(item.alert);
  announce(`Recorded: ${item.words}`);
});

outbox.addEventListener("refused", ({ detail: { item, reason } }) => {
  taps.cameBack(item.alert, item.kind);
  returned.push({ item, reason });
  bring();
  announce(`Not recorded: ${item.words}. ${reason}`, { urgent: true });
  if (article()?.dataset.alert === item.alert) renewAlert(item.alert);
  else if (document.getElementById(`card-${item.alert}`)) renewCard(item.alert);
});

/** What was refused, shown until somebody has seen to it. */
function bring() {
  const list = document.getElementById("returned");
  if (!list) return;
  list.replaceChildren(...returned.map((one) => {
    const box = document.createElement("div");
    box.className = "notice bad";
    const words = document.createElement("div");
    const what = document.createElement("p");
    const strong = document.createElement("strong");
    strong.textContent = `Not recorded: ${one.item.words}.`;
    what.append(strong, ` ${one.reason}`);
    const onward = document.createElement("p");
    const link = document.createElement("a");
    link.href = `/officer/alerts/${one.item.alert}`;
    link.textContent = "Open the alert";
    const away = document.createElement("button");
    away.type = "button";
    away.className = "button";
    away.textContent = "I have seen it";
    away.addEventListener("click", () => { returned.splice(returned.indexOf(one), 1); bring(); });
    onward.append(away, " ");
    if (article()?.dataset.alert !== one.item.alert) onward.append(link);
    words.append(what, onward);
    box.append(words);
    return box;
  }));
}

addEventListener("beforeunload", (event) => { if (outbox.size || returned.length || taps.unsaved()) event.preventDefault(); });

// News ----------------------------------------------------------------------------------------------------------------

function listen(deployment) {
  stream.stop();
  const mine = { deployment, state: deployment ? "off" : "none", stop() {} };
  stream = mine;
  if (!deployment) return;
  mine.stop = follow(deployment, {
    heard,
    state(code, again) {
      mine.state = code;
      connection();
      if (again) refresh();
    },
  });
}

async function heard(news) {
  for (const { id, state } of news.alerts) {
    const card = document.getElementById(`card-${id}`);
    if (article()?.dataset.alert === id) await renewAlert(id);
    else if (card || document.getElementById("cards")) await renewCard(id);
    else if (state === "engage") arrived(1);
  }
  if (news.duty && document.querySelector("[data-part=duty]")) refresh();
}

/** A card as it is now; one that was not there comes first. A closed one stays until the page is opened again. */
async function renewCard(id) {
  const text = await fetched(`/officer/cards/${id}`);
  if (text === null) return;
  const card = parsed(text).querySelector("[data-card]");
  const old = document.getElementById(`card-${id}`);
  const cards = document.getElementById("cards");
  if (!card || !cards || (!old && card.dataset.state === "closed")) return;
  if (old) {
    const focused = old.contains(document.activeElement);
    const stopped = card.classList.contains("is-stopped") && !old.classList.contains("is-stopped");
    old.replaceWith(card);
    if (focused) card.querySelector("h2 a").focus({ preventScroll: true });
    if (stopped) warn(card);
  } else {
    keepInPlace(() => cards.prepend(card));
    document.getElementById("no-cards").hidden = true;
    arrived(1, card);
  }
  acts.show();
}

/** What is under the thumb stays there while something is put above it. */
function keepInPlace(change) {
  const anchor = [...document.querySelectorAll("[data-card]")].find((card) => card.getBoundingClientRect().bottom > 60);
  const before = anchor?.getBoundingClientRect().top;
  change();
  if (anchor && scrollY > 0) scrollBy(0, anchor.getBoundingClientRect().top - before);
}

async function renewAlert(id) {
  const text = await fetched(`/officer/alerts/${id}`);
  if (text !== null && article()?.dataset.alert === id) swap(parsed(text));
}

/** The parts of an alert that change; pictures and what somebody reads stay as they are. */
function swap(page) {
  const stopped = page.querySelector("[data-stopped]") && !document.querySelector("[data-stopped]");
  const open = document.querySelector("[data-part=record] details[open], [data-part=record] form.judge");
  for (const name of ["standing", "others", "record", "acts"]) {
    if (name === "record" && open && open.matches(":focus-within")) continue;
    const next = page.querySelector(`[data-part=${name}]`);
    const old = document.querySelector(`[data-part=${name}]`);
    if (next && old) old.replaceWith(next);
  }
  acts.show();
  if (stopped) warn(article());
}

async function refresh() {
  if (article()) { await renewAlert(article().dataset.alert); return; }
  const text = await fetched(here());
  if (text === null) return;
  const page = parsed(text);
  const duty = page.querySelector("[data-part=duty]");
  if (!document.querySelector("[data-part=duty] dialog[open], [data-part=duty] :focus")) document.querySelector("[data-part=duty]")?.replaceWith(duty ?? "");
  const there = new Set([...document.querySelectorAll("[data-card]")].map((card) => card.dataset.card));
  const cards = [...page.querySelectorAll("[data-card]")];
  const added = cards.filter((card) => !there.has(card.dataset.card));
  const now = new Set(cards.map((card) => card.dataset.card));
  for (const card of cards) document.getElementById(card.id)?.replaceWith(card);
  for (const id of there) if (!now.has(id)) await renewCard(id);
  keepInPlace(() => document.getElementById("cards")?.prepend(...added));
  if (added.length) { document.getElementById("no-cards").hidden = true; arrived(added.length, added[0]); }
  if (page.querySelector("[data-officer]")?.dataset.deployment !== stream.deployment) listen(page.querySelector("[data-officer]")?.dataset.deployment ?? "");
  acts.show();
  connection();
}

async function fetched(address) {
  try {
    const answer = await send(address, { method: "GET", signal: AbortSignal.timeout(12_000) });
    return answer.ok ? await answer.text() : null;
  } catch (error) {
    if (!(error instanceof TypeError) && !["AbortError", "TimeoutError"].includes(error.name)) throw error;
    return null;
  }
}

function arrived(many, card = null) {
  fresh += many;
  const warnings = [...(card?.querySelectorAll("[data-warnings] li") ?? [])].map((one) => one.textContent);
  const name = card?.querySelector("h2")?.textContent.trim();
  const words = `${fresh === 1 ? "A new alert" : `${fresh} new alerts`}${name ? `: ${name}` : ""}`;
  tell(article() ? `${words}. It is in your list.` : words);
  shake([200, 100, 200]);
  announce(warnings.length ? `${words}. Warning: ${warnings.join(", ")}` : words, { urgent: true });
  named();
}

function warn(where) {
  const name = where.querySelector("h1, h2").textContent.trim();
  tell(`Stop: nobody is to be approached. ${name}`);
  shake([600, 150, 600]);
  announce(`Stop. Nobody is to be approached: ${name}`, { urgent: true });
}

function shake(pattern) {
  sound.ring();
  if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.(pattern);
}

function named() { document.title = fresh ? `(${fresh}) New alert · Overt` : title; }

for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, () => { if (fresh && document.visibilityState === "visible") { fresh = 0; named(); } });

// How it stands -------------------------------------------------------------------------------------------------------

function connection() {
  const shownAt = document.getElementById("connection");
  const many = outbox.size;
  const off = !navigator.onLine || stream.state === "off" || (many > 0 && outbox.cutOff);
  const state = off ? "off" : many ? "sending" : stream.state === "over" ? "over" : stream.state === "none" ? "none" : "on";
  const words = {
    off: many ? `Offline — ${many} to be sent` : "Offline — alerts do not arrive",
    sending: `${many} being sent`, on: "Connected", none: "Off duty", over: "Alerts do not arrive: open the page again",
  }[state];
  document.body.classList.toggle("is-off", off);
  if (shownAt.dataset.state === state && shownAt.dataset.words === words) return;
  Object.assign(shownAt.dataset, { state, words });
  shownAt.querySelector("span").textContent = words;
}

document.addEventListener("click", (event) => { if (event.target.closest("#sound")) sound.toggle(); });
for (const kind of ["online", "offline"]) addEventListener(kind, connection);
document.addEventListener("visibilitychange", () => { if (document.visibilityState === "visible" && place() && stream.state !== "on") refresh(); });

document.body.classList.add("scripted");
seen.set(here(), { text: document.documentElement.outerHTML, at: serverNow() });
keepOffline();
sound.show();
shown();
