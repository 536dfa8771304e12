// What is counted beside a search or a browse, for the filters.

import * as api from "./api.js";
import { QUICK_RANGES } from "./price.js";
import { without } from "./query.js";
import { searchBody } from "./wire.js";

/** @typedef {{field: string, products: number, values?: object[], ranges?: object[]}} Facet as the API answers it */

const KEYWORDS = ["category", "brand", "base_colour", "gender", "article_type", "pattern", "season"];
const TOP = 60;

/** What to count in a catalogue with these `fields`, [{name, type}]: those that are worth filtering by. */
export function worthCounting(fields) {
  const has = (name, type) => fields.some((field) => field.name === name && field.type === type);
  const requests = KEYWORDS.filter((name) => has(name, "keyword")).map((field) => ({ field, top: TOP }));
  if (has("price", "number")) requests.push({ field: "price", ranges: QUICK_RANGES });
  if (has("in_stock", "boolean")) requests.push({ field: "in_stock" });
  return requests;
}

/**
 * The requests that go with the search itself, and those that need one of their own: to say how many more another value
 * would bring, the values of a field are counted without the filter on that field.
 */
export function split(query, requests) {
  const own = requests.filter(({ field }) => isFilteredBy(query, field));
  return [requests.filter((request) => !own.includes(request)), own];
}

/**
 * Count each of `requests` among the products that `query` would find without its filter on that field, its words read
 * as `read` says: without the filter they might be read otherwise, and the numbers would not fit those that are shown.
 */
export async function countedApart(query, read, requests, signal) {
  const sure = (read?.terms ?? []).filter((term) => term.sure).map((term) => term.filter);
  const answers = await Promise.all(
    requests.map(async (request) => {
      const body = await searchBody(without({ ...query, order: "" }, request.field), 1, 0);
      const filters = [body.filter, ...sure].filter(Boolean);
      const filter = filters.length ? { all: filters } : null;
      return api.search({ ...body, filter, interpret: false, facets: [request] }, signal);
    }),
  );
  return answers.flatMap((answer) => answer.facets ?? []);
}

/**
 * The same for a browse, as {total, facets}. Numbers speak of the filter alone, whatever it is that is searched for: so
 * any product will do to search by, in a catalogue that has one.
 */
export async function countedInCatalogue(query, requests, signal) {
  const { products } = await api.products({ state: "indexed", limit: 1 }, signal);
  if (!products.length) return { total: null, facets: [] };
  const anything = { ...query, like: [products[0].id] };
  const [together, apart] = split(query, requests);
  const body = { ...(await searchBody(anything, 1, 0)), include_self: true, total: true, facets: together };
  const [answer, rest] = await Promise.all([api.search(body, signal), countedApart(anything, null, apart, signal)]);
  return { total: answer.total, facets: [...answer.facets ?? [], ...rest] };
}

/** Facets as a Map by field, in the order of `requests`. */
export function byField(facets, requests) {
  const found = requests.map(({ field }) => facets.find((facet) => facet.field === field));
  return new Map(found.filter(Boolean).map((facet) => [facet.field, facet]));
}

function isFilteredBy({ ticks, ranges, flags }, field) {
  return field in ticks || field in ranges || flags.includes(field);
}
