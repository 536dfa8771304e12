// What products are called and look like, for chips: known from cards that were seen, or asked for.

import * as api from "./api.js";
import { titleOf } from "./wording.js";

const known = new Map(); // id -> {title, image}
const wanted = new Set();
let changed = () => {};

/** Call `tell()` when a name comes in that was asked for. */
export function watch(tell) {
  changed = tell;
}

/** Keep the title and the photo of a card, or of anything with an id, attributes and the URL of an image. */
export function remember({ id, attributes, image }) {
  known.set(id, { title: titleOf(id, attributes), image });
}

/** {title, image} of a product, as far as they are known. */
export function of(id) {
  return known.get(id) ?? { title: id, image: null };
}

/** The same, and what is not known is asked for. */
export function find(id) {
  if (!known.has(id)) ask(id);
  return of(id);
}

async function ask(id) {
  if (wanted.has(id)) return;
  wanted.add(id);
  try {
    const record = await api.product(id);
    remember({ id, attributes: record.attributes, image: record.images[0]?.url });
    changed();
  } catch {
    // The search says what is wrong with it; the chip shows the id.
  }
}
