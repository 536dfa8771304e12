// What was read in the words: each filter as a chip that can be taken away, and a way to have nothing read at all.

import { make } from "./dom.js";
import { label, rangeWords, shown } from "./wording.js";

// What negates, at the end of what stands before.
const NEGATING =
  "do not want|don'?t want|isn'?t|aren'?t|not|non?|never|nor|neither|nothing|without|w/o|except(?: for)?|" +
  "exclud(?:e|ing)|minus|lacking|sans";
const NEGATION = new RegExp(`(^|\\s)(-|non-|(?:(?:but|and) )?(?:${NEGATING})\\s+)$`, "i");
const ENDS = ["gt", "gte", "lt", "lte"];

/** What stands above the hits. `read` is the answer's interpretation; `changed(changes)` of the query. */
export function understood(query, read, changed) {
  if (query.plain) {
    const again = button("Read them as filters", () => changed({ plain: false }));
    return [make("p", {}, "Words are searched for as they are. ", again)];
  }
  const terms = [...withoutRepeats(read?.terms ?? []), ...(read?.unknown_unwanted ?? []).map(unlikeWords)];
  if (!terms.length) return [];
  const chips = terms.map((term) => chip(term, () => changed(leaveOut(query, term))));
  const plainly = button("Search for the words as they are", () => changed({ plain: true }));
  return [make("ul", { "aria-label": "Understood as" }, ...chips), make("p", {}, plainly)];
}

/** A filter of the API's grammar in words: "Colour: Red", "Price under 50", "not Striped". */
export function filterInWords(filter) {
  if (filter.not) return `not ${Object.values(filter.not).map(valueWords).join(", ")}`;
  if (filter.any) return filter.any.map(filterInWords).join(" or ");
  if (filter.all) return filter.all.map(filterInWords).join(", ");
  return Object.entries(filter).map(([field, wanted]) => fieldWords(field, wanted)).join(", ");
}

function fieldWords(field, wanted) {
  const isRange = wanted !== null && typeof wanted === "object" && ENDS.some((end) => end in wanted);
  if (isRange) return `${label(field)} ${rangeWords(wanted)}`;
  if (wanted === true) return label(field);
  if (wanted === false) return `not ${label(field).toLowerCase()}`;
  return `${label(field)}: ${valueWords(wanted)}`;
}

function valueWords(wanted) {
  if (Array.isArray(wanted)) return wanted.map(valueWords).join(" or ");
  if (wanted === null || typeof wanted !== "object") return shown(wanted);
  if (wanted.exists !== undefined) return wanted.exists ? "any" : "none";
  return wanted.prefix === undefined ? rangeWords(wanted) : `${wanted.prefix}…`;
}

/** Where the same words say a field twice, as with what is preferred among what is kept, the first says enough. */
function withoutRepeats(terms) {
  const isRepeat = (term, earlier) => earlier.words === term.words && (earlier.sure || earlier.field === term.field);
  return terms.filter((term, place) => term.sure || !terms.slice(0, place).some((earlier) => isRepeat(term, earlier)));
}

/** A term for words that lead away, without a filter: the catalogue has no value of that name. */
function unlikeWords(words) {
  return { words, filter: null, kind: "negation", sure: false };
}

function chip(term, remove) {
  const meaning = term.filter ? filterInWords(term.filter) : `“${term.words}”`;
  const words = term.sure ? meaning : `${term.filter ? "preferring" : "less like"} ${meaning}`;
  const title = `Read in “${term.words}”${term.sure ? "" : ", not for sure: nothing is left out"}`;
  const cross = make("button", { type: "button", "aria-label": `Take away: ${words}`, onclick: remove }, "×");
  return make("li", { class: term.sure ? "term" : "term unsure", title }, make("span", {}, words), cross);
}

/** The query without the words of `term`; where they cannot be told from the others, with nothing read. */
function leaveOut(query, term) {
  const place = query.text.toLowerCase().indexOf(term.words.toLowerCase());
  if (place < 0 || !term.words) return { plain: true };
  // What negates words is none of them, and would negate the next.
  const before = query.text.slice(0, place);
  const kept = term.kind === "negation" ? before.replace(NEGATION, " ") : before;
  const text = `${kept} ${query.text.slice(place + term.words.length)}`;
  return { text: text.replace(/\s+/g, " ").trim() };
}

function button(words, onclick) {
  return make("button", { type: "button", class: "link", onclick }, words);
}
