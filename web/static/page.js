// The page: keeps what is looked for, what is shown and the browser's history in step.

import * as api from "./api.js";
import { Ticks, listenForPhotos, photoChip, productChip } from "./controls.js";
import { NOTHING, fromAddress, sameQuery, toAddress } from "./query.js";
import { openSource } from "./sources.js";
import * as stock from "./stock.js";
import * as view from "./view.js";

const TYPING_PAUSE_MS = 250;
const SLOW_MS = 150;

const words = document.getElementById("words");
const ticks = new Ticks(document.getElementById("categories"), (categories) => go({ categories }));

const photos = new Map(); // key -> photo; a photo lives as long as the page, so that going back finds it again
const shown = new Map(); // key of a history entry -> what it showed, so that going back needs no new answer
let entry = { key: "", query: NOTHING };
let asking = new AbortController(); // of the newest question: an answer to an older one must never be shown
let typing = null; // the timer between the last key and the search
let typed = ""; // the key of the history entry that typing made, and may go on changing

/** Look for something else, as a new step in the browser's history. */
function go(changes, { sameStep = false } = {}) {
  clearTimeout(typing);
  const query = { ...entry.query, text: words.value.trim(), ...changes };
  if (sameQuery(query, entry.query)) return void ask();
  leave();
  const key = sameStep ? entry.key : newKey();
  history[sameStep ? "replaceState" : "pushState"]({ key, photo: query.photo?.key }, "", toAddress(query));
  shown.delete(key);
  typed = "";
  arrive({ key, query });
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
  if (words.value.trim() !== entry.query.text) words.value = entry.query.text;
  ticks.show(entry.query.categories);
  showChips();
  const kept = shown.get(entry.key);
  if (!kept) return void ask(before);
  view.hideStrip();
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
  const source = openSource(query, stock.categories());
  const answer = { query, source, record: null, items: [], more: false, scrollY: 0 };
  view.hideStrip();
  const otherSubject = query.product !== before.product;
  const slow = setTimeout(() => view.wait(query, otherSubject), SLOW_MS);
  try {
    const record = query.product ? api.product(query.product, signal) : null;
    const [found, page] = await Promise.all([record, answer.source.next(signal)]);
    signal.throwIfAborted();
    answer.record = found;
    add(answer, page);
    if (!answer.items.length) await stock.refresh().catch(() => {}); // says why there is nothing
    signal.throwIfAborted();
    shown.set(key, answer);
    show(answer);
    view.scrollToResults(query, otherSubject);
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
  view.hideStrip();
  try {
    const page = await answer.source.next(signal);
    signal.throwIfAborted();
    const first = answer.items.length;
    add(answer, page);
    view.showMore(answer, first, openProduct);
  } catch (error) {
    if (!signal.aborted) fail(error, showMore, false);
  } finally {
    answer.waiting = false;
    view.waitForMore(false);
  }
}

function add(answer, page) {
  answer.items.push(...page.items);
  answer.more = page.more;
  answer.far = page.far ?? false;
  answer.index = page.index ?? null;
  answer.tookMs = page.tookMs ?? null;
}

function show(answer) {
  showChips(answer.record);
  view.show(answer, stock.known(), { open: openProduct, everywhere: () => go({ categories: [] }) });
}

function fail(error, retry, clear) {
  if (!(error instanceof api.Problem)) console.error(error);
  view.fail(error instanceof api.Problem ? error.message : `The page stumbled: ${error.message}`, retry, clear);
}

function openProduct(item) {
  view.rememberPhoto(item);
  go({ product: item.id, text: "", photo: null });
}

function showChips(record = null) {
  const { photo, product } = entry.query;
  const chips = [];
  if (photo) chips.push(photoChip(photo, () => drop({ photo: null })));
  if (product) chips.push(productChip(...view.nameAndPhoto(product, record), () => drop({ product: "" })));
  document.getElementById("chips").replaceChildren(...chips);
  view.invite(words, stock.known().text, chips.length > 0);
}

function drop(changes) {
  go(changes);
  words.focus();
}

async function takePhoto(chosen) {
  if (chosen.type && !chosen.type.startsWith("image/")) {
    view.fail(`“${chosen.name}” is not a photo. Choose a JPEG, PNG, WebP, GIF, BMP or TIFF file.`, null, false);
    return;
  }
  // A copy: the file on disk may change or go while its photo is still searched by.
  const bytes = await chosen.arrayBuffer().catch(() => null);
  if (!bytes) {
    view.fail(`“${chosen.name}” cannot be read.`, null, false);
    return;
  }
  const file = new File([bytes], chosen.name, { type: chosen.type });
  const photo = { key: newKey(), file, url: URL.createObjectURL(file) };
  photos.set(photo.key, photo);
  go({ photo });
}

function type() {
  clearTimeout(typing);
  typing = setTimeout(() => {
    if (words.value.trim() === entry.query.text) return;
    go({}, { sameStep: typed === entry.key });
    typed = entry.key;
  }, TYPING_PAUSE_MS);
}

function submit(event) {
  event.preventDefault();
  clearTimeout(typing);
  if (words.value.trim() === entry.query.text) ask();
  else go({}, { sameStep: typed === entry.key });
  typed = "";
}

function newKey() {
  return `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;
}

/** Go where the browser stands: on loading, and when it went back or forward. */
function follow() {
  clearTimeout(typing);
  leave();
  typed = "";
  const { key = newKey(), photo: wanted } = history.state ?? {};
  const photo = photos.get(wanted) ?? null;
  history.replaceState({ key, photo: photo?.key }, "");
  arrive({ key, query: { ...fromAddress(location.search), photo } });
  // The rest of a query stands in the address.
  if (wanted && !photo) view.note("A photo is not kept when the page is loaded anew: choose it again to search by it.");
}

function start() {
  history.scrollRestoration = "manual";
  document.getElementById("search").addEventListener("submit", submit);
  document.getElementById("more").addEventListener("click", showMore);
  words.addEventListener("input", type);
  words.addEventListener("blur", () => { typed = ""; });
  listenForPhotos(document.getElementById("photo"), document.getElementById("drop"), takePhoto);
  document.getElementById("home").addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    go({ ...NOTHING });
  });
  document.getElementById("skip").addEventListener("click", (event) => {
    event.preventDefault(); // the address is for queries
    document.getElementById("results").focus();
  });
  window.addEventListener("popstate", follow);
  stock.watch((known, appeared) => {
    ticks.offer(known.categories);
    view.showStock(known);
    view.invite(words, known.text, Boolean(entry.query.photo || entry.query.product));
    if (appeared) ask();
  });
  follow();
}

start();
