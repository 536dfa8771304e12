// Makes elements. Data becomes text and attributes, never markup: titles and ids are written by strangers.

/** An element of `tag`. A property of `given` that starts with "on" is a listener, any other an attribute. */
export function make(tag, given = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** A photo from the API at `size` pixels, sharp on dense screens; where it cannot be loaded, its place says so. */
export function picture(url, size, alt, loaded = () => {}) {
  if (!url) return make("span", { class: "no-photo" }, "No photo");
  return make("img", {
    alt,
    loading: "lazy",
    decoding: "async",
    srcset: `${url}?size=${size} 1x, ${url}?size=${Math.min(2 * size, 1024)} 2x`,
    src: `${url}?size=${size}`,
    onload: ({ target }) => {
      target.classList.add("loaded");
      loaded(target);
    },
    onerror: ({ target }) => target.replaceWith(make("span", { class: "no-photo" }, "No photo")),
  });
}
