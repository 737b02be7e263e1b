// The open alert: opened by whoever looks, and never replaced by anything that happens meanwhile.
import { announce, parsed, send } from "./overt.js";
import { compare, drawFaces } from "./compare.js";

const WORDS = { open: "it is to be adjudicated", second: "somebody has made the first adjudication", engage: "it is to be engaged", engaged: "it has been engaged", closed: "it is closed" };
const OWN_NEWS = 3000;  // what is told of an alert so soon after one's own recording is most likely that

export function openAlert(region, { address, next, after }) {
  let letGo = () => {};
  let tools = null;
  let opening = 0;
  let recordedAt = 0;

  const panel = () => region.querySelector("#alert-panel");
  const current = () => panel().dataset.open;
  const form = () => region.querySelector("form[data-judge]");

  function prepare() {
    letGo();
    tools?.stop();
    letGo = drawFaces(region);
    const compared = region.querySelector("[data-compare]");
    tools = compared ? compare(compared) : null;
    for (const item of document.querySelectorAll(".alert-item.is-shown")) mark(item, false);
    mark(document.getElementById(`item-${current()}`), true);
    offer();
  }

  /** Show in the queue which one is open. */
  function mark(item, is) {
    item?.classList.toggle("is-shown", is);
    if (is) item?.querySelector("a").setAttribute("aria-current", "true");
    else item?.querySelector("a").removeAttribute("aria-current");
  }

  function show(text) {
    const fresh = parsed(text).getElementById("alert-panel");
    if (!fresh) return false;
    panel().replaceWith(fresh);
    prepare();
    return true;
  }

  const unsent = () => [...region.querySelectorAll("form textarea, form input[type=text]")].some((field) => field.value !== field.defaultValue);

  /** Open one. Words that are not sent yet are not thrown away without a question. */
  async function open(id, { focus = false, byItself = false, again = false } = {}) {
    if (!again && id === current()) { focusTitle(); return; }
    if (unsent() && !confirm(again ? "What you wrote is not recorded. Show how it stands without it?" : "What you wrote is not recorded. Open another alert without it?")) return;
    const mine = ++opening;
    let answer;
    try {
      answer = await send(`${address}/alerts/${id}?part=panel`, { method: "GET" });
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      announce("There is no connection. The alert could not be opened.", { urgent: true });
      return;
    }
    const text = await answer.text();
    if (mine !== opening || (byItself && current())) return;
    if (!answer.ok || !show(text)) { announce("The alert could not be opened.", { urgent: true }); return; }
    region.scrollTop = 0;
    if (focus) focusTitle();
    if (!byItself) after();
  }

  function focusTitle() { region.querySelector("#alert-title")?.focus(); }

  /** Something has happened to an alert. If it is the open one, that is said, and nothing of it is replaced. */
  function changed(id, item) {
    if (!id || id !== current() || !item) return;
    const state = item.dataset.state;
    if (Date.now() - recordedAt < OWN_NEWS) return;
    if (state === panel().dataset.state && !["engage", "engaged"].includes(state)) return;
    const note = region.querySelector("#meanwhile");
    const words = state === panel().dataset.state ? "Something was recorded meanwhile." : `Meanwhile ${WORDS[state]}.`;
    note.querySelector("p").textContent = form() ? `${words} What you have written is still here.` : words;
    note.hidden = false;
  }

  /** Offer the one that has waited longest, where this one is done with. */
  function offer() {
    const place = region.querySelector("#offer");
    if (!place || form()) return;
    const one = next();
    if (!one) { place.replaceChildren(); return; }
    const words = `Open the next: ${one.words} (${one.many} waiting)`;
    let button = place.querySelector("button");
    if (!button) {
      button = document.createElement("button");
      button.type = "button";
      button.className = "button first";
      place.replaceChildren(button);
    }
    button.dataset.next = one.id;
    if (button.textContent !== words) button.textContent = words;
  }

  async function record(sent) {
    if (sent.dataset.sending) return;
    sent.dataset.sending = "yes";
    recordedAt = Date.now();
    const button = sent.querySelector("button:not([type=button])");
    button.setAttribute("aria-disabled", "true");
    try {
      const answer = await send(`${sent.action}?part=panel`, { body: new FormData(sent) });
      const text = await answer.text();
      const judged = sent.hasAttribute("data-judge");
      recordedAt = Date.now();
      if (!show(text)) { announce("That was refused. Open the alert again.", { urgent: true }); return; }
      const faults = region.querySelector("[data-faults]");
      if (faults) { faults.focus(); return; }
      announce(judged ? "Your adjudication is recorded." : "Recorded.");
      (region.querySelector("#offer button") ?? region.querySelector("#alert-title")).focus();
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      announce("There is no connection. Nothing was sent; what you wrote is still here.", { urgent: true });
    } finally {
      delete sent.dataset.sending;
      button.removeAttribute("aria-disabled");
    }
  }

  region.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-judge], [data-panel-form]")) return;
    event.preventDefault();
    record(event.target);
  });
  region.addEventListener("change", (event) => {
    if (event.target.name !== "decision" || !event.target.closest("[data-judge]")) return;
    for (const reason of form().querySelectorAll("input[name=reason_code]")) reason.checked = false;
  });
  region.addEventListener("click", (event) => {
    const onward = event.target.closest("[data-next]");
    if (onward) open(onward.dataset.next, { focus: true });
    if (event.target.closest("[data-again]")) open(current(), { focus: true, again: true });
  });

  /** Whether a key sends the form: Ctrl+Enter, wherever in it one is. */
  function sends(event) {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || !form()) return false;
    event.preventDefault();
    form().requestSubmit();
    return true;
  }

  function decide(value) {
    const choice = form()?.querySelector(`input[name=decision][value=${value}]`);
    if (!choice) return;
    choice.checked = true;
    choice.dispatchEvent(new Event("change", { bubbles: true }));
    choice.focus();
  }

  function key(event) {
    const pressed = event.key.toLowerCase();
    const acts = {
      d: () => decide("do-not-engage"), e: () => decide("engage"), r: () => form()?.querySelector("textarea").focus(), ...tools?.keys,
    };
    if (/^[1-9]$/.test(pressed) && form()) {
      const chosen = form().querySelector("input[name=decision]:checked").value;
      const reason = form().querySelectorAll(`.reasons-${chosen} input`)[Number(pressed) - 1];
      if (reason) { event.preventDefault(); reason.checked = true; reason.focus(); }
      return;
    }
    if (acts[pressed]) { event.preventDefault(); acts[pressed](); }
  }

  addEventListener("beforeunload", (event) => { if (unsent()) event.preventDefault(); });

  return { begin: prepare, mark, open, current, changed, offer, sends, key };
}
