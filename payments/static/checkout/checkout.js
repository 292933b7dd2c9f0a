"use strict";

// The page is complete without this: it only looks whether there is something new to show.
const place = document.currentScript.dataset;
const PAUSE_MS = 1000 * Number(place.pauseSeconds);
const PAUSE_MAX_MS = Math.max(15000, PAUSE_MS);
let pauseMs = PAUSE_MS;

async function look() {
  try {
    const answer = await fetch(place.state, { headers: { Accept: "application/json" } });
    if (!answer.ok) {
      // The session is over, or belongs to another browser: the page itself says what to do.
      if (answer.status === 403) window.location.reload();
      throw new Error(String(answer.status));
    }
    const seen = await answer.json();
    if (seen.version !== place.version) {
      window.location.reload();
      return;
    }
    pauseMs = PAUSE_MS;
  } catch {
    pauseMs = Math.min(pauseMs * 2, PAUSE_MAX_MS);
  }
  window.setTimeout(look, pauseMs);
}

window.setTimeout(look, PAUSE_MS);
