// Taps on their way: in memory, in order, each with a key of its own, so that what is sent again is carried out once.
//
// One after the other: the next goes when the one before it was taken. No connection, or a server in trouble: the same
// again, later. Refused: it comes back with the reason, and what depended on it comes back too.
import { parsed, send } from "./overt.js";

const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 15_000;
const PATIENCE = 15_000;
const AGAIN = new Set([408, 425, 429]);

export class Outbox extends EventTarget {
  #items = [];
  #sending = null;
  #pause = FIRST_PAUSE;
  #tryAt = 0;
  #timer = null;

  constructor() {
    super();
    addEventListener("online", () => { this.#tryAt = 0; this.#pause = FIRST_PAUSE; this.#go(); });
    addEventListener("offline", () => this.#tell("changed"));
  }

  get items() { return [...this.#items]; }
  get size() { return this.#items.length; }
  /** Whether the last attempt found nobody. */
  get cutOff() { return !navigator.onLine || this.#tryAt > Date.now(); }

  of(alert, kind) { return this.#items.find((item) => item.alert === alert && (!kind || item.kind === kind)); }

  /** Put one in. `fields` is asked when it is sent for the first time; `grace` is how long it can still be undone. */
  add({ alert, kind, address, fields = () => ({}), words, grace = 0 }) {
    const item = { alert, kind, address, fields, words, key: crypto.randomUUID(), dueAt: Date.now() + grace, held: false, body: null };
    this.#items.push(item);
    this.#tell("changed");
    this.#go();
    return item;
  }

  /** Take one back, unless it may have arrived already. */
  undo(item) {
    if (!this.undoable(item)) return false;
    this.#items = this.#items.filter((other) => other !== item);
    this.#tell("changed");
    return true;
  }

  undoable(item) { return this.#items.includes(item) && item.body === null; }

  /** Keep one back while somebody still writes to it. */
  hold(item, held) { item.held = held; item.dueAt = Math.max(item.dueAt, Date.now()); this.#go(); }

  /** Let everything go at once. */
  flush() {
    for (const item of this.#items) { item.held = false; item.dueAt = 0; }
    this.#go();
  }

  async #go() {
    clearTimeout(this.#timer);
    if (this.#sending || !this.#items.length) return;
    const item = this.#items[0];
    const wait = Math.max(item.dueAt, this.#tryAt) - Date.now();
    if (item.held) return;
    if (wait > 0) { this.#timer = setTimeout(() => this.#go(), wait); return; }
    if (!navigator.onLine) { this.#timer = setTimeout(() => this.#go(), LONGEST_PAUSE); this.#tell("changed"); return; }
    this.#sending = item;
    item.body ??= new URLSearchParams(item.fields());
    this.#tell("changed");
    try {
      await this.#attempt(item);
    } finally {
      this.#sending = null;
      this.#tell("changed");
    }
    this.#go();
  }

  async #attempt(item) {
    let answer;
    let text;
    try {
      answer = await send(item.address, { body: item.body, headers: { "Idempotency-Key": item.key }, signal: AbortSignal.timeout(PATIENCE) });
      text = await answer.text();
    } catch (error) {
      if (!(error instanceof TypeError) && !["AbortError", "TimeoutError"].includes(error.name)) throw error;
      this.#later();
      return;
    }
    if (answer.status >= 500 || AGAIN.has(answer.status)) { this.#later(Number(answer.headers.get("Retry-After")) * 1000); return; }
    this.#tryAt = 0;
    this.#pause = FIRST_PAUSE;
    this.#items = this.#items.filter((other) => other !== item);
    if (answer.ok) { this.#tell("accepted", { item, text }); return; }
    this.#tell("refused", { item, reason: reasonIn(text) });
    const orphans = item.kind === "engagement" ? this.#items.filter((other) => other.alert === item.alert && other.kind === "outcome") : [];
    this.#items = this.#items.filter((other) => !orphans.includes(other));
    for (const orphan of orphans) this.#tell("refused", { item: orphan, reason: "It was not sent, as the contact before it was not recorded." });
  }

  #later(asked = 0) {
    this.#tryAt = Date.now() + Math.max(this.#pause, asked || 0);
    this.#pause = Math.min(LONGEST_PAUSE, this.#pause * 2);
  }

  #tell(kind, detail) { this.dispatchEvent(new CustomEvent(kind, { detail })); }
}

/** What the server says is wrong, out of the page that it answered with. */
function reasonIn(text) {
  const page = parsed(text);
  const faults = [...page.querySelectorAll("[data-faults] li")].map((one) => one.textContent.trim());
  if (faults.length) return faults.join(" ");
  const said = [...page.querySelectorAll("main h1, main p")].slice(0, 3).map((one) => one.textContent.trim());
  return said.join(". ") || "The server refused it without saying why.";
}
