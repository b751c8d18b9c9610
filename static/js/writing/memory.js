// What this tab remembers of texts that were not sent: for its life, for one member, and not after signing out.

const DRAFTS = "cv:draft:";

export const tabMemory = {
  get(key) { try { return JSON.parse(sessionStorage.getItem(key)); } catch { return null; } },
  set(key, value) { try { sessionStorage.setItem(key, JSON.stringify(value)); } catch { /* A frame may be refused storage. */ } },
  drop(key) { try { sessionStorage.removeItem(key); } catch { /* As above. */ } },
};

function drop(matches) {
  try {
    for (const key of Object.keys(sessionStorage)) if (matches(key)) sessionStorage.removeItem(key);
  } catch { /* As above. */ }
}

/* Whoever sits here next finds nothing of anybody else; `owner` is community and number of a member. */
export function forgetOthers(owner) {
  const [community] = owner.split(":");
  drop((key) => key.startsWith(`${DRAFTS}${community}:`) && !key.startsWith(`${DRAFTS}${owner}:`));
}

export function forgetAll() {
  drop((key) => key.startsWith("cv:"));
}

/* Signing out in one tab is heard in the others. */
export function hearOfSigningOut() {
  if (typeof BroadcastChannel !== "function") return;
  new BroadcastChannel("cv:signed-out").onmessage = forgetAll;
}

export function tellOfSigningOut() {
  if (typeof BroadcastChannel === "function") new BroadcastChannel("cv:signed-out").postMessage("");
}
