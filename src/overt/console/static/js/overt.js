// What every page does beyond plain HTML: forms that lose nothing, sessions that end without harm, dialogs, clocks.
// Without this script every form still works.

const WORKER = "/officer-worker.js";
const policy = window.trustedTypes?.createPolicy("overt", {
  createHTML: (text) => text,
  createScriptURL: (address) => { if (address !== WORKER) throw new TypeError(`no worker at ${address}`); return address; },
});

/** Text of the server's as HTML; the one place where the console lets text become markup. */
export function parsed(text) {
  return new DOMParser().parseFromString(policy ? policy.createHTML(text) : text, "text/html");
}

/** Have the browser keep what the officer's page needs to say that there is no connection: no data, only its looks. */
export function keepOffline() {
  navigator.serviceWorker?.register(policy ? policy.createScriptURL(WORKER) : WORKER, { scope: "/officer" }).catch(() => {});
}

/** Say something to whoever does not see the page; `urgent` interrupts. */
export function announce(words, { urgent = false } = {}) {
  const place = document.getElementById(urgent ? "urgent" : "polite");
  place.textContent = "";
  requestAnimationFrame(() => { place.textContent = words; });
}

export function csrf() {
  return document.body.dataset.csrf ?? "";
}

/** Send something to the console itself. A session that has ended is renewed in a dialog, and the sending tried again. */
export async function send(address, { method = "POST", body = null, headers = {}, accept = "text/html", signal = null } = {}) {
  for (;;) {
    const answer = await fetch(address, {
      method, body, signal, redirect: "follow", credentials: "same-origin",
      headers: { Accept: accept, "X-Overt-Csrf": csrf(), ...headers },
    });
    if (answer.status !== 401) return answer;
    await renewed();
    if (body instanceof FormData && body.has("csrf")) body.set("csrf", csrf());
  }
}

let renewing = null;

/** Ask for the password again, in place; whoever wrote something keeps it. Resolves once somebody is signed in again. */
export function renewed() {
  renewing ??= new Promise((resolve) => {
    const dialog = document.getElementById("session-ended");
    const form = dialog.querySelector("form");
    const refusal = dialog.querySelector("[data-refusal]");
    dialog.addEventListener("cancel", (event) => event.preventDefault());
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      let answer;
      try {
        answer = await fetch("/sign-in", {
          method: "POST", body: new FormData(form), credentials: "same-origin", headers: { Accept: "application/json" },
        });
      } catch {
        refusal.textContent = "There is no connection. Try again when there is.";
        refusal.hidden = false;
        return;
      }
      const said = await answer.json();
      if (!answer.ok) {
        refusal.textContent = `${said.what}. ${said.remedy ?? ""}`;
        refusal.hidden = false;
        return;
      }
      document.body.dataset.csrf = said.csrf;
      for (const field of document.querySelectorAll("input[name=csrf]")) field.value = said.csrf;
      form.querySelector("input[type=password]").value = "";
      refusal.hidden = true;
      dialog.close();
      renewing = null;
      resolve();
    });
    dialog.showModal();
  });
  return renewing;
}

/** Put the page that was answered in this one's place. Files that were chosen stay chosen. */
export function show(text, address) {
  const next = parsed(text);
  const main = next.querySelector("main");
  const chosen = [...document.querySelectorAll("main input[type=file]")].filter((input) => input.files.length);
  document.title = next.title;
  document.querySelector("main").replaceWith(main);
  for (const input of chosen) main.querySelector(`input[type=file][name="${CSS.escape(input.name)}"]`)?.replaceWith(input);
  if (address) history.replaceState(null, "", address);
  main.querySelector("[data-faults]")?.focus();
  prepare(main);
  document.dispatchEvent(new CustomEvent("overt:shown", { detail: main }));
}

async function submit(event) {
  const form = event.target;
  if (form.method !== "post" || form.hasAttribute("data-plain") || form.hasAttribute("data-renews") || event.defaultPrevented) return;
  event.preventDefault();
  const button = event.submitter;
  if (form.dataset.sending) return;
  form.dataset.sending = "yes";
  const body = new FormData(form, button);
  button?.setAttribute("aria-disabled", "true");
  try {
    const answer = await send(form.action, { body, headers: { "X-Overt-Goes": "yes" } });
    const onward = answer.headers.get("X-Overt-Goes");
    if (onward) { goTo(onward); return; }
    form.closest("dialog")?.close();
    show(await answer.text());
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    announce("There is no connection. Nothing was sent; what you wrote is still here.", { urgent: true });
    offline(true);
  } finally {
    delete form.dataset.sending;
    button?.removeAttribute("aria-disabled");
  }
}

function goTo(address) {
  const there = new URL(address, location.href);
  if (there.pathname + there.search === location.pathname + location.search) location.reload();
  else location.assign(there);
}

function offline(is) {
  let bar = document.querySelector(".offline");
  if (!is) { bar?.remove(); return; }
  if (bar) return;
  bar = document.createElement("div");
  bar.className = "offline";
  bar.setAttribute("role", "status");
  bar.textContent = "There is no connection. What you wrote is still here; send it again when the connection is back.";
  document.body.append(bar);
}

document.addEventListener("submit", submit);
addEventListener("offline", () => offline(true));
addEventListener("online", () => offline(false));

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener) document.getElementById(opener.dataset.opens).showModal();
  if (event.target.closest("[data-closes]")) event.target.closest("dialog").close();
  for (const menu of document.querySelectorAll("details[data-menu][open]")) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details[data-menu][open]")) { menu.open = false; menu.querySelector("summary").focus(); }
});

const behind = Date.now() - Date.parse(document.body.dataset.now);

/** The server's time now, in milliseconds: a device's own clock may be wrong. */
export function serverNow() {
  return Date.now() - behind;
}

/** Times that go on: <span data-since="2026-…">: how long ago, written each second. */
function tick() {
  const now = serverNow();
  for (const place of document.querySelectorAll("[data-since]")) {
    // What is far down a long queue is not drawn: its clock is written when it comes into view.
    if (place.checkVisibility?.({ contentVisibilityAuto: true }) !== false) place.textContent = ago(now - Date.parse(place.dataset.since));
  }
}

/** 00:07, 12:31, 1:02:03. */
export function ago(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const parts = [Math.floor(seconds / 60) % 60, seconds % 60].map((part) => String(part).padStart(2, "0"));
  return seconds >= 3600 ? `${Math.floor(seconds / 3600)}:${parts.join(":")}` : parts.join(":");
}

function prepare(root) {
  for (const link of root.querySelectorAll("[data-goes-on]")) location.replace(link.href);
}

prepare(document);
tick();
setInterval(tick, 1000);
document.querySelector("[data-faults]")?.focus();
