// How things are called on the page: fields, values, prices, queries.

const CALLED = new Map([["base_colour", "colour"], ["article_type", "type"]]); // as people say rather than as tables do

/** How a field is called: "sub_category" is "Sub category". */
export function label(name) {
  const words = (CALLED.get(name) ?? name).replaceAll("_", " ").trim() || name;
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** A value of a field as people read it. */
export function shown(value) {
  if (typeof value === "boolean") return value ? "Yes" : "No";
  return String(value) || "(blank)";
}

/** How a product is called: its title, or its id where it has none. */
export function titleOf(id, attributes) {
  return String(attributes.title ?? "").trim() || id;
}

/** A product's price, in its currency where that is known. */
export function priceOf({ price, currency }) {
  if (typeof price !== "number") return price === undefined ? "" : String(price);
  if (/^[A-Z]{3}$/.test(currency ?? "")) return price.toLocaleString(undefined, { style: "currency", currency });
  return price.toLocaleString(undefined, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
}

/** "1 product", "2 products". */
export function many(number, noun) {
  return `${number.toLocaleString()} ${noun}${number === 1 ? "" : "s"}`;
}

/** A chance as a percentage. Nothing that was measured on samples is certain, so 0 and 100 are never claimed. */
export function percent(probability) {
  return Math.min(99, Math.max(1, Math.round(100 * probability)));
}

/** A label that the model suggests, as {label, probability}: "Tshirts, 93%". */
export function suggestion(predicted) {
  return `${predicted.label}, ${percent(predicted.probability)}%`;
}

/** A range in words: "from 10 to 50", "under 50". */
export function rangeWords({ gte, gt, lte, lt }) {
  const low = gte !== undefined ? `from ${plain(gte)}` : gt !== undefined ? `over ${plain(gt)}` : "";
  const joins = low ? ["to", "to under"] : ["up to", "under"];
  const high = lte !== undefined ? `${joins[0]} ${plain(lte)}` : lt !== undefined ? `${joins[1]} ${plain(lt)}` : "";
  return [low, high].filter(Boolean).join(" ");
}

/** What the results of `query` are, as their heading. */
export function describe(query) {
  const more = query.like.length;
  const chosen = more && (query.product || query.photo ? `${more} more` : many(more, "chosen product"));
  const looks = [query.product && "this", query.photo && "your photo", chosen].filter(Boolean);
  const words = query.text && `“${query.text}”`;
  if (looks.length) return `Looks like ${looks.join(" and ")}${words && `, with ${words}`}`;
  return words || filterWords(query) || "A little of everything";
}

/** The filters of `query` in words; "" without any. */
export function filterWords({ ticks, ranges, flags }) {
  return [
    ...Object.values(ticks).flat().map(shown),
    ...Object.entries(ranges).map(([field, range]) => `${label(field).toLowerCase()} ${rangeWords(range)}`),
    ...flags.map((field) => label(field).toLowerCase()),
  ].join(", ");
}

function plain(number) {
  return typeof number === "number" ? number.toLocaleString() : String(number);
}
