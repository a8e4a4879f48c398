// Says that there is something new, and no more: a push carries no content, and none is fetched for it.

const WORDS = "There is something new";

self.addEventListener("push", (event) => {
  event.waitUntil(self.registration.showNotification(WORDS, { tag: "news", renotify: false }));
});

/** A press leads to the inbox: in a window of ours that is open, else in a new one. */
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil((async () => {
    const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
    if (windows.length) return windows[0].focus();
    return self.clients.openWindow("/");
  })());
});
