// What people search with: category ticks, chips for the photo and the product, and ways to bring a photo.

import { make, picture } from "./dom.js";

const ALWAYS_SHOWN = 10;
const CHIP_PX = 96;

/** The category ticks in `fieldset`; `changed(values)` is called when one is ticked or cleared. */
export class Ticks {
  constructor(fieldset, changed) {
    this.fieldset = fieldset;
    this.boxes = new Map(); // category -> its checkbox
    this.expanded = false;
    this.toggle = make("button", { type: "button", class: "tick all", onclick: () => this.#expand(!this.expanded) });
    fieldset.append(this.toggle);
    fieldset.addEventListener("change", () => {
      changed(this.#ticked());
      this.#arrange();
    });
  }

  /** Offer these categories, [{value, products}]; those already there keep their place and the keyboard's focus. */
  offer(categories) {
    for (const { value, products } of categories) {
      this.#box(value).closest("label").querySelector("small").textContent = products.toLocaleString();
    }
    this.#arrange();
  }

  /** Tick exactly `values`, known categories or not. */
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
      const name = make("span", {}, value || "(blank)");
      this.toggle.before(make("label", { class: "tick" }, box, name, " ", make("small")));
    }
    return this.boxes.get(value);
  }

  #expand(expanded) {
    this.expanded = expanded;
    this.#arrange();
  }

  #arrange() {
    let place = 0;
    for (const box of this.boxes.values()) {
      box.closest("label").hidden = !(this.expanded || box.checked || place < ALWAYS_SHOWN);
      place += 1;
    }
    this.fieldset.hidden = this.boxes.size === 0;
    this.toggle.hidden = this.boxes.size <= ALWAYS_SHOWN;
    this.toggle.textContent = this.expanded ? "Fewer" : `All ${this.boxes.size}`;
    this.toggle.setAttribute("aria-expanded", String(this.expanded));
  }
}

/** A chip for the photo that is searched by. */
export function photoChip(photo, remove) {
  return chip(make("img", { src: photo.url, alt: "Your photo" }), "Remove your photo", remove);
}

/** A chip for the product whose look-alikes are shown. */
export function productChip(title, url, remove) {
  return chip(url ? picture(url, CHIP_PX, title) : make("span", { class: "no-photo" }, ""), `Remove ${title}`, remove);
}

function chip(shown, label, remove) {
  const button = make("button", { type: "button", "aria-label": label, onclick: remove }, "×");
  return make("li", { class: "chip" }, shown, button);
}

/** Have `take(file)` called with each photo chosen in `input`, dropped anywhere on the page, or pasted. */
export function listenForPhotos(input, overlay, take) {
  input.addEventListener("change", () => {
    const [file] = input.files;
    input.value = ""; // so that choosing the same photo again counts as a choice
    if (file) take(file);
  });
  document.addEventListener("dragover", (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    overlay.hidden = false;
  });
  document.addEventListener("dragleave", (event) => {
    // Leaving one element for another is not leaving the page.
    if (event.relatedTarget === null) overlay.hidden = true;
  });
  document.addEventListener("drop", (event) => {
    overlay.hidden = true;
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    if (event.dataTransfer.files.length) take(event.dataTransfer.files[0]);
  });
  document.addEventListener("paste", (event) => {
    const [file] = event.clipboardData.files;
    if (!file) return;
    event.preventDefault();
    take(file);
  });
}
