// Calls of the HTTP API. Every failure is a Problem that can be shown to people.

import { askForKey } from "./key.js";
import { note, offerTheWayOut } from "./signedin.js";

const TYPES = { text: "keyword", number: "number", boolean: "boolean" }; // by kind of value

/** What went wrong: `message` is a sentence for people, `code` is stable ("gone" when no server answered). */
export class Problem extends Error {
  constructor(message, code, status = 0) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

/** The answer to a search; `body` is that of POST /v1/search. */
export function search(body, signal) {
  return post("/v1/search", body, signal);
}

/** A page of the catalogue: `given` are the arguments of GET /v1/products. */
export function products(given, signal) {
  return call(`/v1/products?${new URLSearchParams(given)}`, { signal });
}

/** One product with its state. */
export function product(id, signal) {
  return call(`/v1/products/${encodeURIComponent(id)}`, { signal });
}

/** The attributes that products have: [{name, type}]. Where no type is declared, it is that of the values. */
export async function fields() {
  const { fields: known } = await call("/v1/fields");
  const had = known.filter(({ kinds }) => kinds.length > 0);
  return had.map(({ field, kinds, type }) => ({ name: field, type: type ?? TYPES[kinds.at(-1)] ?? "" }));
}

/** The values of a text attribute, most frequent first: [{value, products}]. */
export async function values(field) {
  return (await call(`/v1/fields/${encodeURIComponent(field)}/values`)).values;
}

/** How many products are in each state. */
export function counts() {
  return call("/v1/counts");
}

/** The model that answers, and whether it understands words. */
export function ready() {
  return call("/readyz");
}

function post(path, body, signal) {
  const headers = { "Content-Type": "application/json" };
  return call(path, { method: "POST", headers, body: JSON.stringify(body), signal });
}

async function call(path, options = {}, asked = false) {
  const response = await reach(path, options);
  const body = await response.json().catch((error) => {
    if (error.name === "AbortError") throw error;
    return null;
  });
  if (response.ok && body !== null) return body;
  if (response.status === 401) note(false);
  if (response.status === 401 && !asked && (await askForKey(introduce))) return call(path, options, true);
  throw new Problem(reason(response, body), body?.code ?? "unknown", response.status);
}

/** Have the server know this browser by an API key. Answers "" or why the key is not accepted. */
async function introduce(key) {
  try {
    const headers = { "Content-Type": "application/json" };
    const response = await reach("/v1/session", { method: "POST", headers, body: JSON.stringify({ key }) });
    if (response.ok) {
      note(true);
      return "";
    }
    if (response.status === 401) return "This key is not accepted. Check it, or ask for another.";
    return reason(response, await response.json().catch(() => null));
  } catch (error) {
    return error.message;
  }
}

offerTheWayOut(async () => {
  const response = await reach("/v1/session", { method: "DELETE" });
  if (!response.ok) throw new Problem(reason(response, null), "unknown", response.status);
});

async function reach(path, options) {
  try {
    return await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem("The server does not answer. Check that it is running, then try again.", "gone");
  }
}

function reason(response, body) {
  if (response.status === 429) return `Too many requests for now: try again ${inAWhile(response)}.`;
  if (response.status === 401) return "This shop asks for an API key.";
  return body?.detail || `The server answered ${response.status} ${response.statusText}`.trim();
}

/** When Retry-After says to try again: it is a number of seconds, or a date. */
function inAWhile(response) {
  const given = response.headers.get("Retry-After") ?? "";
  const seconds = /^\d+$/.test(given) ? Number(given) : Math.ceil((Date.parse(given) - Date.now()) / 1000);
  if (!(seconds > 0)) return "in a moment";
  if (seconds < 90) return `in ${seconds} second${seconds === 1 ? "" : "s"}`;
  return `in ${Math.ceil(seconds / 60)} minutes`;
}
