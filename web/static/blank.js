// What stands where there are no products.

import { make } from "./dom.js";
import { isFiltered, isSearch } from "./query.js";
import { total } from "./stock.js";
import { filterWords, many } from "./wording.js";

/** Why there is nothing, and what to do about it; `everywhere()` searches without filters. */
export function nothing(query, { counts }, everywhere) {
  if (total(counts) === 0) {
    return [
      make("h2", {}, "No products yet"),
      make("p", {}, "Feed it a table of products and a folder of their photos:"),
      make("pre", {}, make("code", {}, "lookalike ingest catalogue.csv --images photos/")),
      make("p", {}, "They appear here as soon as they are in."),
    ];
  }
  if (isSearch(query) && counts?.indexed === 0) {
    return [
      make("h2", {}, "Nothing to search yet"),
      make("p", {}, `${many(counts.queued, "product")} being indexed: try again in a moment.`),
    ];
  }
  const title = make("h2", {}, "Nothing found");
  if (!isFiltered(query)) return [title, make("p", {}, "Try other words, or another photo.")];
  const onlyCategories = Object.keys(query.ticks).join() === "category" && filterWords({ ...query, ticks: {} }) === "";
  const words = onlyCategories ? "Search all categories" : "Clear all filters";
  const button = make("button", { type: "button", class: "button", onclick: everywhere }, words);
  return [title, make("p", {}, `Nothing like it in: ${filterWords(query)}.`), make("p", {}, button)];
}
