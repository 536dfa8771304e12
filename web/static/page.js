// The page: keeps what is looked for, what is shown and the browser's history in step.

import * as api from "./api.js";
import { openMenu } from "./cardmenu.js";
import { chips } from "./chips.js";
import { Filters } from "./filters.js";
import * as menu from "./menu.js";
import * as names from "./names.js";
import { Order } from "./order.js";
import { Stage, listenForPhotos } from "./photos.js";
import { NOTHING, UNFILTERED, fromAddress, isSearch, sameQuery, settled, toAddress, withTicks } from "./query.js";
import { openSource } from "./sources.js";
import * as stock from "./stock.js";
import * as strip from "./strip.js";
import { Ticks } from "./ticks.js";
import * as view from "./view.js";

const TYPING_PAUSE_MS = 250;
const SLOW_MS = 150;
const CATEGORIES_AT_ONCE = 10;

const element = (id) => document.getElementById(id);
const words = element("words");
const categories = new Ticks(element("categories"), CATEGORIES_AT_ONCE, (values) =>
  go({ ticks: withTicks(entry.query, "category", values) }),
);
const filters = new Filters(element("filters"), element("filter-button"), (changes) => go(changes));
const order = new Order(element("order"), (chosen) => go({ order: chosen }));
const stage = new Stage(element("stage"), (crop) => mark({ crop }));

const photos = new Map(); // key -> photo; a photo lives as long as the page, so that going back finds it again
const shown = new Map(); // key of a history entry -> what it showed, so that going back needs no new answer
let entry = { key: "", query: NOTHING };
let asking = new AbortController(); // of the newest question: an answer to an older one must never be shown
let typing = null; // the timer between the last key and the search
let going = ""; // the key of the history entry that typing, or drawing a box, made and may go on changing

/** Look for something else, as a new step in the browser's history. */
function go(changes, { sameStep = false } = {}) {
  clearTimeout(typing);
  const query = settled({ ...entry.query, text: words.value.trim(), ...changes });
  if (sameQuery(query, entry.query)) return void ask();
  leave();
  const key = sameStep ? entry.key : newKey();
  const kept = { key, photo: query.photo?.key, crop: query.crop }; // what does not fit into an address
  history[sameStep ? "replaceState" : "pushState"](kept, "", toAddress(query));
  shown.delete(key);
  going = "";
  arrive({ key, query });
}

/** The same, where many small changes in a row make one step: `kind` of them go on with their own. */
function goOn(changes, kind) {
  go(changes, { sameStep: going === `${kind} ${entry.key}` });
  going = `${kind} ${entry.key}`;
}

function mark(changes) {
  goOn(changes, "box");
}

/** Note where the reader is, for when they come back. */
function leave() {
  const left = shown.get(entry.key);
  if (left) left.scrollY = window.scrollY;
}

function arrive(next) {
  const before = entry.query;
  entry = next;
  asking.abort();
  asking = new AbortController();
  menu.close();
  if (words.value.trim() !== entry.query.text) words.value = entry.query.text;
  showControls();
  const kept = shown.get(entry.key);
  if (!kept) return void ask(before);
  strip.hide();
  show(kept);
  window.scrollTo(0, kept.scrollY);
  view.focusCard(before.product);
}

/** Get the first answer to the current query, and show it. */
async function ask(before = entry.query) {
  asking.abort();
  asking = new AbortController();
  const { signal } = asking;
  const { key, query } = entry;
  const answer = { query, source: openSource(query, stock), record: null, items: [], more: false, scrollY: 0 };
  strip.hide();
  const otherSubject = query.product !== before.product;
  const slow = setTimeout(() => view.wait(query, otherSubject), SLOW_MS);
  try {
    const record = query.product ? api.product(query.product, signal) : null;
    const [found, page] = await Promise.all([record, answer.source.next(signal)]);
    signal.throwIfAborted();
    answer.record = found;
    add(answer, page);
    Object.assign(answer, { read: page.read ?? null, total: page.total ?? null });
    page.counted?.then((counted) => count(answer, counted));
    if (!answer.items.length) await stock.refresh().catch(() => {}); // says why there is nothing
    signal.throwIfAborted();
    shown.set(key, answer);
    show(answer);
    if (going !== `box ${key}`) view.scrollToResults(query, otherSubject); // a hand that draws is not led away
    if (otherSubject) view.focusProduct();
  } catch (error) {
    if (!signal.aborted) fail(error, () => ask(), true);
  } finally {
    clearTimeout(slow);
  }
}

async function showMore() {
  const { signal } = asking;
  const answer = shown.get(entry.key);
  if (!answer || answer.waiting) return;
  answer.waiting = true;
  view.waitForMore(true);
  strip.hide();
  try {
    const page = await answer.source.next(signal);
    signal.throwIfAborted();
    const first = answer.items.length;
    add(answer, page);
    view.showMore(answer, first, actions);
  } catch (error) {
    if (!signal.aborted) fail(error, showMore, false);
  } finally {
    answer.waiting = false;
    view.waitForMore(false);
  }
}

