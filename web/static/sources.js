// Where products come from, a page at a time: a search, or a walk through the catalogue.

import * as api from "./api.js";
import { byField, countedApart, countedInCatalogue, split, worthCounting } from "./facets.js";
import { isFiltered, isSearch, withTicks } from "./query.js";
import { filterOf, searchBody } from "./wire.js";

const SEARCH_PAGE = 24;
const DEEPEST = 1000; // the API's limit + offset
const BROWSE_PAGE = 48;
const LANES = 12;
const KNOWN_WAIT_MS = 1000;

/**
 * A source for `query`. Each `next(signal)` answers {items, more, far?, index?, tookMs?, total?, read?, counted?}; a
 * page that failed may be asked for again. `far`: even the first is nothing close. `read`: what was read in the words.
 * `counted`, of the first page: a promise of {total, facets}, facets by field, which is never broken. `catalogue` gives
 * promises of its categories() and fields().
 */
export function openSource(query, catalogue) {
  return isSearch(query) ? searching(query, catalogue) : browsing(query, catalogue);
}

function searching(query, catalogue) {
  let offset = 0;
  const seen = new Set();
  return {
    async next(signal) {
      const fresh = offset === 0;
      // One more than is shown tells whether there are more.
      const body = await searchBody(query, Math.min(SEARCH_PAGE + 1, DEEPEST - offset), offset);
      const requests = fresh ? worthCounting(await inTime(catalogue.fields())) : [];
      const [together, apart] = split(query, requests);
      const extras = fresh ? { total: true, facets: together } : {};
      const answer = await api.search({ ...body, ...extras }, signal);
      const rest = countedApart(query, answer.interpretation, apart, signal).catch(() => []);
      // While products come and go, one may slide onto the next page.
      const places = answer.hits.slice(0, SEARCH_PAGE).map((hit, i) => item(hit, offset + i));
      offset += SEARCH_PAGE;
      const items = places.filter(({ id }) => !seen.has(id));
      items.forEach(({ id }) => seen.add(id));
      return {
        items,
        more: answer.hits.length > SEARCH_PAGE,
        far: answer.no_good_match,
        index: answer.index,
        tookMs: answer.took_ms,
        total: answer.total ?? null,
        read: answer.interpretation ?? null,
        counted: rest.then((more) => ({
          total: answer.total ?? null,
          facets: byField([...(answer.facets ?? []), ...more], requests),
        })),
      };
    },
  };
}

/** Every ticked category is a lane of its own, as are the largest without a tick, so that the page shows the range. */
function browsing(query, catalogue) {
  let lanes = null;
  return {
    async next(signal) {
      const fresh = lanes === null;
      lanes ??= (await laneNames(query, catalogue)).map((category) => ({ category, after: "", open: true }));
      const open = lanes.filter((lane) => lane.open);
      const limit = Math.ceil(BROWSE_PAGE / open.length);
      const counted = fresh ? countBrowse(query, catalogue, signal) : null;
      const answers = await Promise.all(open.map((lane) => api.products(laneArguments(query, lane, limit), signal)));
      const pages = answers.map((answer) => answer.products.slice(0, limit));
      open.forEach((lane, i) => {
        lane.after = pages[i].at(-1)?.id ?? "";
        lane.open = answers[i].products.length > limit;
      });
      const shown = (record) => item({ product_id: record.id, image_url: record.images[0]?.url, product: record });
      const items = takeTurns(pages).map(shown);
      return { items, more: lanes.some((lane) => lane.open), counted };
    },
  };
}

async function countBrowse(query, catalogue, signal) {
  try {
    const requests = worthCounting(await inTime(catalogue.fields()));
    const { total, facets } = await countedInCatalogue(query, requests, signal);
    return { total, facets: byField(facets, requests) };
  } catch {
    return { total: null, facets: new Map() }; // the products are there all the same
  }
}

/** The categories to walk through. With none ticked the large ones, for a start page that shows the whole range. */
async function laneNames(query, catalogue) {
  if (query.ticks.category) return query.ticks.category;
  const known = await inTime(catalogue.categories());
  // A filter may leave nothing of the largest categories.
  return known.length > 1 && !isFiltered(query) ? known.slice(0, LANES).map(({ value }) => value) : [null];
}

function laneArguments(query, { category, after }, limit) {
  const given = { limit: limit + 1, after }; // one more than is shown tells whether there are more
  const filter = filterOf({ ...query, ticks: withTicks(query, "category", []) });
  if (filter) given.filter = JSON.stringify(filter);
  if (category !== null) given.category = category;
  return given;
}

/** What `promise` brings, or nothing where it takes too long or fails: the page works without. */
async function inTime(promise) {
  const late = new Promise((resolve) => setTimeout(resolve, KNOWN_WAIT_MS, []));
  return Promise.race([promise, late]).catch(() => []);
}

function takeTurns(lists) {
  const longest = Math.max(...lists.map((list) => list.length));
  return Array.from({ length: longest }, (_, turn) => lists.flatMap((list) => list.slice(turn, turn + 1))).flat();
}

/** A product as the page shows it; `place` is the hit's own, from 0. */
function item({ product_id: id, product, image_url: image, score = null, probability = null }, place = null) {
  return { id, attributes: product.attributes, predicted: product.predicted, image, score, probability, place };
}
