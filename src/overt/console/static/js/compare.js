// Faces side by side at the same height, moved and enlarged together, in turn in one place, or one over the other.
//
// Each picture is drawn in units of its own face: the middle of the face's box is the origin, its height is 1. So the
// same view box shows the same part of every face.
import { send } from "./overt.js";

const NS = "http://www.w3.org/2000/svg";
const AT_FIRST = 1.7;
const CLOSEST = 0.25;
const FURTHEST = 4;
const still = matchMedia("(prefers-reduced-motion: reduce)");

/** Draw every face of an open alert; returns what lets go of the pictures. */
export function drawFaces(root) {
  const urls = [];
  for (const svg of root.querySelectorAll("svg[data-face-of]")) draw(svg, urls);
  return () => { for (const url of urls) URL.revokeObjectURL(url); };
}

async function draw(svg, urls) {
  let answer;
  try {
    answer = await send(svg.dataset.faceOf, { method: "GET", accept: "image/jpeg" });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    setTimeout(() => { if (svg.isConnected) draw(svg, urls); }, 2000);  // no connection: until there is one again
    return;
  }
  if (!answer.ok) { svg.replaceWith(missing(answer.status)); return; }
  const blob = await answer.blob();
  let size;
  try { size = await createImageBitmap(blob); } catch { svg.replaceWith(missing(0)); return; }
  const url = URL.createObjectURL(blob);
  urls.push(url);
  const image = document.createElementNS(NS, "image");
  const at = placed(svg, size.width, size.height);
  size.close();
  image.setAttribute("href", url);
  for (const name of ["x", "y", "width", "height"]) image.setAttribute(name, at[name]);
  image.setAttribute("preserveAspectRatio", "none");
  svg.append(image);
  svg.dispatchEvent(new CustomEvent("drawn", { bubbles: true }));
}

function missing(status) {
  const said = document.createElement("p");
  said.className = "face-missing";
  said.textContent = status === 404 ? "This picture has been deleted" : "This picture cannot be shown";
  return said;
}

/** Where a picture lies so that its face's middle is the origin and its face's height is 1. */
function placed(svg, width, height) {
  const box = svg.dataset.box.split(" ").map(Number);
  const face = svg.dataset.margin ? inCrop(box, Number(svg.dataset.margin), width, height) : box;
  const unit = face[3] - face[1] || height;
  return { x: -(face[0] + face[2]) / 2 / unit, y: -(face[1] + face[3]) / 2 / unit, width: width / unit, height: height / unit };
}

/** The face in its crop: the crop begins a margin before the face, or at the frame's edge, and may be reduced. */
function inCrop(box, margin, width, height) {
  const side = Math.floor(margin * Math.max(box[2] - box[0], box[3] - box[1]));
  const left = Math.max(0, Math.floor(box[0]) - side);
  const top = Math.max(0, Math.floor(box[1]) - side);
  const whole = [Math.floor(box[2]) + side - left, Math.floor(box[3]) + side - top];
  const scale = Math.min(1, Math.max(width / whole[0], height / whole[1]));
  return [(box[0] - left) * scale, (box[1] - top) * scale, (box[2] - left) * scale, (box[3] - top) * scale];
}

