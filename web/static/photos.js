// The ways to bring a photo, and the photo itself, shown large so that a part of it can be marked.

import { BoxEditor } from "./box.js";
import { make } from "./dom.js";

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

/** One's own photo in `section`; `changed(crop)` is called when another part of it matters. */
export class Stage {
  constructor(section, changed) {
    this.section = section;
    this.photo = null;
    this.editor = new BoxEditor(changed);
  }

  /** Show `photo` with the part `crop` marked; null for no photo. */
  show(photo, crop) {
    this.section.hidden = !photo;
    if (photo !== this.photo) this.#hang(photo);
    this.editor.show(crop);
  }

  #hang(photo) {
    this.photo = photo;
    if (!photo) return void this.section.replaceChildren();
    const image = make("img", {
      alt: "Your photo, large",
      onload: ({ target }) => {
        target.classList.add("loaded");
        this.editor.layOver(target);
      },
      // Some formats are read by the server only.
      onerror: () => { this.section.hidden = true; },
    });
    image.src = photo.url;
    const hint = make("p", {}, "Mark what matters with a box, and only that is searched by.");
    const tools = make("div", { class: "tools" }, make("h2", {}, "Your photo"), hint, this.editor.button);
    this.section.replaceChildren(make("div", { class: "frame" }, image), tools);
  }
}
