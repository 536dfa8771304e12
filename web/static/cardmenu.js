// What can be done with a product from its card: search by it as well, away from it, without it, or ask why it is here.

import * as api from "./api.js";
import * as menu from "./menu.js";
import * as names from "./names.js";
import { isSearch } from "./query.js";
import { why } from "./why.js";
import { searchBody } from "./wire.js";

const AROUND = 3; // hits before and after one that is to be explained: it may have moved meanwhile

/** Offer what can be done with `item` beside `button`; `change(changes)` of `query`. `signal` ends what is asked. */
export function openMenu(item, button, query, change, signal) {
  if (menu.isOpen(button)) return menu.close();
  const add = (list) => () => change({ [list]: [...query[list], item.id] });
  if (!isSearch(query)) return menu.offer(button, [["More like this", add("like")]]);
  menu.offer(button, [
    ["More like this, too", add("like")],
    ["Less like this", add("unlike")],
    ["Leave this out", add("without")],
    ["Why this?", () => explain(item, button, query, signal)],
  ]);
}

async function explain(item, button, query, signal) {
  menu.tell(button, "Looking…");
  try {
    const hit = await explained(item, query, signal);
    if (!menu.isOpen(button)) return;
    if (hit?.explain) menu.tell(button, ...why(hit.explain, (id) => names.of(id).title).filter(Boolean));
    else menu.tell(button, "The catalogue has changed meanwhile: search again.");
  } catch (error) {
    if (!signal.aborted && menu.isOpen(button)) menu.tell(button, error.message);
  }
}

/** The hit with its explanation, from where it stood and a little around. */
async function explained(item, query, signal) {
  const offset = Math.max(0, item.place - AROUND);
  const body = await searchBody(query, item.place - offset + AROUND + 1, offset);
  const { hits } = await api.search({ ...body, explain: true }, signal);
  return hits.find(({ product_id: id }) => id === item.id);
}
