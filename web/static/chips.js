// What is searched by besides words, as chips in the search box.

import { make, picture } from "./dom.js";
import * as names from "./names.js";
import { many } from "./wording.js";

const CHIP_PX = 96;
const CROP_PX = 320;
const SIDE_PX = 72; // twice as many as are shown, for dense screens

/** The chips of `query`; `drop(changes)` is called when one is taken away. */
export function chips({ photo, crop, product, box, like, unlike, without }, drop) {
  const others = (ids, id) => ids.filter((other) => other !== id);
  return [
    photo && photoChip(photo, crop, () => drop({ photo: null })),
    product && productChip(names.of(product), box, "", () => drop({ product: "" })),
    ...like.map((id) => productChip(names.find(id), null, "", () => drop({ like: others(like, id) }))),
    ...unlike.map((id) => productChip(names.find(id), null, "unlike", () => drop({ unlike: others(unlike, id) }))),
    without.length > 0 && withoutChip(without.length, () => drop({ without: [] })),
  ].filter(Boolean);
}

function photoChip(photo, crop, remove) {
  const whole = () => make("img", { src: photo.url, alt: "Your photo" });
  const shown = crop ? cut(photo.url, crop, "The part of your photo") : whole();
  return chip(shown, "Remove your photo", remove);
}

/** A chip for a product that is searched by, or led away from where `kind` is "unlike". */
function productChip({ title, image }, box, kind, remove) {
  const shown = !image
    ? make("span", { class: "no-photo" }, "")
    : box
      ? cut(`${image}?size=${CROP_PX}`, box, `The part of ${title}`)
      : picture(image, CHIP_PX, kind === "unlike" ? `Less like ${title}` : title);
  return chip(shown, `Remove ${title}`, remove, kind);
}

function withoutChip(number, remove) {
  const shown = make("span", { class: "words" }, `${number.toLocaleString()} left out`);
  return chip(shown, `Bring back ${many(number, "product")}`, remove);
}

function chip(shown, label, remove, kind = "") {
  const button = make("button", { type: "button", "aria-label": label, onclick: remove }, "×");
  return make("li", { class: `chip ${kind}`.trim() }, shown, button);
}

/** The part of a photo inside `box`. */
function cut(url, [x1, y1, x2, y2], alt) {
  const canvas = make("canvas", { role: "img", "aria-label": alt });
  const photo = new Image();
  photo.onload = () => {
    const [width, height] = [(x2 - x1) * photo.naturalWidth, (y2 - y1) * photo.naturalHeight];
    const scale = SIDE_PX / Math.max(width, height);
    [canvas.width, canvas.height] = [Math.max(1, width * scale), Math.max(1, height * scale)];
    const from = [x1 * photo.naturalWidth, y1 * photo.naturalHeight, width, height];
    canvas.getContext("2d").drawImage(photo, ...from, 0, 0, canvas.width, canvas.height);
  };
  photo.src = url;
  return canvas;
}
