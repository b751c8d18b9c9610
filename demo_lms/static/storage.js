// Keeps short values for a tool in a frame of this page (LTI Client Side postMessages and Storage, 0.1).
const manner = document.currentScript.dataset.manner;
const kept = new Map();

function capabilities() {
  const frame = manner === "frame" ? { frame: "lti_storage_frame" } : {};
  const stored = ["lti.put_data", "lti.get_data"].map((subject) => ({ subject, ...frame }));
  return { supported_messages: [{ subject: "lti.capabilities" }, ...stored] };
}

function put(origin, { key, value }) {
  if (value === null) kept.delete(origin + key);
  else if (manner !== "forgetful") kept.set(origin + key, value);
  return { key, value };
}

function get(origin, { key }) {
  return { key, value: kept.get(origin + key) ?? null };
}

function answerTo(event) {
  const asked = event.data;
  if (asked.subject === "lti.capabilities") return capabilities();
  if (manner === "silent" || manner === "frame") return null;
  if (manner === "refusing") return { error: { code: "bad_request", message: "this page keeps nothing" } };
  if (asked.subject === "lti.put_data") return put(event.origin, asked);
  if (asked.subject === "lti.get_data") return get(event.origin, asked);
  return null;
}

addEventListener("message", (event) => {
  if (!String(event.data?.subject).startsWith("lti.")) return;
  const answer = answerTo(event);
  if (answer === null) return;
  const isAboutData = event.data.subject !== "lti.capabilities";
  if (manner === "wrong-key" && isAboutData) answer.key = "another";
  const id = manner === "wrong-id" && isAboutData ? "another" : event.data.message_id;
  event.source.postMessage({ subject: `${event.data.subject}.response`, message_id: id, ...answer }, event.origin);
});
