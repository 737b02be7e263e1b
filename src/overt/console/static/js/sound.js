// The tone of a new alert. Browsers give no sound before somebody has touched the page, and the button says so.

const KEPT = "overt-sound";
let context = null;
let on = localStorage.getItem(KEPT) === "on";
let rangAt = 0;

export const sound = {
  /** Write on the button how it is. */
  show() {
    const button = document.getElementById("sound");
    if (!button) return;
    const waits = on && context?.state !== "running";
    button.hidden = false;
    button.setAttribute("aria-pressed", String(on));
    button.querySelector("span").textContent = !on ? "Sound is off" : waits ? "Sound waits for a click or key" : "Sound is on";
    button.classList.toggle("is-off", !on || waits);
  },

  toggle() {
    on = !on;
    localStorage.setItem(KEPT, on ? "on" : "off");
    if (on) wake().then(() => { rangAt = 0; sound.ring(); });
    sound.show();
  },

  /** Two short tones; not more often than once in two seconds. */
  ring() {
    if (!on || context?.state !== "running" || Date.now() - rangAt < 2000) return;
    rangAt = Date.now();
    for (const [at, pitch] of [[0, 660], [0.18, 880]]) {
      const tone = context.createOscillator();
      const level = context.createGain();
      const start = context.currentTime + at;
      tone.frequency.value = pitch;
      level.gain.setValueAtTime(0, start);
      level.gain.linearRampToValueAtTime(0.25, start + 0.02);
      level.gain.linearRampToValueAtTime(0, start + 0.16);
      tone.connect(level).connect(context.destination);
      tone.start(start);
      tone.stop(start + 0.17);
    }
  },
};

async function wake() {
  context ??= new AudioContext();
  if (context.state === "suspended") await context.resume();
  sound.show();
}

for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, () => { if (on && context?.state !== "running") wake(); }, { capture: true });
