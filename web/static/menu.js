// A small sheet beside a button: what can be done with a product, or what there is to say about it.

import { make } from "./dom.js";

const MARGIN_PX = 8;
const sheet = document.getElementById("menu");

/** Offer `choices`, [[words, action]], beside `button`. */
export function offer(button, choices) {
  const choice = ([words, action]) => make("button", { type: "button", onclick: () => act(action) }, words);
  open(button, ...choices.map(choice));
  sheet.querySelector("button")?.focus();
}

/** Say something beside `button`, in place of what the sheet shows. */
export function tell(button, ...children) {
  open(button, make("div", { class: "told", tabindex: "-1" }, ...children));
  sheet.firstElementChild.focus();
}

/** Whether the sheet stands open beside `button`. */
export function isOpen(button) {
  return sheet.matches(":popover-open") && sheet.beside === button;
}

/** Put the sheet away. */
export function close() {
  if (sheet.matches(":popover-open")) sheet.hidePopover();
}

function act(action) {
  close();
  action();
}

function open(button, ...children) {
  sheet.replaceChildren(...children);
  sheet.beside = button;
  if (!sheet.matches(":popover-open")) sheet.showPopover();
  place(button.getBoundingClientRect());
}

/** Below the button or else above it, and nowhere outside the window. */
function place(button) {
  const { offsetWidth: width, offsetHeight: height } = sheet;
  const { clientWidth, clientHeight } = document.documentElement;
  const left = Math.max(MARGIN_PX, Math.min(button.right - width, clientWidth - width - MARGIN_PX));
  const below = button.bottom + 4;
  const above = button.top - height - 4;
  const top = below + height <= clientHeight || above < 0 ? below : above;
  sheet.style.left = `${left + window.scrollX}px`;
  sheet.style.top = `${top + window.scrollY}px`;
}
