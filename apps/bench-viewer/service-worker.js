// Keeps the page in the browser, so that it opens without a network. The build writes above this what there is to keep:
// FILES, which are fetched at once, and VERSION, which is theirs. What else this site gives (rivals) is kept when it was first asked for.
const CACHE = `tilewright-${VERSION}`;

addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(CACHE)
      .then((cache) => cache.addAll(FILES))
      .then(() => skipWaiting()),
  );
});

addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      for (const name of await caches.keys()) if (name.startsWith("tilewright-") && name !== CACHE) await caches.delete(name);
      await clients.claim();
    })(),
  );
});

addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || new URL(request.url).origin !== location.origin) return;
  event.respondWith(request.mode === "navigate" ? newest(request) : kept(request));
});

/** The page itself may have changed. */
async function newest(request) {
  try {
    return await fetch(request);
  } catch (error) {
    return (await caches.match("./")) ?? Promise.reject(error);
  }
}

/** Everything else has its content in its name. */
async function kept(request) {
  const found = await caches.match(request);
  if (found) return found;
  const response = await fetch(request);
  if (response.ok && new URL(request.url).pathname.includes("/assets/")) {
    const cache = await caches.open(CACHE);
    await cache.put(request, response.clone());
  }
  return response;
}
