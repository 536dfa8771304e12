// The strip above the products: what went wrong, or is worth knowing.

import { make } from "./dom.js";
import { reconsider } from "./key.js";

const strip = document.getElementById("strip");

/** Say what went wrong; `retry()`, where there is one, is called by a button. */
export function complain(message, retry) {
  const again = () => {
    reconsider(); // a call that is made again by hand may ask for the key again
    retry();
  };
  const button = retry && make("button", { type: "button", class: "button", onclick: again }, "Try again");
  raise("strip bad", message, button);
}

/** Say something that is worth knowing, and no failure. */
export function note(message) {
  raise("strip", message, make("button", { type: "button", class: "button", onclick: hide }, "Dismiss"));
}

/** Take the strip away. */
export function hide() {
  strip.hidden = true;
  strip.replaceChildren();
}

function raise(kind, message, button) {
  strip.className = kind;
  strip.replaceChildren(make("p", {}, message.charAt(0).toUpperCase() + message.slice(1)), ...(button ? [button] : []));
  strip.hidden = false;
}
