// In which order hits stand.

import { make } from "./dom.js";
import { label } from "./wording.js";

/** The order in `select`; `changed(order)` is called when another is chosen. */
export class Order {
  constructor(select, changed) {
    this.select = select;
    this.offered = [];
    select.addEventListener("change", () => changed(select.value));
  }

  /** Offer the orders that `fields`, [{name, type}], allow, and choose `order`, offered or not. */
  show(order, fields) {
    const offered = orders(fields);
    if (!offered.some(([value]) => value === order)) offered.push([order, orderName(order)]);
    if (String(offered) !== String(this.offered)) {
      this.offered = offered;
      this.select.replaceChildren(...offered.map(([value, name]) => make("option", { value }, name)));
    }
    this.select.value = order;
  }
}

/** An order in words, for the line above the hits: "best match first". */
export function orderWords(order) {
  if (!order) return "best match first";
  if (order === "varied") return "best match first, more varied";
  const [field, down] = parse(order);
  if (field === "price") return down ? "highest price first" : "lowest price first";
  return down ? `latest ${label(field).toLowerCase()} first` : `by ${label(field).toLowerCase()}`;
}

function orders(fields) {
  const found = [["", "Best match"], ["varied", "More varied"]];
  const has = (name, type) => fields.some((field) => field.name === name && field.type === type);
  if (has("price", "number")) found.push(...["price", "-price"].map((order) => [order, orderName(order)]));
  const date = fields.find(({ type }) => type === "date")?.name ?? (has("year", "number") ? "year" : null);
  if (date) found.push([`-${date}`, "Newest"]);
  return found;
}

function orderName(order) {
  const [field, down] = parse(order);
  if (field === "price") return down ? "Price: high to low" : "Price: low to high";
  return `${label(field)}, ${down ? "largest" : "smallest"} first`;
}

function parse(order) {
  return order.startsWith("-") ? [order.slice(1), true] : [order, false];
}
