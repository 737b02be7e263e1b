// What is under the thumb, written as it stands: one step at a time, what was tapped, and whether it can be undone.

const REST = 350;

export function actsOf(outbox, taps) {
  const place = () => document.querySelector("[data-acts]");
  const alert = () => document.querySelector("[data-alert]")?.dataset.alert;

  /** What taps need to know of the page: words of codes, and when the person could be approached at the earliest. */
  function about() {
    const notBefore = Date.parse(place().dataset.notBefore) || 0;
    return { notBefore, words: (code) => place().querySelector(`[data-code="${code}"]`)?.textContent.trim() ?? code };
  }

  function show() {
    acknowledged();
    const panel = place()?.querySelector("[data-taps]");
    const writes = panel?.querySelector("[data-more]").open;
    for (const item of outbox.items) if (item.held && !(writes && item.alert === alert())) outbox.hold(item, false);
    if (!panel) return;
    const step = taps.step(alert(), place().dataset.state);
    panel.hidden = false;
    for (const one of panel.querySelectorAll("[data-step]")) {
      if (one.dataset.step === step && one.hidden) restUnder(one);
      one.hidden = one.dataset.step !== step;
    }
    const said = taps.said(alert(), about());
    const waiting = outbox.of(alert(), "outcome") ?? outbox.of(alert(), "engagement");
    const line = panel.querySelector("[data-taps-said]");
    const words = waiting ? `${said} (${outbox.undoable(waiting) ? "to be sent" : "being sent"})` : said;
    line.hidden = said === "";
    if (line.querySelector("span").textContent !== words) line.querySelector("span").textContent = words;
    line.querySelector("[data-tap]").hidden = !taps.undoable(alert());
    more(panel, step);
  }

  /** What has just come under the thumb takes no tap for a moment: it was meant for what was there before. */
  function restUnder(step) {
    const buttons = [...step.querySelectorAll("button")];
    for (const button of buttons) button.disabled = true;
    setTimeout(() => { for (const button of buttons) button.disabled = false; }, REST);
  }

  function more(panel, step) {
    const details = panel.querySelector("[data-more]");
    const engagement = outbox.of(alert(), "engagement");
    const takes = step === "identity" || step === "end" || step === "outcome" || (engagement && outbox.undoable(engagement));
    details.hidden = !takes;
    details.querySelector("[data-engagement-only]").hidden = place().dataset.state !== "engage" || (engagement && !outbox.undoable(engagement));
    for (const field of details.querySelectorAll("[data-field]")) {
      const written = taps.of(alert()).written[field.dataset.field];
      if (document.activeElement !== field && field.value !== written) field.value = written;
    }
  }

  /** Buttons whose tap is on its way. */
  function acknowledged() {
    for (const form of document.querySelectorAll("[data-acknowledge]")) {
      const item = outbox.of(form.dataset.acknowledge, "acknowledge");
      const button = form.querySelector("button");
      button.disabled = Boolean(item);
      form.querySelector("[data-tapped]")?.remove();
      if (!item) continue;
      const said = document.createElement("p");
      said.dataset.tapped = "";
      said.className = "tapped";
      said.textContent = `${item.words}. ${outbox.cutOff ? "Not sent yet: offline." : "Being sent."}`;
      form.append(said);
    }
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-tap]");
    if (!button) return;
    taps.tap(button.dataset.tap, alert(), about(), button.dataset.code);
    place().querySelector("[data-taps]").focus({ preventScroll: true });
  });
  document.addEventListener("input", (event) => {
    const field = event.target.closest("[data-acts] [data-field]");
    if (field) taps.of(alert()).written[field.dataset.field] = field.value;
  });
  document.addEventListener("toggle", (event) => {
    const engagement = event.target.matches?.("[data-more]") && outbox.of(alert(), "engagement");
    if (engagement && outbox.undoable(engagement)) outbox.hold(engagement, event.target.open);
  }, { capture: true });

  return { show };
}
