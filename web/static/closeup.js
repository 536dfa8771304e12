// Draws one product closely: its photos, of which a part can be marked, and every attribute.

import { BoxEditor } from "./box.js";
import { make, picture } from "./dom.js";
import { label, priceOf, shown, suggestion, titleOf } from "./wording.js";

const LARGE_PX = 512;
const SMALL_PX = 96;
const MAX_ENLARGEMENT = 2.5;
const LONG_VALUE = 60; // characters: such a value gets a line of its own
const HEADLINES = ["title", "category", "price", "currency"];

/** One product in `section`; `marked({image, box})` is called when a part of one of its photos is marked. */
export class CloseUp {
  constructor(section, marked) {
    this.section = section;
    this.marked = marked;
    this.drawn = ""; // the record that is shown, as text
    this.chosen = 0;
    this.editor = new BoxEditor((box) => marked({ image: box ? this.images[this.chosen].name : "", box }));
  }

  /** Show `record`, with `box` on its photo called `image`; null for no product. One that is shown stays as it is. */
  show(record, image = "", box = null) {
    this.section.hidden = !record;
    const drawn = record ? JSON.stringify(record) : "";
    if (drawn !== this.drawn) this.section.replaceChildren(...(record ? this.#draw(record) : []));
    this.drawn = drawn;
    if (!record?.images.length) return;
    const place = record.images.findIndex(({ name }) => name === image);
    if (box) this.#choose(Math.max(place, 0));
    this.editor.show(box);
  }

  #draw(record) {
    this.images = record.images;
    this.title = titleOf(record.id, record.attributes);
    this.chosen = -1;
    this.frame = make("div", { class: "frame" }, record.images.length ? null : picture(null));
    this.buttons = record.images.map((image, i) => this.#thumbnail(image, i));
    if (record.images.length) this.#choose(0);
    const all = record.images.length > 1 ? make("div", { class: "strip-of-photos" }, ...this.buttons) : null;
    const tools = record.images.length ? make("p", { class: "tools" }, this.editor.button) : null;
    const photos = make("div", { class: "gallery" }, this.frame, all);
    return [make("div", { class: "photos" }, photos, tools), particulars(record)];
  }

  #thumbnail(image, place) {
    const name = `Photo ${place + 1} of ${this.images.length}`;
    const choose = () => {
      const hadBox = this.editor.box && place !== this.chosen;
      this.#choose(place);
      if (!hadBox) return;
      this.editor.show(null);
      this.marked({ image: "", box: null });
    };
    const given = { type: "button", class: "frame", "aria-label": name, onclick: choose };
    return make("button", given, picture(image.url, SMALL_PX, ""));
  }

  #choose(chosen) {
    if (chosen === this.chosen) return;
    this.chosen = chosen;
    const alt = this.images.length > 1 ? `${this.title}, photo ${chosen + 1} of ${this.images.length}` : this.title;
    const hung = (image) => {
      keepSharp(image);
      this.editor.layOver(image);
    };
    this.frame.replaceChildren(picture(this.images[chosen].url, LARGE_PX, alt, hung));
    this.buttons.forEach((button, i) => button.setAttribute("aria-pressed", String(i === chosen)));
  }
}

/** Thumbnail-sized originals are shown small rather than blurred. */
function keepSharp(image) {
  image.style.maxWidth = `${Math.round(image.naturalWidth * MAX_ENLARGEMENT)}px`;
}

function particulars(record) {
  const { attributes } = record;
  const rest = Object.entries(attributes).filter(([name]) => !HEADLINES.includes(name));
  const price = priceOf(attributes);
  return make(
    "div",
    { class: "particulars" },
    attributes.category === undefined ? null : make("p", { class: "category" }, String(attributes.category)),
    make("h2", { tabindex: "-1" }, titleOf(record.id, attributes)),
    price ? make("p", { class: "price" }, price) : null,
    standing(record),
    make(
      "dl",
      {},
      ...rest.map(([name, value]) => particular(label(name), shown(value))),
      particular("Id", record.id),
    ),
    suggestions(record.predicted),
  );
}

function particular(name, value) {
  const long = value.length > LONG_VALUE;
  return make("div", { class: long ? "long" : null }, make("dt", {}, name), make("dd", {}, value));
}

/** What the model takes the photo for, apart from what the shop says. */
function suggestions(predicted) {
  const known = Object.entries(predicted ?? {});
  if (!known.length) return null;
  return make(
    "section",
    { class: "suggestions", "aria-label": "Suggested by the photo" },
    make("h3", {}, "Suggested by the photo"),
    make("dl", {}, ...known.map(([name, found]) => particular(label(name), suggestion(found)))),
  );
}

/** A line about a product that searches do not find yet, or not in full. */
function standing({ state, problem }) {
  const say = (words, kind) => make("p", { class: kind }, words);
  if (state === "queued") return say("Being indexed: searches do not find this version yet.", "standing");
  if (state === "failed") return say(`Not indexed: ${problem?.detail ?? "it failed"}`, "standing bad");
  return problem ? say(problem.detail, "standing bad") : null;
}