/** The tools under the pictures. Returns the keys that they take, and what stops them. */
export function compare(root) {
  const tools = root.querySelector(".compare-tools");
  const looks = root.querySelector(".looks");
  const stage = root.querySelector(".stage");
  const stageSvg = stage.querySelector("svg");
  const says = stage.querySelector("[data-stage-says]");
  const references = [...looks.querySelectorAll(".look:not(.look-probe) svg")];
  const part = (name) => tools.querySelector(`[data-${name}]`);
  const view = { x: 0, y: 0, side: AT_FIRST };
  let mode = "";
  let chosen = 0;
  let onTop = false;
  let timer = null;
  tools.hidden = false;

  function shown() {
    const box = `${view.x - view.side / 2} ${view.y - view.side / 2} ${view.side} ${view.side}`;
    for (const svg of root.querySelectorAll("svg[data-zooms]")) svg.setAttribute("viewBox", box);
  }

  function zoom(by, x = view.x, y = view.y) {
    const side = Math.min(FURTHEST, Math.max(CLOSEST, view.side * by));
    view.x = x + (view.x - x) * (side / view.side);
    view.y = y + (view.y - y) * (side / view.side);
    view.side = side;
    shown();
  }

  function move(x, y) {
    view.x = Math.min(2, Math.max(-2, view.x + x * view.side));
    view.y = Math.min(2, Math.max(-2, view.y + y * view.side));
    shown();
  }

  function reset() { Object.assign(view, { x: 0, y: 0, side: AT_FIRST }); shown(); }

  function set(wanted) {
    mode = mode === wanted ? "" : wanted;
    clearInterval(timer);
    timer = null;
    for (const button of tools.querySelectorAll("[data-mode]")) button.setAttribute("aria-pressed", String(button.dataset.mode === mode));
    looks.hidden = mode !== "";
    stage.hidden = mode === "";
    part("other").hidden = mode === "" || references.length < 2;
    part("step").hidden = mode !== "flicker";
    part("speed").hidden = mode !== "flicker";
    part("opacity").hidden = mode !== "overlay";
    layers();
    if (mode === "flicker" && !still.matches) run();
  }

  function run() {
    clearInterval(timer);
    timer = setInterval(swap, Number(part("speed").querySelector("input").value) * 1000);
  }

  function swap() { onTop = !onTop; layers(); }

  function layers() {
    if (!mode) return;
    const probe = looks.querySelector("svg[data-probe] image");
    const reference = references[chosen]?.querySelector("image");
    stageSvg.replaceChildren(...[probe, reference].filter(Boolean).map((image) => image.cloneNode()));
    const over = stageSvg.children[1];
    const opacity = mode === "overlay" ? part("opacity").querySelector("input").value : onTop ? 1 : 0;
    over?.setAttribute("opacity", opacity);
    const name = references.length > 1 ? `Reference ${chosen + 1} of ${references.length}` : "Reference";
    says.textContent = mode === "overlay" ? `${name} over the probe` : onTop ? name : "Probe";
  }

  function other(by) {
    if (!references.length) return;
    chosen = (chosen + by + references.length) % references.length;
    layers();
  }

  tools.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.zoom === "in") zoom(0.8);
    else if (button.dataset.zoom === "out") zoom(1.25);
    else if (button.dataset.zoom === "reset") reset();
    else if (button.dataset.mode) set(button.dataset.mode);
    else if ("other" in button.dataset) other(1);
    else if ("step" in button.dataset) { clearInterval(timer); timer = null; swap(); }
  });
  tools.addEventListener("input", (event) => {
    if (event.target.closest("[data-speed]")) run();
    else layers();
  });
  root.addEventListener("drawn", layers);

  function point(event, svg) {
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    return [at.x, at.y];
  }

  root.addEventListener("wheel", (event) => {
    const svg = event.target.closest("svg[data-zooms]");
    if (!svg) return;
    event.preventDefault();
    zoom(event.deltaY < 0 ? 0.87 : 1.15, ...point(event, svg));
  }, { passive: false });
  root.addEventListener("pointerdown", (event) => {
    const svg = event.target.closest("svg[data-zooms]");
    if (!svg || event.pointerType === "touch") return;
    svg.setPointerCapture(event.pointerId);
    const drag = (moved) => {
      const scale = svg.getScreenCTM().a;
      view.x -= moved.movementX / scale;
      view.y -= moved.movementY / scale;
      shown();
    };
    svg.addEventListener("pointermove", drag);
    svg.addEventListener("lostpointercapture", () => svg.removeEventListener("pointermove", drag), { once: true });
  });

  const arrows = { ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0], ArrowUp: [0, -0.1], ArrowDown: [0, 0.1] };
  root.addEventListener("keydown", (event) => {
    if (!event.target.matches("svg[data-zooms]") || !arrows[event.key]) return;
    event.preventDefault();
    move(...arrows[event.key]);
  });

  const keys = {
    f: () => references.length && set("flicker"), o: () => references.length && set("overlay"),
    "[": () => other(-1), "]": () => other(1), "+": () => zoom(0.8), "=": () => zoom(0.8), "-": () => zoom(1.25), 0: reset,
  };
  return { keys, stop() { clearInterval(timer); } };
}
