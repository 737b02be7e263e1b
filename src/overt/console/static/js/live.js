// The live page: alerts as they come, the queue, the feeds, the head. The open alert is alert.js's.
import { announce, parsed, renewed, send, serverNow } from "./overt.js";
import { openAlert } from "./alert.js";
import { keepFeeds } from "./feeds.js";
import { sound } from "./sound.js";

const place = document.querySelector("[data-live]");
const address = place.dataset.live;
const adjudicates = place.dataset.adjudicates === "yes";
const MOST_DECIDED = 30;
const SILENCE = 10_000;
const plainTitle = document.title;

let last = Number(place.dataset.seq);
const told = new Map();   // by alert, the event after which its item was last written
const written = new Map();   // by alert, as what: an item that is told again as it stands is left where it is
const waiting = () => document.getElementById("waiting");
const decided = () => document.getElementById("decided");

const panel = openAlert(document.getElementById("alert-region"), { address, next: nextWaiting, after: seen });
const feeds = keepFeeds(place);

// The queue ---------------------------------------------------------------------------------------------------------

function put(html, waits, seq) {
  const item = parsed(html).body.firstElementChild;
  const id = item.dataset.alert;
  if ((told.get(id) ?? 0) > seq) return null;
  told.set(id, seq);
  const known = document.getElementById(item.id);
  const list = waits ? waiting() : decided();
  const same = item.outerHTML;
  if (known?.parentElement === list && written.get(id) === same) return null;
  written.set(id, same);
  panel.mark(item, panel.current() === id);
  const focused = known?.contains(document.activeElement);
  if (known && known.parentElement === list) known.replaceWith(item);
  else {
    known?.remove();
    if (waits) insertInOrder(list, item); else list.prepend(item);
  }
  if (focused) item.querySelector("a").focus();
  while (decided().children.length > MOST_DECIDED) decided().lastElementChild.remove();
  return known ? null : item;
}

function insertInOrder(list, item) {
  let before = list.lastElementChild;
  while (before && before.dataset.received > item.dataset.received) before = before.previousElementSibling;
  if (before) before.after(item); else list.prepend(item);
}

function counted() {
  const many = waiting().children.length;
  document.getElementById("waiting-count").textContent = many;
  document.getElementById("nothing-waits").hidden = many > 0;
  document.getElementById("nothing-decided").hidden = decided().children.length > 0;
  document.title = many ? `(${many} waiting) ${plainTitle}` : plainTitle;
  panel.offer();
}

/** The one that has waited longest and is this person's to adjudicate. */
function nextWaiting() {
  const open = CSS.escape(panel.current());
  const wants = waiting().querySelectorAll(`:scope > [data-yours="yes"]:not([data-alert="${open}"])`);
  return wants.length ? { id: wants[0].dataset.alert, words: wants[0].dataset.words, many: wants.length } : null;
}

// News: what came since somebody last looked ------------------------------------------------------------------------

let unseen = 0;
let saidAt = 0;
let saying = null;

function arrived(items) {
  if (!items.length) return;
  unseen += items.length;
  sound.ring();
  showNews();
  if (adjudicates && panel.current() === "" && document.visibilityState === "visible") {
    const next = nextWaiting();
    if (next) panel.open(next.id, { byItself: true });
  }
  const words = () => `${unseen === 1 ? "A new alert" : `${unseen} new alerts`}: ${items.at(-1).dataset.words}. ${waiting().children.length} waiting.`;
  clearTimeout(saying);
  const wait = Math.max(0, saidAt + 2500 - Date.now());
  saying = setTimeout(() => { saidAt = Date.now(); announce(words(), { urgent: true }); }, wait);
}

function showNews() {
  const news = document.getElementById("news");
  news.hidden = unseen === 0;
  news.querySelector("span").textContent = unseen === 1 ? "1 new alert" : `${unseen} new alerts`;
  document.getElementById("queue-region").classList.toggle("has-news", unseen > 0);
}

function seen() {
  unseen = 0;
  showNews();
}

document.getElementById("queue-region").addEventListener("click", seen);
document.getElementById("queue-region").addEventListener("focusin", seen);

// The stream --------------------------------------------------------------------------------------------------------

const handlers = {
  alerts(data, seq) {
    const fresh = [];
    for (const one of data.items) {
      const added = put(one.html, one.waits, seq);
      const item = document.getElementById(`item-${one.id}`);
      if (added && one.new && one.waits) fresh.push(added);
      else panel.changed(one.id, item);
    }
    counted();
    arrived(fresh);
    if (data.head) refreshHead();
  },
  feeds(data) { feeds.show(data); },
  "signed-out"() { throw new SignedOut(); },
};

class SignedOut extends Error {}

let cut = new AbortController();
let silent = null;
let everConnected = false;

function heard() {
  clearTimeout(silent);
  silent = setTimeout(() => cut.abort(), SILENCE);
}

/** No connection: the stream finds that out too, and begins again. Anything else is a fault. */
function unconnected(error) {
  if (!(error instanceof TypeError)) throw error;
}

addEventListener("offline", () => cut.abort());

async function read(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    heard();
    const blocks = (rest + value).split(/\r?\n\r?\n/);
    rest = blocks.pop();
    for (const block of blocks) take(block);
  }
}

function take(block) {
  let kind = "message";
  let seq = last;
  const data = [];
  for (const line of block.split(/\r?\n/)) {
    if (line.startsWith("event: ")) kind = line.slice(7);
    else if (line.startsWith("id: ")) seq = Number(line.slice(4));
    else if (line.startsWith("data: ")) data.push(line.slice(6));
  }
  if (!handlers[kind]) return;
  handlers[kind](data.length && data[0] ? JSON.parse(data.join("\n")) : null, seq);
  last = Math.max(last, seq);
}

