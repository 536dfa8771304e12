// A set of values to tick: the categories above the products, or one field of the filters.

import { make } from "./dom.js";
import { shown } from "./wording.js";

/** The ticks in `fieldset`, `atOnce` of them until all are asked for; `changed(values)` tells what is ticked now. */
export class Ticks {
  constructor(fieldset, atOnce, changed) {
    this.fieldset = fieldset;
    this.atOnce = atOnce;
    this.boxes = new Map(); // value -> its checkbox
    this.counts = new Map(); // value -> how many products have it
    this.expanded = false;
    this.toggle = make("button", { type: "button", class: "tick all", onclick: () => this.#expand(!this.expanded) });
    fieldset.append(this.toggle);
    fieldset.addEventListener("change", () => {
      changed(this.#ticked());
      this.#arrange();
    });
  }

  /** How many values there are to choose from. */
  get size() {
    return this.counts.size;
  }

  /** Offer these values, [{value, products}], most frequent first. Nothing moves while the keyboard is among them. */
  offer(values) {
    this.counts = new Map(values.map(({ value, products }) => [String(value), products]));
    for (const value of this.counts.keys()) this.#box(value);
    if (!this.fieldset.contains(document.activeElement)) this.#order();
    this.#arrange();
  }

  /** Tick exactly `values`, known ones or not. */
  show(values) {
    for (const value of values) this.#box(value);
    for (const [value, box] of this.boxes) box.checked = values.includes(value);
    this.#arrange();
  }

  #ticked() {
    return [...this.boxes].filter(([, box]) => box.checked).map(([value]) => value);
  }

  #box(value) {
    if (!this.boxes.has(value)) {
      const box = make("input", { type: "checkbox", class: "unseen" });
      this.boxes.set(value, box);
      this.toggle.before(make("label", { class: "tick" }, box, make("span", {}, shown(value)), " ", make("small")));
    }
    return this.boxes.get(value);
  }

  #order() {
    const places = [...this.counts.keys(), ...[...this.boxes.keys()].filter((value) => !this.counts.has(value))];
    this.boxes = new Map(places.map((value) => [value, this.boxes.get(value)]));
    for (const box of this.boxes.values()) this.toggle.before(box.closest("label"));
  }

  #expand(expanded) {
    this.expanded = expanded;
    this.#arrange();
  }

  #arrange() {
    let place = 0;
    for (const [value, box] of this.boxes) {
      const label = box.closest("label");
      const offered = this.counts.has(value);
      label.hidden = !(box.checked || (offered && (this.expanded || place < this.atOnce)));
      label.querySelector("small").textContent = offered ? this.counts.get(value).toLocaleString() : "";
      if (offered) place += 1;
    }
    this.fieldset.hidden = place === 0 && !this.#ticked().length;
    this.toggle.hidden = place <= this.atOnce;
    this.toggle.textContent = this.expanded ? "Fewer" : `All ${place}`;
    this.toggle.setAttribute("aria-expanded", String(this.expanded));
  }
}
