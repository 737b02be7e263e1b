// The stream of news of one deployment: read, taken up again where it broke off, and silence noticed.
import { renewed } from "./overt.js";

const SILENCE = 11_000; // the server says something every four seconds

/** Follow it until `stop`. `heard(news)` is told what changed, `state(code)` how the connection is: on, off or over. */
export function follow(deployment, { heard, state }) {
  let last = "";
  let stopped = false;
  let cut = new AbortController();
  let silent = null;
  let connectedBefore = false;

  function alive() {
    clearTimeout(silent);
    silent = setTimeout(() => cut.abort(), SILENCE);
  }

  function take(block) {
    const parts = Object.fromEntries(block.split(/\r?\n/).filter((line) => line.includes(": ")).map((line) => [line.slice(0, line.indexOf(": ")), line.slice(line.indexOf(": ") + 2)]));
    if (parts.event === "signed-out") return true;
    if (parts.id) last = parts.id;
    if (parts.event === "news") heard(JSON.parse(parts.data));
    return false;
  }

  async function read(body) {
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return false;
      alive();
      const blocks = (rest + value).split(/\r?\n\r?\n/);
      rest = blocks.pop();
      for (const block of blocks) if (take(block)) return true;
    }
  }

  async function once() {
    cut = new AbortController();
    alive();
    const headers = last ? { "Last-Event-ID": last } : {};
    const answer = await fetch(`/officer/news/${deployment}`, { signal: cut.signal, credentials: "same-origin", headers });
    if (answer.status === 401) return true;
    if (answer.status === 403 || answer.status === 404) { stopped = true; state("over"); return false; }
    if (!answer.ok) return false;
    state("on", connectedBefore);
    connectedBefore = true;
    return read(answer.body);
  }

  (async () => {
    let pause = 500;
    while (!stopped) {
      const began = Date.now();
      try {
        if (await once()) { state("off"); await renewed(); continue; }
      } catch (error) {
        if (!(error instanceof TypeError) && error.name !== "AbortError") throw error;
      }
      clearTimeout(silent);
      if (stopped) return;
      state("off");
      if (Date.now() - began > 5000) pause = 500;
      await new Promise((resolve) => { setTimeout(resolve, pause); addEventListener("online", resolve, { once: true }); });
      pause = Math.min(5000, pause * 1.7);
    }
  })();

  addEventListener("offline", () => { if (!stopped) cut.abort(); });
  return () => { stopped = true; cut.abort(); clearTimeout(silent); };
}
