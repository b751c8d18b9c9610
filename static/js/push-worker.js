// Shows what a push service hands this browser for its member, also when no page is open. It keeps nothing.

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("push", (event) => {
  if (!event.data) return;
  const told = event.data.json();
  event.waitUntil(
    self.registration.showNotification(told.title, {
      body: told.body,
      lang: told.language,
      tag: told.tag, // the latest of a space takes the place of the one before, and is told all the same
      renotify: true,
      data: { address: told.address },
    }),
  );
});

async function show(address) {
  const wanted = new URL(address, self.location.origin);
  const open = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const here = open.find((one) => new URL(one.url).pathname === wanted.pathname && one.frameType === "top-level");
  return here ? here.focus() : self.clients.openWindow(wanted.href);
}

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(show(event.notification.data.address));
});
