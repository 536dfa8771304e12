// From what is looked for to what the API is asked.

/** The body of POST /v1/search for `query`; photos are sent in base64, so that any number of them may have a box. */
export async function searchBody(query, limit, offset) {
  const body = { text: query.text, image: await images(query), filter: filterOf(query), limit, offset };
  if (query.plain) body.interpret = false;
  if (query.unlike.length) body.not = { image: query.unlike.map(stored) };
  if (query.without.length) body.exclude = query.without;
  return { ...body, ...orderOf(query.order) };
}

/** The filter of `query` in the API's grammar; null where it has none. */
export function filterOf({ ticks, ranges, flags }) {
  const filter = { ...ticks, ...ranges, ...Object.fromEntries(flags.map((flag) => [flag, true])) };
  return Object.keys(filter).length ? filter : null;
}

const VARIED = 0.3;

function orderOf(order) {
  if (!order) return {};
  if (order === "varied") return { diversity: VARIED };
  const down = order.startsWith("-");
  return { sort: { by: down ? order.slice(1) : order, order: down ? "desc" : "asc" } };
}

async function images(query) {
  const found = [];
  if (query.photo) found.push(boxed({ data: await dataOf(query.photo) }, query.crop));
  if (query.product) found.push(boxed(named(query.product, query.image), query.box));
  found.push(...query.like.map(stored));
  return found.length ? found : null;
}

function boxed(image, box) {
  return box ? { ...image, box } : image;
}

function named(id, image) {
  return image ? { product_id: id, image } : stored(id);
}

function stored(id) {
  return { product_id: id };
}

/** The bytes of a photo in base64, read once. */
function dataOf(photo) {
  photo.data ??= new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(photo.file);
  });
  return photo.data;
}
