// Draws the cards of the grid.

import { make, picture } from "./dom.js";
import { NOTHING, toAddress } from "./query.js";
import { percent, priceOf, suggestion, titleOf } from "./wording.js";

const CARD_PX = 320;

/**
 * A card. `actions`: open(item), called when it is clicked unless the click asks for a new tab, and menu(item, button)
 * for what else can be done with it. `ticks` are kept on the way to the product.
 */
export function card(item, ticks, actions) {
  const { attributes } = item;
  const title = titleOf(item.id, attributes);
  // The photo says what the title beside it says, so its own text stays empty: nothing is read out twice.
  return make(
    "li",
    { class: "card" },
    make(
      "a",
      {
        href: toAddress({ ...NOTHING, ticks, product: item.id }),
        onclick: (event) => {
          if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
          event.preventDefault();
          actions.open(item);
        },
      },
      make("span", { class: "frame" }, picture(item.image, CARD_PX, "")),
      make("span", { class: "title" }, title),
      category(item),
      make("span", { class: "facts" }, make("span", { class: "price" }, priceOf(attributes)), worth(item)),
    ),
    make(
      "button",
      {
        type: "button",
        class: "dots",
        "aria-label": `What to do with ${title}`,
        onclick: (event) => actions.menu(item, event.currentTarget),
      },
      "⋯",
    ),
  );
}

/** Grey cards to wait with. */
export function skeletons(number) {
  return Array.from({ length: number }, () =>
    make(
      "li",
      { class: "card skeleton", "aria-hidden": "true" },
      make("span", { class: "frame" }),
      make("span", { class: "line" }),
      make("span", { class: "line short" }),
    ),
  );
}

/** The shop's own category; where it gave none, the one that the model suggests, and marked as such. */
function category({ attributes, predicted }) {
  if (attributes.category !== undefined) return make("span", { class: "category" }, String(attributes.category));
  if (!predicted?.category) return null;
  return make("span", { class: "category suggested" }, `suggested: ${suggestion(predicted.category)}`);
}

/** What a hit is worth: how likely it is right, where the model has been calibrated, and else its bare score. */
function worth({ score, probability }) {
  if (score === null) return null;
  if (probability !== null) return likelihood(score, probability);
  const title = "Similarity: the cosine between this photo and your search";
  return make("span", { class: "score", title }, make("span", { class: "unseen" }, "similarity "), score.toFixed(2));
}

function likelihood(score, probability) {
  const title =
    `Of 100 hits as near as this one, about ${percent(probability)} are the kind of product that was looked for. ` +
    `Similarity: ${score.toFixed(2)}`;
  return make("span", { class: "score", title }, `${percent(probability)}% match`);
}
