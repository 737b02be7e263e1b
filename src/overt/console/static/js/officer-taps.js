// The engagement and its outcome in four taps: begin, who it is, over, what came of it. Times are those of the taps.
//
// What was tapped of each alert is kept in memory, so that another alert can be looked at meanwhile.
import { serverNow } from "./overt.js";

const GRACE = 4000;

/** `changed` is called whenever a tap has changed something. */
export function engagements(outbox, changed) {
  const known = new Map();

  const of = (alert) => {
    if (!known.has(alert)) known.set(alert, { begun: null, identity: null, ended: null, written: { note: "", self_defined_group: "", officer_defined_group: "" } });
    return known.get(alert);
  };

  /** Which step an alert is at, by what the server has and what was tapped. */
  function step(alert, state) {
    const tapped = of(alert);
    if (outbox.of(alert, "outcome")) return "done";
    if (state === "engaged") return "outcome";
    if (state !== "engage") return "done";
    if (outbox.of(alert, "engagement")) return tapped.identity === "not-contacted" ? "done" : "outcome";
    if (!tapped.begun) return "begin";
    return tapped.identity ? "end" : "identity";
  }

  const now = (notBefore) => new Date(Math.max(serverNow(), notBefore));

  function contact(alert, place) {
    const tapped = of(alert);
    return outbox.add({
      alert, kind: "engagement", address: `/officer/alerts/${alert}/engagement`, grace: GRACE,
      words: `${place.words(tapped.identity)}, ${clock(tapped.begun)} to ${clock(tapped.ended)}`,
      fields: () => ({ started_at: tapped.begun.toISOString(), ended_at: tapped.ended.toISOString(), identity: tapped.identity, ...filled(tapped.written) }),
    });
  }

  const acts = {
    begin(alert, place) { of(alert).begun = now(place.notBefore); },
    identity(alert, place, code) {
      const tapped = of(alert);
      tapped.identity = code;
      if (code !== "not-contacted") return;
      tapped.ended = now(tapped.begun.getTime() + 1);
      contact(alert, place);
    },
    end(alert, place) {
      const tapped = of(alert);
      tapped.ended = now(tapped.begun.getTime() + 1);
      contact(alert, place);
    },
    outcome(alert, place, code) {
      const written = of(alert).written;
      const engagement = outbox.of(alert, "engagement");
      const noteGoes = !engagement || !outbox.undoable(engagement);
      outbox.add({
        alert, kind: "outcome", address: `/officer/alerts/${alert}/outcome`, grace: GRACE, words: place.words(code),
        fields: () => ({ outcome: code, ...(noteGoes && written.note.trim() ? { note: written.note } : {}) }),
      });
      if (engagement) outbox.hold(engagement, false);
    },
    undo(alert) {
      const tapped = of(alert);
      const outcome = outbox.of(alert, "outcome");
      const engagement = outbox.of(alert, "engagement");
      if (outcome) { outbox.undo(outcome); return; }
      if (engagement) {
        if (!outbox.undo(engagement)) return;
        tapped.ended = null;
        if (tapped.identity === "not-contacted") tapped.identity = null;
      } else if (tapped.identity) tapped.identity = null;
      else tapped.begun = null;
    },
  };

  /** Whether the last tap can be taken back. */
  function undoable(alert) {
    const last = outbox.of(alert, "outcome") ?? outbox.of(alert, "engagement");
    return last ? outbox.undoable(last) : Boolean(of(alert).begun);
  }

  function said(alert, place) {
    const tapped = of(alert);
    const waiting = [outbox.of(alert, "engagement"), outbox.of(alert, "outcome")].filter(Boolean);
    if (waiting.length) return waiting.map((item) => item.words).join("; then: ");
    if (tapped.identity) return `${place.words(tapped.identity)}, since ${clock(tapped.begun)}`;
    return tapped.begun ? `Begun at ${clock(tapped.begun)}` : "";
  }

  return {
    of, step, undoable, said,
    tap(kind, alert, place, code) { acts[kind](alert, place, code); changed(); },
    /** It is recorded: what was tapped is not needed any more. */
    recorded(alert, kind) {
      const written = of(alert).written;
      known.delete(alert);
      if (kind === "engagement" && outbox.of(alert, "outcome")) of(alert).written = written;
    },
    /** A contact that was begun, or words that were written, and are not in the outbox yet. */
    unsaved() { return [...known].some(([alert, tapped]) => !outbox.of(alert) && (tapped.begun || tapped.written.note.trim())); },
    /** It came back: the taps stand as they were, before the one that was refused. */
    cameBack(alert, kind) { if (kind === "engagement") of(alert).ended = null; },
  };
}

function filled(written) {
  return Object.fromEntries(Object.entries(written).filter(([, value]) => value.trim()));
}

export function clock(at) {
  return at.toLocaleTimeString("en-GB", { timeZone: "Europe/London" });
}
