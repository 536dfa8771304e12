// Says why a product is among the hits: what brought it, and what it shares with what was looked for.

import { make } from "./dom.js";
import { label, shown } from "./wording.js";

const PART = /^(text|product|photo) (.*)$/s;

/** The explanation of a hit, as the API gives it, in elements. `nameOf(id)` is a product's title. */
export function why(explain, nameOf) {
  return [
    make("h3", {}, "Why this?"),
    explain.exact ? make("p", {}, `Its ${label(explain.exact).toLowerCase()} is what you typed, word for word.`) : null,
    ranks(explain),
    shares(explain.parts ?? [], nameOf),
    explain.boosts?.length ? make("p", {}, `Moved up for: ${explain.boosts.join(", ")}.`) : null,
    compared("The same", Object.entries(explain.agrees ?? {}).map(([name, value]) => [name, shown(value)])),
    compared("Different", Object.entries(explain.differs ?? {}).map(([name, found]) => [name, difference(found)])),
  ];
}

function ranks({ semantic_rank: looks, lexical_rank: words }) {
  const found = [looks && `number ${looks} by what it looks like`, words && `number ${words} by the words about it`];
  const known = found.filter(Boolean).join(", ");
  return known ? make("p", {}, `${known.charAt(0).toUpperCase()}${known.slice(1)}.`) : null;
}

/** What each part of the search adds to the score; below 0 it takes away. */
function shares(parts, nameOf) {
  if (!parts.length) return null;
  const rows = parts.map(({ part, share }) =>
    make("div", {}, make("dt", {}, partName(part, nameOf)), make("dd", {}, share.toFixed(2).replace("-", "−"))),
  );
  const total = parts.reduce((sum, { share }) => sum + share, 0).toFixed(2).replace("-", "−");
  if (rows.length > 1) rows.push(make("div", { class: "sum" }, make("dt", {}, "Similarity"), make("dd", {}, total)));
  return make("dl", { class: "shares" }, ...rows);
}

/** A part as the API calls it: "text 'red'", "product 'sku-1'", "photo 1". */
function partName(part, nameOf) {
  const [, kind, rest] = PART.exec(part) ?? [];
  if (kind === "text") return `“${rest.slice(1, -1)}”`;
  if (kind === "product") return nameOf(rest.slice(1, -1));
  return kind === "photo" ? "Your photo" : part;
}

function compared(title, pairs) {
  if (!pairs.length) return null;
  const rows = pairs.map(([name, value]) => make("div", {}, make("dt", {}, label(name)), make("dd", {}, value)));
  return make("section", {}, make("h4", {}, title), make("dl", {}, ...rows));
}

function difference({ query, hit }) {
  return hit === null || hit === undefined ? `none, not ${shown(query)}` : `${shown(hit)}, not ${shown(query)}`;
}
