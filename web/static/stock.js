// What is known of the catalogue and the model: how many products, which fields and categories, are words understood.

import * as api from "./api.js";

const WATCH_MS = 4000;

let latest = { counts: null, categories: [], fields: [], model: "", text: true };
let asked = {}; // promises of the categories and the fields
let changed = () => {};

/** What is known now; `counts` is null until they are. */
export function known() {
  return latest;
}

/** A promise of the categories, most frequent first. */
export function categories() {
  return once("categories", () => api.values("category"));
}

/** A promise of the attributes that products have: [{name, type}]. */
export function fields() {
  return once("fields", api.fields);
}

/** Ask anew how many products there are, with which fields and of which categories. */
export async function refresh() {
  asked = {};
  const [counts, found, names] = await Promise.all([api.counts(), categories(), fields().catch(() => [])]);
  const appeared = total(latest.counts) === 0 && total(counts) > 0;
  latest = { ...latest, counts, categories: found, fields: names };
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

function once(name, ask) {
  if (!asked[name]) {
    const promise = ask();
    asked[name] = promise;
    promise.catch(() => { if (asked[name] === promise) delete asked[name]; });
  }
  return asked[name];
}

function unsettled() {
  return latest.counts === null || latest.counts.queued > 0 || total(latest.counts) === 0;
}