async function follow() {
  let pause = 500;
  for (;;) {
    cut = new AbortController();
    heard();
    try {
      const answer = await fetch(`${address}/stream?after=${last}`, { signal: cut.signal, credentials: "same-origin", headers: { "Last-Event-ID": String(last) } });
      if (answer.status === 401) throw new SignedOut();
      if (answer.status === 403 || answer.status === 404) { connection("off", "Alerts do not come any more: this page is not yours to watch"); return; }
      if (!answer.ok) throw new TypeError(`answered with ${answer.status}`);
      connection("on", "Connected");
      if (everConnected) reconcile().catch(unconnected);
      everConnected = true;
      pause = 500;
      await read(answer.body);
    } catch (error) {
      if (error instanceof SignedOut) {
        connection("off", "Signed out: sign in again");
        await renewed();
        continue;
      }
      if (!(error instanceof TypeError) && error.name !== "AbortError") throw error;
    }
    clearTimeout(silent);
    connection("off", "No connection. Alerts do not come; trying again");
    await new Promise((resolve) => { setTimeout(resolve, pause); addEventListener("online", resolve, { once: true }); });
    pause = Math.min(5000, pause * 1.7);
  }
}

function connection(state, words) {
  const shown = document.getElementById("connection");
  if (shown.dataset.state === state && shown.dataset.words === words) return;
  shown.dataset.state = state;
  shown.dataset.words = words;
  shown.querySelector("span").textContent = words;
  document.body.classList.toggle("cut-off", state === "off");
}

/** After a while without a connection: the queue as the record has it. */
async function reconcile() {
  const answer = await send(`${address}/queue`, { method: "GET" });
  if (!answer.ok) return;
  const fetched = parsed(await answer.text());
  const seq = Number(fetched.getElementById("queue-lists").dataset.seq);
  const there = new Set();
  for (const [name, waits] of [["waiting", true], ["decided", false]]) {
    const items = [...fetched.getElementById(name).children];
    for (const item of waits ? items : items.reverse()) {
      there.add(item.dataset.alert);
      put(item.outerHTML, waits, seq);
    }
  }
  for (const item of [...waiting().children]) if (!there.has(item.dataset.alert) && (told.get(item.dataset.alert) ?? 0) <= seq) item.remove();
  counted();
}

// The head ----------------------------------------------------------------------------------------------------------

let heading = null;

function refreshHead() {
  clearTimeout(heading);
  heading = setTimeout(async () => {
    if (document.querySelector("#live-head dialog[open]")) { refreshHead(); return; }
    try {
      const answer = await send(`${address}/head`, { method: "GET" });
      if (answer.ok) swapHead(parsed(await answer.text()));
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      refreshHead();
    }
  }, 400);
}

function swapHead(page) {
  const head = page.getElementById("live-head");
  document.getElementById("live-head").replaceWith(head);
  left();
}

place.addEventListener("submit", async (event) => {
  if (!event.target.closest("#live-head")) return;
  event.preventDefault();
  const form = event.target;
  if (form.dataset.sending) return;
  form.dataset.sending = "yes";
  try {
    const answer = await send(form.action, { body: new FormData(form, event.submitter) });
    const page = parsed(await answer.text());
    form.closest("dialog")?.close();
    if (!page.getElementById("live-head")) { announce("That was refused. Open the page again.", { urgent: true }); return; }
    swapHead(page);
    const said = page.querySelector(".said p");
    if (said) announce(said.textContent);
    document.querySelector("#live-head [data-faults]")?.focus();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    announce("There is no connection. Nothing was sent; what you wrote is still here.", { urgent: true });
  } finally {
    delete form.dataset.sending;
  }
});

function left() {
  for (const end of document.querySelectorAll("[data-until]")) {
    const minutes = Math.max(0, Math.floor((Date.parse(end.dataset.until) - serverNow()) / 60000));
    end.textContent = minutes >= 60 ? `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min` : `${minutes} min`;
    end.closest(".fact").classList.toggle("is-late", minutes < 15);
  }
}

// Keys --------------------------------------------------------------------------------------------------------------

const keysOn = document.getElementById("keys-on");
keysOn.checked = localStorage.getItem("overt-keys") !== "off";
keysOn.addEventListener("change", () => localStorage.setItem("overt-keys", keysOn.checked ? "on" : "off"));

const actions = {
  n() { const next = nextWaiting(); if (next) panel.open(next.id, { focus: true }); },
  j() { step(1); },
  k() { step(-1); },
  m() { sound.toggle(); },
  "?"() { document.getElementById("keys").showModal(); },
};

function step(by) {
  const links = [...document.querySelectorAll("#waiting a, #decided a")];
  const at = links.indexOf(document.activeElement);
  links[Math.min(links.length - 1, Math.max(0, at < 0 ? 0 : at + by))]?.focus();
}

document.addEventListener("keydown", (event) => {
  if (panel.sends(event)) return;
  const writing = event.target.matches("input:not([type=radio], [type=checkbox], [type=range]), textarea, select");
  if (writing) { if (event.key === "Escape") event.target.blur(); return; }
  if (!keysOn.checked || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const act = actions[event.key.toLowerCase()];
  if (act) { event.preventDefault(); act(); } else panel.key(event);
});

document.addEventListener("click", (event) => {
  if (event.target.closest("#sound")) sound.toggle();
  const link = event.target.closest(".alert-item a");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  panel.open(link.closest("[data-alert]").dataset.alert, { focus: true });
});

document.body.classList.add("scripted");
sound.show();
left();
setInterval(left, 10_000);
panel.begin();
counted();
follow();
