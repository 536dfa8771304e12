// What is being looked for, and how it stands in the page's address.

/** @typedef {[number, number, number, number]} Box x1, y1, x2, y2: fractions of a photo, from its upper left corner */
/** @typedef {{key: string, file: File, url: string}} Photo `url` shows the file in this page */
/** @typedef {{gte?: number, lte?: number, lt?: number}} Range */
/**
 * @typedef {object} Query
 * @property {string} text
 * @property {boolean} plain the words are not to be read as filters
 * @property {Object<string, string[]>} ticks the values that are allowed, by field; no empty lists
 * @property {Object<string, Range>} ranges numbers that are allowed, by field; no empty ranges
 * @property {string[]} flags booleans that must be true
 * @property {string} product an id; `image` names one of its photos, "" its first, and `box` a part of it
 * @property {?Photo} photo `crop` is the part of it that matters
 * @property {string[]} like ids of further products to search by; `unlike` to lead away from; `without` to leave out
 * @property {string} order "" for the best match first, "varied", or a field, with "-" before it for its largest first
 */

/** Looking for nothing in particular: the start page. */
export const NOTHING = Object.freeze({
  text: "",
  plain: false,
  ticks: Object.freeze({}),
  ranges: Object.freeze({}),
  flags: Object.freeze([]),
  product: "",
  image: "",
  box: null,
  photo: null,
  crop: null,
  like: Object.freeze([]),
  unlike: Object.freeze([]),
  without: Object.freeze([]),
  order: "",
});

/** A query without filters. */
export const UNFILTERED = Object.freeze({ ticks: NOTHING.ticks, ranges: NOTHING.ranges, flags: NOTHING.flags });

// Ends of a range, as they are called in an address: ?from.price=10&to.price=50
const ENDS = { __proto__: null, from: "gte", to: "lte", below: "lt" };
const LISTS = ["like", "unlike", "without"];

/** The query that an address such as "?q=red+boots&category=Shoes" holds. A photo does not fit into an address. */
export function fromAddress(search) {
  const given = new URLSearchParams(search);
  // Without a prototype: a field may be called "constructor".
  const query = { ...NOTHING, ticks: Object.create(null), ranges: Object.create(null) };
  query.text = (given.get("q") ?? "").trim();
  query.plain = given.get("words") === "plain";
  query.product = given.get("product") ?? "";
  query.box = boxFrom(given.get("box"));
  query.image = query.box ? given.get("image") ?? "" : "";
  query.flags = unique(given.getAll("is"));
  query.order = given.get("order") ?? "";
  for (const list of LISTS) query[list] = unique(given.getAll(list));
  for (const [name, value] of given) {
    const [kind, field] = name === "category" ? ["in", name] : split(name);
    if (kind === "in" && field) query.ticks[field] = unique([...(query.ticks[field] ?? []), value]);
    else if (ENDS[kind] && field && isNumber(value)) (query.ranges[field] ??= {})[ENDS[kind]] = Number(value);
  }
  return query;
}

/** The address of `query`. */
export function toAddress(query) {
  const given = new URLSearchParams();
  if (query.text) given.set("q", query.text);
  if (query.text && query.plain) given.set("words", "plain");
  if (query.product) given.set("product", query.product);
  if (query.box && query.image) given.set("image", query.image);
  if (query.box) given.set("box", query.box.join(","));
  for (const [field, values] of Object.entries(query.ticks)) {
    for (const value of values) given.append(field === "category" ? field : `in.${field}`, value);
  }
  for (const [field, range] of Object.entries(query.ranges)) {
    for (const [word, end] of Object.entries(ENDS)) if (end in range) given.set(`${word}.${field}`, range[end]);
  }
  for (const field of query.flags) given.append("is", field);
  for (const list of LISTS) for (const id of query[list]) given.append(list, id);
  if (query.order) given.set("order", query.order);
  const written = given.toString();
  return written ? `/?${written}` : "/";
}

/** Whether there is anything to search by; filters alone are a browse. */
export function isSearch(query) {
  return Boolean(query.text || query.product || query.photo || query.like.length);
}

/** The same without what makes no sense any more: an order of nothing, a box on no photo, the reading of no words. */
export function settled(query) {
  const kept = { ...query };
  if (!kept.product) Object.assign(kept, { image: "", box: null });
  if (!kept.photo) kept.crop = null;
  if (!kept.text) kept.plain = false;
  if (!isSearch(kept)) Object.assign(kept, { unlike: [], without: [], order: "" });
  return kept;
}

/** Whether two queries ask the same. */
export function sameQuery(one, other) {
  return toAddress(one) === toAddress(other) && one.photo === other.photo && String(one.crop) === String(other.crop);
}

/** Whether anything but the words, photos and products narrows the query down. */
export function isFiltered({ ticks, ranges, flags }) {
  return Object.keys(ticks).length > 0 || Object.keys(ranges).length > 0 || flags.length > 0;
}

/** `query.ticks` with `values` for `field`. */
export function withTicks(query, field, values) {
  const ticks = { ...query.ticks, [field]: values };
  if (!values.length) delete ticks[field];
  return ticks;
}

/** `query.ranges` with `range` for `field`. */
export function withRange(query, field, range) {
  const ranges = { ...query.ranges, [field]: range };
  if (!Object.keys(range).length) delete ranges[field];
  return ranges;
}

/** `query` without its filter on `field`. */
export function without(query, field) {
  return {
    ...query,
    ticks: withTicks(query, field, []),
    ranges: withRange(query, field, {}),
    flags: query.flags.filter((flag) => flag !== field),
  };
}

function split(name) {
  const dot = name.indexOf(".");
  return dot < 0 ? [name, ""] : [name.slice(0, dot), name.slice(dot + 1)];
}

/** A box as an address has it; null for anything that is none. */
function boxFrom(written) {
  const box = (written ?? "").split(",").map((part) => (isNumber(part) ? Number(part) : NaN));
  const [x1, y1, x2, y2] = box;
  return box.length === 4 && 0 <= x1 && x1 < x2 && x2 <= 1 && 0 <= y1 && y1 < y2 && y2 <= 1 ? box : null;
}

function isNumber(written) {
  return written.trim() !== "" && Number.isFinite(Number(written));
}

function unique(values) {
  return [...new Set(values)];
}
