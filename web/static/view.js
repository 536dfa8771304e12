// Shows answers, waiting and failure. Knows the page's elements, and nothing of the API or the history.

import { make } from "./dom.js";
import { card, closeUp, skeletons, titleOf } from "./products.js";
import { describe, isSearch } from "./query.js";
import { total } from "./stock.js";

const SKELETONS = 12;
const [panel, heading, count, doubt, grid, blank, more, strip, foot, stockLine] = [
  "product", "heading", "count", "doubt", "grid", "blank", "more", "strip", "answered", "stock",
].map((id) => document.getElementById(id));
const seen = new Map(); // product id -> its item, for the chip while the record is on its way

/** Show an answer whole. `actions`: open(item), everywhere() to search all categories. */
export function show(answer, stock, actions) {
  const { query, record, items } = answer;
  panel.hidden = !record;
  panel.replaceChildren(...(record ? closeUp(record) : []));
  heading.textContent = describe(query);
  heading.parentElement.hidden = items.length === 0;
  grid.removeAttribute("aria-busy");
  grid.replaceChildren(...cards(answer, 0, actions.open));
  blank.hidden = items.length > 0;
  doubt.replaceChildren(...farOff(query));
  blank.replaceChildren(...(items.length ? [] : nothing(query, stock, actions.everywhere)));
  document.title = titleFor(answer);
  finish(answer, stock);
}

/** Show the items of `answer` from `first` on, below the others. */
export function showMore(answer, first, open) {
  const added = cards(answer, first, open);
  grid.append(...added);
  finish(answer, null);
  // A button that goes away would take the keyboard's place on the page with it.
  if (!answer.more) (added[0] ?? grid.lastElementChild).querySelector("a").focus();
}

/** Show that an answer is on its way: what is there fades, or makes room when it is about something else. */
export function wait(query, otherSubject) {
  grid.setAttribute("aria-busy", "true");
  if (!otherSubject && grid.childElementCount && blank.hidden) return;
  panel.hidden = true;
  doubt.hidden = true;
  blank.hidden = true;
  more.hidden = true;
  heading.parentElement.hidden = false;
  heading.textContent = describe(query);
  count.textContent = "Looking…";
  grid.replaceChildren(...skeletons(SKELETONS));
}

/** Lock the "show more" button while its answer is on its way. */
export function waitForMore(waiting) {
  // Not `disabled`, which would drop the keyboard's focus.
  more.setAttribute("aria-disabled", String(waiting));
  more.textContent = waiting ? "Looking…" : "Show more";
}

/** Show what went wrong; with `clear`, in place of the products. */
export function fail(message, retry, clear) {
  if (clear) {
    panel.hidden = true;
    doubt.hidden = true;
    blank.hidden = true;
    more.hidden = true;
    heading.parentElement.hidden = true;
    count.textContent = "";
    foot.textContent = "";
    grid.replaceChildren();
    grid.removeAttribute("aria-busy");
  }
  const again = retry && make("button", { type: "button", class: "button", onclick: retry }, "Try again");
  raise("strip bad", message, again);
}

/** Say something that is worth knowing, and no failure. */
export function note(message) {
  raise("strip", message, make("button", { type: "button", class: "button", onclick: hideStrip }, "Dismiss"));
}

/** Take the strip away. */
export function hideStrip() {
  strip.hidden = true;
  strip.replaceChildren();
}

/** Put the size of the catalogue into the footer. */
export function showStock({ counts }) {
  if (!counts) return;
  const parts = [many(total(counts), "product")];
  if (counts.queued) parts.push(`${counts.queued.toLocaleString()} being indexed`);
  if (counts.failed) parts.push(`${counts.failed.toLocaleString()} failed`);
  stockLine.textContent = parts.join(", ");
}

/** Invite words, where the model understands them; `beside` a photo or a product they change what it asks for. */
export function invite(input, understood, beside) {
  input.disabled = !understood;
  input.placeholder = !understood ? "Search by photo" : beside ? "Add words: in red" : "Describe it: red ankle boots";
}

/** Keep a card's title and photo for the chip. */
export function rememberPhoto(item) {
  seen.set(item.id, item);
}

/** [title, photo] of a product, as far as they are known. */
export function nameAndPhoto(id, record) {
  if (record) return [titleOf(id, record.attributes), record.images[0]?.url];
  const item = seen.get(id);
  return item ? [titleOf(id, item.attributes), item.image] : [id, null];
}

/** Scroll to the top; while one product is refined, only to its look-alikes, which are what changed. */
export function scrollToResults(query, otherSubject) {
  if (query.product && !otherSubject) heading.parentElement.scrollIntoView({ block: "start" });
  else window.scrollTo(0, 0);
}

/** Give the keyboard's place to the product that was opened, so that screen readers go on from there. */
export function focusProduct() {
  panel.querySelector("h2")?.focus({ preventScroll: true });
}

/** Give the keyboard's place back to the card of a product that was open until now. */
export function focusCard(id) {
  const link = id && [...grid.querySelectorAll("a")].find((a) => new URL(a.href).searchParams.get("product") === id);
  if (link) link.focus({ preventScroll: true });
}

function cards({ query, items }, first, open) {
  return items.slice(first).map((item) => card(item, query.categories, open));
}

function finish(answer, stock) {
  const { items, index, tookMs, query } = answer;
  more.hidden = !answer.more;
  doubt.hidden = !answer.far || !items.length;
  count.textContent = summary(answer, stock);
  if (isSearch(query) && index) foot.textContent = `${index.model}, generation ${index.generation}, ${tookMs} ms`;
  else if (items.length) foot.textContent = stock?.model ?? foot.textContent;
}

function summary({ query, items, far, more: further }) {
  const number = many(items.length, "product");
  if (far && items.length) return `The nearest ${number}`;
  if (!isSearch(query)) return further ? `First ${number}` : number;
  return further ? `First ${number}, best match first` : `${number}, best match first`;
}

/** What is said above hits of which even the first is far from what was looked for. */
function farOff({ categories }) {
  const where = categories.length ? categories.join(", ") : "the catalogue";
  return [make("strong", {}, `Nothing close to this in ${where}.`), " Here is the nearest there is."];
}

function titleFor({ query, record }) {
  if (record) return `${titleOf(record.id, record.attributes)} – Lookalike`;
  return isSearch(query) || query.categories.length ? `${describe(query)} – Lookalike` : "Lookalike";
}

function nothing(query, { counts }, everywhere) {
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
  if (!query.categories.length) return [title, make("p", {}, "Try other words, or another photo.")];
  const button = make("button", { type: "button", class: "button", onclick: everywhere }, "Search all categories");
  return [title, make("p", {}, `Nothing like it in ${query.categories.join(", ")}.`), make("p", {}, button)];
}

function raise(kind, message, button) {
  strip.className = kind;
  strip.replaceChildren(make("p", {}, message.charAt(0).toUpperCase() + message.slice(1)), ...(button ? [button] : []));
  strip.hidden = false;
}

function many(number, noun) {
  return `${number.toLocaleString()} ${noun}${number === 1 ? "" : "s"}`;
}
