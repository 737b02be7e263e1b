// The examiner's page: two faces side by side, in turn, over each other, with their landmarks, eyes laid on eyes.
import { compare, drawFaces } from "./compare.js";

let letGo = () => {};
let tools = null;

/** The page as it stands, also after a form came back. */
function begin() {
  letGo();
  tools?.stop();
  tools = null;
  const place = document.querySelector("[data-compare]");
  if (!place) return;
  letGo = drawFaces(place);
  tools = compare(place);
  document.querySelector(".keys-said").hidden = false;
}

document.addEventListener("keydown", (event) => {
  if (!tools || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.matches("textarea, select, input:not([type=range], [type=radio])") || document.querySelector("dialog[open]")) return;
  const act = tools.keys[event.key.toLowerCase()];
  if (act) { event.preventDefault(); act(); }
});
document.addEventListener("overt:shown", begin);

/** What was chosen and written and not sent: leaving asks first. */
function unsent() {
  const form = document.querySelector("form[data-checklist]:not([data-sending])");
  return form !== null && [...form.elements].some((one) => (one.type === "radio" ? one.checked !== one.defaultChecked : one.matches("textarea, input:not([type])") && one.value !== one.defaultValue));
}

addEventListener("beforeunload", (event) => { if (unsent()) event.preventDefault(); });
begin();
