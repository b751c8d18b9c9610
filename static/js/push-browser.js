// This browser's own subscription to what is new: had, made, given up.

export const able = () =>
  window.isSecureContext && "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;

const registrations = async () => (able() ? navigator.serviceWorker.getRegistrations() : []);

export async function subscription() {
  for (const registration of await registrations()) {
    const found = await registration.pushManager.getSubscription();
    if (found) return found;
  }
  return null;
}

export async function subscribe(worker, key) {
  await navigator.serviceWorker.register(worker);
  const registration = await ready(worker);
  return registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
}

// Wait until the worker runs: before, nothing can be subscribed. Pages are not in its scope, so `ready` would not do.
async function ready(worker) {
  const registration = await navigator.serviceWorker.getRegistration(worker);
  const begun = registration.active ?? registration.waiting ?? registration.installing;
  if (begun.state === "activated") return registration;
  await new Promise((resolve) => {
    begun.addEventListener("statechange", () => begun.state === "activated" && resolve());
  });
  return registration;
}

export async function digest(endpoint) {
  const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(endpoint));
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
