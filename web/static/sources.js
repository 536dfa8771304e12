// Where products come from, a page at a time: a search, or a walk through the catalogue.

import * as api from "./api.js";
import { isSearch } from "./query.js";

const SEARCH_PAGE = 24;
const DEEPEST = 1000; // the API's limit + offset
const BROWSE_PAGE = 48;
const LANES = 12;
const CATEGORIES_WAIT_MS = 1000;

/**
 * A source for `query`. Each `next(signal)` answers {items, more, far?, index?, tookMs?}; a page that failed may be
 * asked for again. `far`: even the first is nothing close. `categories` is a promise of the catalogue's categories.
 */
export function openSource(query, categories) {
  return isSearch(query) ? searching(query) : browsing(query, categories);
}

function searching(query) {
  let offset = 0;
  const seen = new Set();
  return {
    async next(signal) {
      // One more than is shown tells whether there are more.
      const limit = Math.min(SEARCH_PAGE + 1, DEEPEST - offset);
      const answer = await api.search(query, limit, offset, signal);
      offset += SEARCH_PAGE;
      // While products come and go, one may slide onto the next page.
      const hits = answer.hits.slice(0, SEARCH_PAGE).filter((hit) => !seen.has(hit.product_id));
      hits.forEach((hit) => seen.add(hit.product_id));
      const items = hits.map((hit) => item(hit.product_id, hit.product, hit.image_url, hit.score, hit.probability));
      const more = answer.hits.length > SEARCH_PAGE;
      return { items, more, far: answer.no_good_match, index: answer.index, tookMs: answer.took_ms };
    },
  };
}

/** Every ticked category is a lane of its own, since the list knows one at a time; the lanes take turns. */
function browsing(query, categories) {
  let lanes = null;
  return {
    async next(signal) {
      lanes ??= (await laneNames(query, categories)).map((category) => ({ category, after: "", open: true }));
      const open = lanes.filter((lane) => lane.open);
      const limit = Math.ceil(BROWSE_PAGE / open.length);
      const answers = await Promise.all(open.map((lane) => api.products(laneArguments(lane, limit), signal)));
      const pages = answers.map((answer) => answer.products.slice(0, limit));
      open.forEach((lane, i) => {
        lane.after = pages[i].at(-1)?.id ?? "";
        lane.open = answers[i].products.length > limit;
      });
      const items = takeTurns(pages).map((record) => item(record.id, record, record.images[0]?.url));
      return { items, more: lanes.some((lane) => lane.open) };
    },
  };
}

/** The categories to walk through. With none ticked the large ones, for a start page that shows the whole range. */
async function laneNames(query, categories) {
  if (query.categories.length) return query.categories;
  const late = new Promise((resolve) => setTimeout(resolve, CATEGORIES_WAIT_MS, []));
  const known = await Promise.race([categories, late]).catch(() => []);
  return known.length > 1 ? known.slice(0, LANES).map(({ value }) => value) : [null];
}

function laneArguments(lane, limit) {
  const given = { limit: limit + 1, after: lane.after }; // one more than is shown tells whether there are more
  return lane.category === null ? given : { ...given, category: lane.category };
}

function takeTurns(lists) {
  const longest = Math.max(...lists.map((list) => list.length));
  return Array.from({ length: longest }, (_, turn) => lists.flatMap((list) => list.slice(turn, turn + 1))).flat();
}

function item(id, { attributes }, image, score = null, probability = null) {
  return { id, attributes, image, score, probability };
}