function add(answer, page) {
  page.items.forEach(names.remember);
  answer.items.push(...page.items);
  answer.more = page.more;
  answer.far = page.far ?? false;
  answer.index = page.index ?? null;
  answer.tookMs = page.tookMs ?? null;
}

/** What was counted may come after the products. */
function count(answer, { total, facets }) {
  Object.assign(answer, { counted: facets, total: answer.total ?? total });
  if (shown.get(entry.key) !== answer) return;
  showCounts(answer);
  view.showNumber(answer);
}

function show(answer) {
  if (answer.record) names.remember({ ...answer.record, image: answer.record.images[0]?.url });
  showControls();
  showCounts(answer);
  view.show(answer, stock.known(), actions);
}

function showCounts({ counted, total }) {
  categories.offer(counted?.get("category")?.values ?? stock.known().categories);
  if (counted) filters.offer(counted, total);
}

const actions = {
  open: (item) => go({ ...NOTHING, ...filtersOf(entry.query), text: "", product: item.id }),
  menu: (item, button) => openMenu(item, button, entry.query, go, asking.signal),
  change: (changes) => go(changes),
  everywhere: () => go(UNFILTERED),
};

function filtersOf({ ticks, ranges, flags }) {
  return { ticks, ranges, flags };
}

function fail(error, retry, clear) {
  if (!(error instanceof api.Problem)) console.error(error);
  view.fail(error instanceof api.Problem ? error.message : `The page stumbled: ${error.message}`, retry, clear);
}

/** Everything by which the query can be changed, as it is now. */
function showControls() {
  const { query } = entry;
  categories.show(query.ticks.category ?? []);
  filters.show(query);
  order.show(query.order, stock.known().fields);
  stage.show(query.photo, query.crop);
  showChips();
}

function showChips() {
  element("chips").replaceChildren(...chips(entry.query, drop));
  view.invite(words, stock.known().text, element("chips").childElementCount > 0);
}

function drop(changes) {
  go(changes);
  words.focus();
}

async function takePhoto(chosen) {
  if (chosen.type && !chosen.type.startsWith("image/")) {
    strip.complain(`“${chosen.name}” is not a photo. Choose a JPEG, PNG, WebP, GIF, BMP or TIFF file.`);
    return;
  }
  // A copy: the file on disk may change or go while its photo is still searched by.
  const bytes = await chosen.arrayBuffer().catch(() => null);
  if (!bytes) {
    strip.complain(`“${chosen.name}” cannot be read.`);
    return;
  }
  const file = new File([bytes], chosen.name, { type: chosen.type });
  const photo = { key: newKey(), file, url: URL.createObjectURL(file) };
  photos.set(photo.key, photo);
  go({ photo, crop: null });
}

function type() {
  clearTimeout(typing);
  typing = setTimeout(() => {
    if (words.value.trim() !== entry.query.text) goOn({}, "words");
  }, TYPING_PAUSE_MS);
}

function submit(event) {
  event.preventDefault();
  clearTimeout(typing);
  if (words.value.trim() === entry.query.text) ask();
  else goOn({}, "words");
  going = "";
}

function newKey() {
  return `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;
}

/** Go where the browser stands: on loading, and when it went back or forward. */
function follow() {
  clearTimeout(typing);
  leave();
  going = "";
  const { key = newKey(), photo: wanted, crop = null } = history.state ?? {};
  const photo = photos.get(wanted) ?? null;
  history.replaceState({ key, photo: photo?.key, crop }, "");
  arrive({ key, query: settled({ ...fromAddress(location.search), photo, crop }) });
  // The rest of a query stands in the address.
  if (wanted && !photo) strip.note("A photo is not kept when the page is loaded anew: choose it again to use it.");
}

function start() {
  history.scrollRestoration = "manual";
  element("search").addEventListener("submit", submit);
  element("more").addEventListener("click", showMore);
  words.addEventListener("input", type);
  words.addEventListener("blur", () => { going = ""; });
  listenForPhotos(element("photo"), element("drop"), takePhoto);
  element("home").addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    go({ ...NOTHING });
  });
  element("skip").addEventListener("click", (event) => {
    event.preventDefault(); // the address is for queries
    element("results").focus();
  });
  window.addEventListener("popstate", follow);
  view.start(mark);
  names.watch(showChips);
  stock.watch((known, appeared) => {
    const answer = shown.get(entry.key);
    if (!answer?.counted?.has("category")) categories.offer(known.categories);
    order.show(entry.query.order, known.fields);
    view.showStock(known);
    view.invite(words, known.text, element("chips").childElementCount > 0);
    if (appeared) ask();
  });
  follow();
}

start();
