// Draws products: cards of the grid, and the one that is looked at closely.

import { make, picture } from "./dom.js";
import { NOTHING, toAddress } from "./query.js";

const CARD_PX = 320;
const LARGE_PX = 512;
const SMALL_PX = 96;
const MAX_ENLARGEMENT = 2.5;
const LONG_VALUE = 60; // characters: such a value gets a line of its own
const HEADLINES = ["title", "category", "price", "currency"];

/** A card; `open(item)` is called when it is clicked, unless the click asks for a new tab. */
export function card(item, categories, open) {
  const { attributes } = item;
  // The photo says what the title beside it says, so its own text stays empty: nothing is read out twice.
  return make(
    "li",
    { class: "card" },
    make(
      "a",
      {
        href: toAddress({ ...NOTHING, categories, product: item.id }),
        onclick: (event) => {
          if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
          event.preventDefault();
          open(item);
        },
      },
      make("span", { class: "frame" }, picture(item.image, CARD_PX, "")),
      make("span", { class: "title" }, titleOf(item.id, attributes)),
      attributes.category === undefined ? null : make("span", { class: "category" }, String(attributes.category)),
      make("span", { class: "facts" }, make("span", { class: "price" }, priceOf(attributes)), worth(item)),
    ),
  );
}

/** Grey cards to wait with. */
export function skeletons(number) {
  return Array.from({ length: number }, () =>
    make(
      "li",
      { class: "card skeleton", "aria-hidden": "true" },
      make("span", { class: "frame" }),
      make("span", { class: "line" }),
      make("span", { class: "line short" }),
    ),
  );
}

/** A product closely: its photos, and every attribute. */
export function closeUp(record) {
  return [gallery(record), particulars(record)];
}

/** How a product is called: its title, or its id where it has none. */
export function titleOf(id, attributes) {
  return String(attributes.title ?? "").trim() || id;
}

function gallery(record) {
  const title = titleOf(record.id, record.attributes);
  const { images } = record;
  const frame = make("div", { class: "frame" });
  const buttons = images.map((image, i) =>
    make(
      "button",
      { type: "button", class: "frame", "aria-label": `Photo ${i + 1} of ${images.length}`, onclick: () => choose(i) },
      picture(image.url, SMALL_PX, ""),
    ),
  );
  function choose(chosen) {
    const alt = images.length > 1 ? `${title}, photo ${chosen + 1} of ${images.length}` : title;
    frame.replaceChildren(picture(images[chosen]?.url, LARGE_PX, alt, keepSharp));
    buttons.forEach((button, i) => button.setAttribute("aria-pressed", String(i === chosen)));
  }
  choose(0);
  const all = images.length > 1 ? make("div", { class: "strip-of-photos" }, ...buttons) : null;
  return make("div", { class: "gallery" }, frame, all);
}

/** Thumbnail-sized originals are shown small rather than blurred. */
function keepSharp(image) {
  image.style.maxWidth = `${Math.round(image.naturalWidth * MAX_ENLARGEMENT)}px`;
}

function particulars(record) {
  const { attributes } = record;
  const rest = Object.entries(attributes).filter(([name]) => !HEADLINES.includes(name));
  const price = priceOf(attributes);
  return make(
    "div",
    { class: "particulars" },
    attributes.category === undefined ? null : make("p", { class: "category" }, String(attributes.category)),
    make("h2", { tabindex: "-1" }, titleOf(record.id, attributes)),
    price ? make("p", { class: "price" }, price) : null,
    standing(record),
    make(
      "dl",
      {},
      ...rest.map(([name, value]) => particular(label(name), shown(value))),
      particular("Id", record.id),
    ),
  );
}

function particular(name, value) {
  const long = value.length > LONG_VALUE;
  return make("div", { class: long ? "long" : null }, make("dt", {}, name), make("dd", {}, value));
}

/** A line about a product that searches do not find yet, or not in full. */
function standing({ state, problem }) {
  const say = (words, kind) => make("p", { class: kind }, words);
  if (state === "queued") return say("Being indexed: searches do not find this version yet.", "standing");
  if (state === "failed") return say(`Not indexed: ${problem?.detail ?? "it failed"}`, "standing bad");
  return problem ? say(problem.detail, "standing bad") : null;
}

/** What a hit is worth: how likely it is right, where the model has been calibrated, and else its bare score. */
function worth({ score, probability }) {
  if (score === null) return null;
  if (probability !== null) return likelihood(score, probability);
  const title = "Similarity: the cosine between this photo and your search";
  return make("span", { class: "score", title }, make("span", { class: "unseen" }, "similarity "), score.toFixed(2));
}

function likelihood(score, probability) {
  // Nothing that was measured on samples is certain.
  const percent = Math.min(99, Math.max(1, Math.round(100 * probability)));
  const title =
    `Of 100 hits as near as this one, about ${percent} are the kind of product that was looked for. ` +
    `Similarity: ${score.toFixed(2)}`;
  return make("span", { class: "score", title }, `${percent}% match`);
}

function priceOf({ price, currency }) {
  if (typeof price !== "number") return price === undefined ? "" : String(price);
  if (/^[A-Z]{3}$/.test(currency ?? "")) return price.toLocaleString(undefined, { style: "currency", currency });
  return price.toLocaleString(undefined, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
}

function label(name) {
  const words = name.replaceAll("_", " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function shown(value) {
  if (typeof value === "boolean") return value ? "Yes" : "No";
  return String(value);
}
