// Calls of the HTTP API. Every failure is a Problem that can be shown to people.

/** What went wrong: `message` is a sentence for people, `code` is stable ("gone" when no server answered). */
export class Problem extends Error {
  constructor(message, code, status = 0) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

/** The products near `query`, `limit` of them from `offset` on. */
export function search(query, limit, offset, signal) {
  const filter = query.categories.length ? { category: query.categories } : null;
  if (!query.photo) {
    const image = query.product ? { product_id: query.product } : null;
    const body = JSON.stringify({ text: query.text, image, filter, limit, offset });
    return call("/v1/search", { method: "POST", headers: { "Content-Type": "application/json" }, body, signal });
  }
  const form = new FormData();
  form.set("image", query.photo.file);
  form.set("text", query.text);
  form.set("limit", limit);
  form.set("offset", offset);
  if (query.product) form.set("product_id", query.product);
  if (filter) form.set("filter", JSON.stringify(filter));
  return call("/v1/search", { method: "POST", body: form, signal });
}

/** A page of the catalogue: `arguments_` are those of GET /v1/products. */
export function products(arguments_, signal) {
  return call(`/v1/products?${new URLSearchParams(arguments_)}`, { signal });
}

/** One product with its state. */
export function product(id, signal) {
  return call(`/v1/products/${encodeURIComponent(id)}`, { signal });
}

/** The categories, most frequent first: [{value, products}]. */
export async function categories() {
  return (await call("/v1/fields/category/values")).values;
}

/** How many products are in each state. */
export function counts() {
  return call("/v1/counts");
}

/** The model that answers, and whether it understands words. */
export function ready() {
  return call("/readyz");
}

async function call(path, options = {}) {
  let response;
  try {
    response = await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem("The server does not answer. Check that it is running, then try again.", "gone");
  }
  const body = await response.json().catch((error) => {
    if (error.name === "AbortError") throw error;
    return null;
  });
  if (response.ok && body !== null) return body;
  const detail = body?.detail || `The server answered ${response.status} ${response.statusText}`.trim();
  throw new Problem(detail, body?.code ?? "unknown", response.status);
}
