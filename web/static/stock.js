// What is known of the catalogue and the model: how many products, which categories, whether words are understood.

import * as api from "./api.js";

const WATCH_MS = 4000;

let latest = { counts: null, categories: [], model: "", text: true };
let asked = null; // the promise of the categories
let changed = () => {};

/** What is known now; `counts` is null until they are. */
export function known() {
  return latest;
}

/** A promise of the categories, most frequent first. */
export function categories() {
  asked ??= ask();
  return asked;
}

/** Ask anew how many products there are, and of which categories. */
export async function refresh() {
  asked = ask();
  const [counts, found] = await Promise.all([api.counts(), asked]);
  const appeared = total(latest.counts) === 0 && total(counts) > 0;
  latest = { ...latest, counts, categories: found };
  changed(latest, appeared);
}

/** Call `tell(known, appeared)` when anything changes; `appeared`: an empty catalogue has got its first products. */
export function watch(tell) {
  changed = tell;
  // When these fail, the search's own failure says so; the page works without them.
  refresh().catch(() => {});
  api.ready().then(({ model, text }) => {
    latest = { ...latest, model, text };
    changed(latest, false);
  }, () => {});
  setInterval(() => {
    if (document.visibilityState === "visible" && unsettled()) refresh().catch(() => {});
  }, WATCH_MS);
}

/** How many products there are, in whatever state. */
export function total(counts) {
  return counts ? counts.queued + counts.indexed + counts.failed : null;
}

function ask() {
  const promise = api.categories();
  promise.catch(() => { asked = null; });
  return promise;
}

function unsettled() {
  return latest.counts === null || latest.counts.queued > 0 || total(latest.counts) === 0;
}
