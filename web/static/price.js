// A field of numbers among the filters: quick ranges with their counts, and a lowest and a highest to type.

import { make } from "./dom.js";
import { label, rangeWords } from "./wording.js";

// Ends of the quick ranges; those without products are not shown, so that any currency finds its own.
const STEPS = [10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 25_000, 50_000, 100_000, 1_000_000];

/** The ranges to count, as the API wants them. */
export const QUICK_RANGES = [...STEPS, null].map((step, i) => {
  const range = {};
  if (i > 0) range.gte = STEPS[i - 1];
  if (step !== null) range.lt = step;
  return range;
});

/** The filter on the numbers of `field`; `changed(range)` is called with {} where any number will do. */
export class NumberRange {
  constructor(field, changed) {
    this.changed = changed;
    this.range = {};
    this.quick = make("div", { class: "quick" });
    this.low = this.#input("From");
    this.high = this.#input("To");
    this.fieldset = make(
      "fieldset",
      { class: "facet" },
      make("legend", {}, label(field)),
      this.quick,
      make("div", { class: "ends" }, this.low.parentElement, this.high.parentElement),
    );
  }

  /** Offer quick ranges, [{gte, lt, products}]. */
  offer(ranges) {
    const filled = ranges.filter(({ products }) => products > 0);
    const focused = this.quick.contains(document.activeElement) ? document.activeElement.textContent : null;
    const worthwhile = filled.length > 1 || this.range.lt !== undefined;
    this.quick.replaceChildren(...(worthwhile ? filled.map((range) => this.#button(range)) : []));
    [...this.quick.children].find((button) => button.textContent === focused)?.focus();
  }

  /** Show `range` as the one that is asked for. */
  show(range) {
    this.range = range;
    if (document.activeElement !== this.low) this.low.value = range.gte ?? "";
    if (document.activeElement !== this.high) this.high.value = range.lte ?? range.lt ?? "";
    for (const button of this.quick.children) button.setAttribute("aria-pressed", String(this.#asked(button)));
  }

  #asked({ dataset }) {
    return dataset.gte === String(this.range.gte ?? "") && dataset.lt === String(this.range.lt ?? "");
  }

  #button({ gte, lt, products }) {
    const range = { ...(gte === null ? {} : { gte }), ...(lt === null ? {} : { lt }) };
    const words = lt === null ? `${gte.toLocaleString()} and over` : rangeWords(range).replace("to under", "to");
    const button = make(
      "button",
      {
        type: "button",
        class: "tick",
        "data-gte": String(gte ?? ""),
        "data-lt": String(lt ?? ""),
        onclick: () => this.changed(this.#asked(button) ? {} : range),
      },
      make("span", {}, words.charAt(0).toUpperCase() + words.slice(1)),
      " ",
      make("small", {}, products.toLocaleString()),
    );
    button.setAttribute("aria-pressed", String(this.#asked(button)));
    return button;
  }

  #input(name) {
    const given = { type: "number", inputmode: "decimal", min: "0", step: "any" };
    const input = make("input", { ...given, onchange: () => this.#typed() });
    make("label", {}, make("span", {}, name), input);
    return input;
  }

  #typed() {
    const range = {};
    if (this.low.value !== "" && this.low.validity.valid) range.gte = this.low.valueAsNumber;
    if (this.high.value !== "" && this.high.validity.valid) range.lte = this.high.valueAsNumber;
    this.changed(range);
  }
}
