// What is being looked for, and how it stands in the page's address.

/** @typedef {{key: string, file: File, url: string}} Photo `url` shows the file in this page */
/** @typedef {{text: string, categories: string[], product: string, photo: ?Photo}} Query `product` is an id */

/** Looking for nothing in particular: the start page. */
export const NOTHING = Object.freeze({ text: "", categories: Object.freeze([]), product: "", photo: null });

/** The query that an address such as "?q=red+boots&category=Shoes" holds. A photo does not fit into an address. */
export function fromAddress(search) {
  const given = new URLSearchParams(search);
  return {
    text: (given.get("q") ?? "").trim(),
    categories: [...new Set(given.getAll("category"))],
    product: given.get("product") ?? "",
    photo: null,
  };
}

/** The address of `query`. */
export function toAddress(query) {
  const given = new URLSearchParams();
  if (query.text) given.set("q", query.text);
  if (query.product) given.set("product", query.product);
  for (const category of query.categories) given.append("category", category);
  const written = given.toString();
  return written ? `/?${written}` : "/";
}

/** Whether there is anything to search by; ticked categories alone are a browse. */
export function isSearch(query) {
  return Boolean(query.text || query.product || query.photo);
}

/** Whether two queries ask the same. */
export function sameQuery(one, other) {
  return toAddress(one) === toAddress(other) && one.photo === other.photo;
}

/** What the results of `query` are, as their heading. */
export function describe(query) {
  const looks = [query.product && "this", query.photo && "your photo"].filter(Boolean);
  const words = query.text && `“${query.text}”`;
  if (looks.length) return `Looks like ${looks.join(" and ")}${words && `, with ${words}`}`;
  if (words) return words;
  return query.categories.length ? query.categories.join(", ") : "A little of everything";
}
