// While the chain is verified: how far it has come, and the result as soon as it is there. Without this script the
// page has a link that looks again.
import { announce, send, show } from "./overt.js";

const EVERY_MS = 700;
const numbers = new Intl.NumberFormat("en-GB");

async function follow() {
  const place = document.querySelector("[data-verifying]");
  if (!place) return;
  let answer;
  try {
    answer = await send("/audit/verification/progress", { method: "GET", accept: "application/json" });
  } catch {
    setTimeout(follow, 3 * EVERY_MS);
    return;
  }
  if (!answer.ok) return;
  const { running, read, length } = await answer.json();
  if (running) {
    place.querySelector("progress").max = Math.max(length, read, 1);
    place.querySelector("progress").value = read;
    place.querySelector("[data-read]").textContent = numbers.format(read);
    setTimeout(follow, EVERY_MS);
    return;
  }
  const whole = await send("/audit/verification", { method: "GET" });
  show(await whole.text());
  announce(document.querySelector(".notice")?.textContent.trim() ?? "The verification is over", { urgent: true });
}

follow();
