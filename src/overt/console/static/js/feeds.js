// The feeds' tiles: figures as the stream tells them, and a masked picture about once a second while somebody can see it.
import { renewed, serverNow } from "./overt.js";

const STALE = 5000;

export function keepFeeds(root) {
  const tiles = new Map([...root.querySelectorAll("[data-feed]")].map((tile) => [tile.dataset.feed, tile]));

  function show(told) {
    const say = root.querySelector("#feeds-say");
    say.textContent = told.says;
    say.hidden = !told.says;
    const fault = root.querySelector("#engine-fault");
    fault.hidden = !told.fault;
    fault.querySelector("p").textContent = told.fault;
    for (const feed of told.feeds) {
      const tile = tiles.get(feed.name);
      if (!tile) continue;
      tile.dataset.health = feed.health;
      tile.querySelector("[data-health-words]").textContent = feed.health_words;
      for (const name of ["frames_per_second", "latency", "faces"]) tile.querySelector(`[data-figure=${name}]`).textContent = feed[name] ?? "–";
      tile.querySelector("[data-fault]").textContent = feed.fault;
      tile.querySelector(".tile-fault").hidden = !feed.fault;
      if (feed.pictured_at && feed.pictured_at !== tile.dataset.pictured) fetchPicture(tile, feed.pictured_at);
    }
  }

  async function fetchPicture(tile, takenAt) {
    if (document.visibilityState !== "visible" || tile.dataset.fetching) return;
    tile.dataset.fetching = "yes";
    try {
      const answer = await fetch(tile.dataset.picture, { credentials: "same-origin" });
      if (answer.status === 401) await renewed();
      if (!answer.ok) return;
      const url = URL.createObjectURL(await answer.blob());
      const picture = tile.querySelector("img");
      const before = picture.src;
      picture.src = url;
      await picture.decode();
      picture.hidden = false;
      tile.querySelector(".tile-none").hidden = true;
      tile.dataset.pictured = takenAt;
      if (before.startsWith("blob:")) URL.revokeObjectURL(before);
    } catch (error) {
      if (!(error instanceof TypeError) && error.name !== "EncodingError") throw error;
    } finally {
      delete tile.dataset.fetching;
    }
  }

  /** How old each picture is; one that does not move any more is greyed, and said so. */
  function age() {
    for (const tile of tiles.values()) {
      const taken = Date.parse(tile.dataset.pictured);
      if (Number.isNaN(taken)) continue;
      const old = Math.max(0, serverNow() - taken);
      const words = old < 10_000 ? `${(old / 1000).toFixed(1)} s` : old < 120_000 ? `${Math.round(old / 1000)} s` : `${Math.round(old / 60_000)} min`;
      const stale = old > STALE;
      tile.classList.toggle("is-stale", stale);
      tile.querySelector("[data-figure=age]").textContent = words;
      tile.querySelector("[data-age]").textContent = words;
      tile.querySelector(".tile-stale").hidden = !stale;
    }
  }

  age();
  setInterval(age, 1000);
  return { show };
}
