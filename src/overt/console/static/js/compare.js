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
  const layer = document.createElementNS(NS, "g");
  const image = document.createElementNS(NS, "image");
  const at = placed(svg, size.width, size.height);
  size.close();
  image.setAttribute("href", url);
  for (const name of ["x", "y", "width", "height"]) image.setAttribute(name, at[name]);
  image.setAttribute("preserveAspectRatio", "none");
  layer.append(image, ...marks(svg));
  svg.append(layer);
  svg.dispatchEvent(new CustomEvent("drawn", { bubbles: true }));
}

function missing(status) {
  const said = document.createElement("p");
  said.className = "face-missing";
  said.textContent = status === 404 ? "This picture has been deleted" : "This picture cannot be shown";
  return said;
}

/** The landmarks of a face that has them, in units of its height from its middle: pairs of x and y. */
function pointsOf(svg) {
  const numbers = (svg.dataset.points ?? "").split(" ").filter(Boolean).map(Number);
  const box = svg.dataset.box.split(" ").map(Number);
  const unit = box[3] - box[1];
  const pairs = [];
  for (let at = 0; at + 1 < numbers.length; at += 2) {
    pairs.push([(numbers[at] - (box[0] + box[2]) / 2) / unit, (numbers[at + 1] - (box[1] + box[3]) / 2) / unit]);
  }
  return pairs;
}

function marks(svg) {
  const points = pointsOf(svg);
  if (!points.length) return [];
  const group = document.createElementNS(NS, "g");
  group.classList.add("marks");
  for (const [x, y] of points) {
    const dot = document.createElementNS(NS, "circle");
    dot.setAttribute("cx", x);
    dot.setAttribute("cy", y);
    dot.setAttribute("r", 0.018);
    group.append(dot);
  }
  return [group];
}

/** Turned, moved and scaled so that the eyes `from` lie on the eyes `to`; nothing is stretched. */
function eyesOnEyes(from, to) {
  const [dx, dy] = [from[1][0] - from[0][0], from[1][1] - from[0][1]];
  const [ex, ey] = [to[1][0] - to[0][0], to[1][1] - to[0][1]];
  const length = dx * dx + dy * dy || 1;
  const a = (ex * dx + ey * dy) / length;
  const b = (ey * dx - ex * dy) / length;
  return `matrix(${a} ${b} ${-b} ${a} ${to[0][0] - a * from[0][0] + b * from[0][1]} ${to[0][1] - b * from[0][0] - a * from[0][1]})`;
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
  const called = { probe: root.dataset.probe ?? "Probe", other: root.dataset.other ?? "Reference" };
  const view = { x: 0, y: 0, side: AT_FIRST };
  let mode = "";
  let chosen = 0;
  let onTop = false;
  let timer = null;
  let byEyes = false;
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
    const probe = looks.querySelector("svg[data-probe] > g");
    const reference = references[chosen]?.querySelector("g");
    stageSvg.replaceChildren(...[probe, reference].filter(Boolean).map((layer) => layer.cloneNode(true)));
    const over = stageSvg.children[1];
    const opacity = mode === "overlay" ? part("opacity").querySelector("input").value : onTop ? 1 : 0;
    over?.setAttribute("opacity", opacity);
    const name = references.length > 1 ? `${called.other} ${chosen + 1} of ${references.length}` : called.other;
    says.textContent = mode === "overlay" ? `${name} over the ${called.probe.toLowerCase()}` : onTop ? name : called.probe;
  }

  /** The landmarks on every picture, or none. */
  function mark() {
    const on = root.classList.toggle("shows-marks");
    part("marks")?.setAttribute("aria-pressed", String(on));
  }

  /** Every other face turned and scaled so that its eyes lie on those of the probe; or each by its own box again. */
  function layEyes(on) {
    const to = pointsOf(looks.querySelector("svg[data-probe]"));
    for (const svg of references) {
      const from = pointsOf(svg);
      const layer = svg.querySelector("g");
      if (!layer || from.length < 2 || to.length < 2) continue;
      if (on) layer.setAttribute("transform", eyesOnEyes(from, to));
      else layer.removeAttribute("transform");
    }
    layers();
  }

  function align() {
    byEyes = !byEyes;
    part("by-eyes")?.setAttribute("aria-pressed", String(byEyes));
    layEyes(byEyes);
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
    else if ("marks" in button.dataset) mark();
    else if ("byEyes" in button.dataset) align();
    else if ("step" in button.dataset) { clearInterval(timer); timer = null; swap(); }
  });
  tools.addEventListener("input", (event) => {
    if (event.target.closest("[data-speed]")) run();
    else layers();
  });
  root.addEventListener("drawn", () => { if (byEyes) layEyes(true); else layers(); });

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
    ...(part("marks") ? { l: mark } : {}), ...(part("by-eyes") ? { e: align } : {}),
    "[": () => other(-1), "]": () => other(1), "+": () => zoom(0.8), "=": () => zoom(0.8), "-": () => zoom(1.25), 0: reset,
  };
  return { keys, stop() { clearInterval(timer); } };
}
