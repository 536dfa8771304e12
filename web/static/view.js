// Shows answers, waiting and failure. Knows the page's elements, and nothing of the API or the history.

import { nothing } from "./blank.js";
import { CloseUp } from "./closeup.js";
import { make } from "./dom.js";
import { orderWords } from "./order.js";
import { card, skeletons } from "./products.js";
import { isFiltered, isSearch } from "./query.js";
import { total } from "./stock.js";
import * as strip from "./strip.js";
import { understood } from "./understood.js";
import { describe, filterWords, many, titleOf } from "./wording.js";

const SKELETONS = 12;
const WITHIN = 100; // so many of the best matches are put in order, as the API does
const [panel, heading, count, read, doubt, grid, blank, more, foot, stockLine, order] = [
  "product", "heading", "count", "read", "doubt", "grid", "blank", "more", "answered", "stock", "ordering",
].map((id) => document.getElementById(id));
let closeUp = null;

/** `marked({image, box})` is called when a part of the opened product's photo is marked. */
export function start(marked) {
  closeUp = new CloseUp(panel, marked);
}

/** Show an answer whole. `actions`: open(item), menu(item, button), change(changes), everywhere(). */
export function show(answer, stock, actions) {
  const { query, record, items } = answer;
  closeUp.show(record, query.image, query.box);
  heading.textContent = describe(query);
  heading.parentElement.hidden = items.length === 0;
  order.hidden = !isSearch(query) || items.length === 0;
  grid.removeAttribute("aria-busy");
  grid.replaceChildren(...cards(answer, 0, actions));
  blank.hidden = items.length > 0;
  doubt.replaceChildren(...farOff(query));
  blank.replaceChildren(...(items.length ? [] : nothing(query, stock, actions.everywhere)));
  read.replaceChildren(...understood(query, answer.read, actions.change));
  read.hidden = read.childElementCount === 0;
  document.title = titleFor(answer);
  finish(answer, stock);
}

/** Show the items of `answer` from `first` on, below the others. */
export function showMore(answer, first, actions) {
  const added = cards(answer, first, actions);
  grid.append(...added);
  finish(answer, null);
  // A button that goes away would take the keyboard's place on the page with it.
  if (!answer.more) (added[0] ?? grid.lastElementChild).querySelector("a").focus();
}

/** Show how many products were found, which may be known after the first of them. */
export function showNumber(answer) {
  count.textContent = summary(answer);
}

/** Show that an answer is on its way: what is there fades, or makes room when it is about something else. */
export function wait(query, otherSubject) {
  grid.setAttribute("aria-busy", "true");
  if (!otherSubject && grid.childElementCount && blank.hidden) return;
  if (otherSubject) panel.hidden = true;
  for (const element of [read, doubt, blank, more]) element.hidden = true;
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
    for (const element of [panel, read, doubt, blank, more, heading.parentElement]) element.hidden = true;
    count.textContent = "";
    foot.textContent = "";
    grid.replaceChildren();
    grid.removeAttribute("aria-busy");
  }
  strip.complain(message, retry);
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
export function invite(input, understands, beside) {
  input.disabled = !understands;
  input.placeholder = !understands ? "Search by photo" : beside ? "Add words: in red" : "Describe it: red ankle boots";
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

function cards({ query, items }, first, actions) {
  return items.slice(first).map((item) => card(item, query.ticks, actions));
}

function finish(answer, stock) {
  const { items, index, tookMs, query } = answer;
  more.hidden = !answer.more;
  doubt.hidden = !answer.far || !items.length;
  count.textContent = summary(answer);
  if (isSearch(query) && index) foot.textContent = `${index.model}, generation ${index.generation}, ${tookMs} ms`;
  else if (items.length) foot.textContent = stock?.model ?? foot.textContent;
}

function summary({ query, items, far, total: all, more: further }) {
  const number = many(items.length, "product");
  if (far && items.length) return `The nearest ${number}`;
  const found = all === null ? (further ? `First ${number}` : number) : many(Math.max(all, items.length), "product");
  if (!isSearch(query)) return found;
  const sorted = query.order && query.order !== "varied" && all > WITHIN;
  return sorted ? `The best ${WITHIN} of ${found}, ${orderWords(query.order)}` : `${found}, ${orderWords(query.order)}`;
}

/** What is said above hits of which even the first is far from what was looked for. */
function farOff(query) {
  const where = filterWords(query) || "the catalogue";
  return [make("strong", {}, `Nothing close to this in ${where}.`), " Here is the nearest there is."];
}

function titleFor({ query, record }) {
  if (record) return `${titleOf(record.id, record.attributes)} – Lookalike`;
  return isSearch(query) || isFiltered(query) ? `${describe(query)} – Lookalike` : "Lookalike";
}
