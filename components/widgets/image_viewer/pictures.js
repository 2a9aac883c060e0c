/* Decoded pictures by address. Stored objects never change, so one is told by its address without the signature, and a
 * picture fetched ahead is found again under a newer signature.
 *
 * picture(url, { readable })  → Promise<HTMLImageElement>, decoded; `readable` when its pixels must be looked at: it
 *                               fails where the store does not allow that, while others are at least shown
 * ready(url)                  → the element when it is decoded already, else undefined */
const KEPT = 6;
const kept = new Map();

const nameOf = (url) => new URL(url, window.location.href).origin + new URL(url, window.location.href).pathname;

export const ready = (url) => kept.get(nameOf(url))?.element;

export function picture(url, { readable = false } = {}) {
  const name = nameOf(url);
  const known = kept.get(name);
  if (known) return known.promise;
  const entry = { element: undefined, promise: fetchOne(url, readable) };
  kept.set(name, entry);
  entry.promise.then((element) => { entry.element = element; }, () => kept.delete(name));
  for (const oldest of [...kept.keys()].slice(0, -KEPT)) kept.delete(oldest);
  return entry.promise;
}

async function fetchOne(url, readable) {
  const foreign = new URL(url, window.location.href).origin !== window.location.origin;
  if (!foreign) return load(url, null);
  return load(url, "anonymous").catch((problem) => (readable ? Promise.reject(problem) : load(url, null)));
}

async function load(url, crossOrigin) {
  const element = new Image();
  element.crossOrigin = crossOrigin;
  element.src = url;
  await element.decode();
  return element;
}
