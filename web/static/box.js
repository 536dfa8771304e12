// A box on a photo, around the part that matters: drawn, moved and sized by mouse, finger or keyboard.

import { make } from "./dom.js";

/** @typedef {import("./query.js").Box} Box */

const LEAST = 0.05; // of a side
const STEP = 0.02; // of a side, for each press of an arrow key
const FIRST = [0.2, 0.15, 0.8, 0.85];
const PAUSE_MS = 400; // between the last key and the search
const ARROWS = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] };
const CORNERS = ["nw", "ne", "sw", "se"];

/** Draws a box over an image; `changed(box)` is called when it was changed by hand, with null when it was cleared. */
export class BoxEditor {
  constructor(changed) {
    this.changed = changed;
    this.box = null;
    this.image = null;
    this.drag = null;
    this.pause = null;
    const corners = CORNERS.map((corner) => make("span", { class: `grip ${corner}`, "data-grip": corner }));
    const heard = { tabindex: "0", role: "application", onkeydown: (event) => this.#key(event) };
    this.mark = make("div", { class: "mark", ...heard }, ...corners);
    this.element = make(
      "div",
      {
        class: "easel",
        onpointerdown: (event) => this.#down(event),
        onpointermove: (event) => this.#moved(event),
        onpointerup: () => this.#up(),
        onpointercancel: () => this.#undo(),
      },
      this.mark,
    );
    this.button = make("button", { type: "button", class: "link", onclick: () => this.#toggle() });
    this.watch = new ResizeObserver(() => this.#place());
    this.show(null);
  }

  /** Lie over `image`, which stands in a positioned element and is shown whole. */
  layOver(image) {
    if (!image.isConnected) return; // another took its place while it was loading
    this.image = image;
    this.watch.disconnect();
    this.watch.observe(image);
    this.watch.observe(image.parentElement);
    image.after(this.element);
    this.#place();
  }

  /** Show `box`, null for none. A box that is just being drawn stays. */
  show(box) {
    if (this.drag || this.pause) return;
    this.#draw(box);
  }

  #draw(box) {
    this.box = box;
    this.mark.hidden = !box;
    this.element.classList.toggle("boxed", Boolean(box));
    this.button.textContent = box ? "Search by the whole photo" : "Mark the part that matters";
    if (!box) return;
    const [x1, y1, x2, y2] = box.map((part) => Math.round(1000 * part) / 10);
    Object.assign(this.mark.style, { left: `${x1}%`, top: `${y1}%`, width: `${x2 - x1}%`, height: `${y2 - y1}%` });
    this.mark.setAttribute(
      "aria-label",
      `The part that matters: ${Math.round(x1)} to ${Math.round(x2)} percent across, ${Math.round(y1)} to ` +
        `${Math.round(y2)} percent down. Arrow keys move it, with Shift they size it, Escape clears it.`,
    );
  }

  /** For those who do not draw: a box to start from, or none again. */
  #toggle() {
    if (this.box) return this.#settle(null);
    this.#settle(FIRST);
    this.mark.focus();
  }

  #settle(box) {
    clearTimeout(this.pause);
    this.pause = null;
    this.#draw(box && box.map((part) => Math.round(1000 * part) / 1000));
    this.changed(this.box);
  }

  #down(event) {
    // A finger scrolls the page, until there is a box to take hold of.
    if (!event.isPrimary || event.button !== 0 || (event.pointerType === "touch" && !this.box)) return;
    event.preventDefault();
    this.element.setPointerCapture(event.pointerId);
    const grip = event.target.dataset.grip ?? (event.target === this.mark ? "move" : "new");
    this.drag = { grip, start: this.#at(event), from: this.box };
    if (grip !== "new") this.mark.focus();
  }

  #moved(event) {
    if (this.drag) this.#draw(dragged(this.drag, this.#at(event)));
  }

  #up() {
    if (!this.drag) return;
    const { grip, from } = this.drag;
    this.drag = null;
    const tiny = this.box && (this.box[2] - this.box[0] < LEAST || this.box[3] - this.box[1] < LEAST);
    if (grip === "new" && tiny) this.#draw(from); // a click
    else if (String(this.box) !== String(from)) this.#settle(this.box && atLeast(this.box));
  }

  #undo() {
    if (this.drag) this.#draw(this.drag.from);
    this.drag = null;
  }

  #key(event) {
    if (event.key === "Escape") {
      event.stopPropagation();
      if (this.drag) return this.#undo();
      this.#settle(null);
      return this.button.focus();
    }
    const step = ARROWS[event.key];
    if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.#draw(event.shiftKey ? sized(this.box, step) : moved(this.box, step));
    clearTimeout(this.pause);
    this.pause = setTimeout(() => this.#settle(this.box), PAUSE_MS);
  }

  #at(event) {
    const { left, top, width, height } = this.element.getBoundingClientRect();
    return [inside((event.clientX - left) / width), inside((event.clientY - top) / height)];
  }

  /** Cover just the photo, without what its element leaves free on either side. */
  #place() {
    const { image } = this;
    if (!image?.naturalWidth || !image.isConnected) return;
    const [outer, frame] = [image.getBoundingClientRect(), image.parentElement.getBoundingClientRect()];
    const scale = Math.min(outer.width / image.naturalWidth, outer.height / image.naturalHeight);
    const [width, height] = [image.naturalWidth * scale, image.naturalHeight * scale];
    Object.assign(this.element.style, {
      left: `${outer.left - frame.left + (outer.width - width) / 2}px`,
      top: `${outer.top - frame.top + (outer.height - height) / 2}px`,
      width: `${width}px`,
      height: `${height}px`,
    });
  }
}

/** The box after a drag from `start` to `end`, both [x, y]. */
function dragged({ grip, start, from }, end) {
  if (grip === "new") return spanned(start, end);
  if (grip === "move") return moved(from, [end[0] - start[0], end[1] - start[1]]);
  const [x1, y1, x2, y2] = from;
  return spanned([grip.includes("w") ? x2 : x1, grip.includes("n") ? y2 : y1], end);
}

function spanned([ax, ay], [bx, by]) {
  return [Math.min(ax, bx), Math.min(ay, by), Math.max(ax, bx), Math.max(ay, by)];
}

function moved([x1, y1, x2, y2], [dx, dy]) {
  const [x, y] = [Math.min(Math.max(dx, -x1), 1 - x2), Math.min(Math.max(dy, -y1), 1 - y2)];
  return [x1 + x, y1 + y, x2 + x, y2 + y];
}

function sized([x1, y1, x2, y2], [dx, dy]) {
  return [x1, y1, Math.min(Math.max(x2 + dx, x1 + LEAST), 1), Math.min(Math.max(y2 + dy, y1 + LEAST), 1)];
}

/** The box with sides that are long enough, inside the photo. */
function atLeast([x1, y1, x2, y2]) {
  const [left, top] = [Math.min(x1, 1 - LEAST), Math.min(y1, 1 - LEAST)];
  return [left, top, Math.max(x2, left + LEAST), Math.max(y2, top + LEAST)];
}

function inside(fraction) {
  return Math.min(Math.max(fraction, 0), 1);
}
