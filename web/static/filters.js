// The filters beside the products: ticks with counts for each field that is worth it, prices, what is in stock.

import { make } from "./dom.js";
import { NumberRange } from "./price.js";
import { UNFILTERED, isFiltered, withRange, withTicks } from "./query.js";
import { Ticks } from "./ticks.js";
import { label, many } from "./wording.js";

const AT_ONCE = 7;

/** The filters in `aside`, which `button` shows and hides where there is little room; `changed(changes)` of a query. */
export class Filters {
  constructor(aside, button, changed) {
    this.aside = aside;
    this.button = button;
    this.changed = changed;
    this.query = UNFILTERED;
    this.groups = new Map(); // field -> its group
    this.body = aside.querySelector(".groups");
    this.clear = aside.querySelector(".clear");
    this.done = aside.querySelector(".done");
    this.clear.addEventListener("click", () => changed(UNFILTERED));
    this.done.addEventListener("click", () => this.#open(false));
    button.addEventListener("click", () => this.#open(button.getAttribute("aria-expanded") !== "true"));
  }

  /** Show what of `query` is a filter. */
  show(query) {
    this.query = query;
    for (const [field, group] of this.groups) group.show(field, query);
    const active = Object.keys(query.ticks).length + Object.keys(query.ranges).length + query.flags.length;
    this.button.textContent = active ? `Filters (${active})` : "Filters";
    this.clear.hidden = !isFiltered(query);
    this.#arrange();
  }

  /** Offer what was counted, a Map of field -> facet, of `total` products. A field that was not counted stays. */
  offer(facets, total) {
    for (const [field, facet] of facets) {
      if (field === "category") continue; // stands above the products
      if (!this.groups.has(field)) this.#add(field, facet);
      this.groups.get(field)?.offer(facet, total);
    }
    this.done.textContent = total === null ? "Show the products" : `Show ${many(total, "product")}`;
    this.show(this.query);
  }

  #add(field, facet) {
    const group = facet.ranges
      ? numbers(field, (range) => this.changed({ ranges: withRange(this.query, field, range) }))
      : isBoolean(facet)
        ? flag(field, (on) => this.changed({ flags: toggled(this.query.flags, field, on) }))
        : values(field, (ticked) => this.changed({ ticks: withTicks(this.query, field, ticked) }));
    if (!group) return;
    this.groups.set(field, group);
    this.body.append(group.element);
  }

  #arrange() {
    const some = [...this.groups.values()].some((group) => !group.element.hidden) || isFiltered(this.query);
    this.aside.hidden = !some;
    this.button.hidden = !some;
  }

  #open(open) {
    this.button.setAttribute("aria-expanded", String(open));
    this.aside.classList.toggle("open", open);
    if (!open) this.button.focus();
  }
}

function values(field, changed) {
  const element = make("fieldset", { class: "facet" }, make("legend", {}, label(field)));
  const ticks = new Ticks(element, AT_ONCE, changed);
  // One value that all products share narrows nothing down.
  const hide = (query) => { element.hidden = ticks.size < 2 && !query.ticks[field]; };
  return {
    element,
    offer: (facet) => ticks.offer(facet.values),
    show: (_, query) => {
      ticks.show(query.ticks[field] ?? []);
      hide(query);
    },
  };
}

function numbers(field, changed) {
  const range = new NumberRange(field, changed);
  let some = false;
  return {
    element: range.fieldset,
    offer: (facet) => {
      some = facet.products > 0;
      range.offer(facet.ranges);
    },
    show: (_, query) => {
      range.show(query.ranges[field] ?? {});
      range.fieldset.hidden = !some && !query.ranges[field];
    },
  };
}

function flag(field, changed) {
  const box = make("input", { type: "checkbox", class: "unseen", onchange: () => changed(box.checked) });
  const count = make("small");
  const tick = make("label", { class: "tick" }, box, make("span", {}, label(field)), " ", count);
  const element = make("div", { class: "facet" }, tick);
  let some = false;
  return {
    element,
    offer: (facet, total) => {
      const true_ = facet.values.find(({ value }) => value === true)?.products ?? 0;
      count.textContent = true_.toLocaleString();
      some = true_ > 0 && true_ < (total ?? Infinity);
    },
    show: (_, query) => {
      box.checked = query.flags.includes(field);
      element.hidden = !some && !box.checked;
    },
  };
}

function isBoolean({ values: counted }) {
  return counted.length > 0 && counted.every(({ value }) => typeof value === "boolean");
}

function toggled(flags, field, on) {
  return on ? [...flags, field] : flags.filter((flag) => flag !== field);
}
