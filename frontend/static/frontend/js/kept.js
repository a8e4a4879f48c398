// A part of the worker: the crisis page and its stylesheet, kept for when the network is cut; nothing else, ever.
const CRISIS = "/crisis/", KEPT = "crisis", PATIENCE = 4000;

/** Fetch the page and the sheet it names, and keep both. */
async function keep() {
  const answer = await fetch(CRISIS, { cache: "no-store", credentials: "omit" });
  if (!answer.ok) return;
  const kept = await caches.open(KEPT);
  const sheet = (await answer.clone().text()).match(/<link rel="stylesheet" href="([^"]+)"/)?.[1];
  await kept.put(CRISIS, answer);
  if (sheet) await kept.add(sheet);
}

/** The network first; where it is cut, slow or answers with an error, what was kept. */
async function orKept(request, path) {
  const kept = async () => (await caches.open(KEPT)).match(path, { ignoreVary: true });
  try {
    const answer = await fetch(request, { signal: AbortSignal.timeout(PATIENCE) });
    return answer.ok ? answer : (await kept()) ?? answer;
  } catch (error) {
    const found = await kept();
    if (found) return found;
    throw error;
  }
}

self.addEventListener("install", (event) => event.waitUntil(keep().catch(() => {}).then(() => self.skipWaiting())));
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  const { pathname, origin } = new URL(event.request.url);
  if (event.request.method !== "GET" || origin !== location.origin) return;
  if (pathname === CRISIS && event.request.mode === "navigate") {
    event.respondWith(orKept(event.request, CRISIS));
    event.waitUntil(keep().catch(() => {}));
  } else if (event.request.destination === "style") {
    event.respondWith(orKept(event.request, pathname));
  }
});
