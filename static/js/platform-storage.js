// Platform storage (LTI Client Side postMessages, 0.1): the LMS's page keeps a value for a page in its frame.

const PATIENCE = 1000;
const NEEDED = ["lti.put_data", "lti.get_data"];

/* Ask a window and return its answer; whatever comes from elsewhere, or answers something else, is not heard. */
function ask(target, origin, message, isTheAnswer) {
  return new Promise((resolve, reject) => {
    const messageId = crypto.randomUUID?.() ?? String(Math.random());
    const done = (settle, value) => {
      removeEventListener("message", hear);
      clearTimeout(patience);
      settle(value);
    };
    const hear = (event) => {
      const said = event.data;
      if (origin !== "*" && event.origin !== origin) return;
      if (said?.subject !== `${message.subject}.response` || said.message_id !== messageId) return;
      if (!isTheAnswer(said, event)) return;
      if (said.error) done(reject, new Error(said.error.code));
      else done(resolve, said);
    };
    const patience = setTimeout(() => done(reject, new Error("no answer")), PATIENCE);
    addEventListener("message", hear);
    try {
      target.postMessage({ ...message, message_id: messageId }, origin);
    } catch (problem) {
      done(reject, problem);
    }
  });
}

function windowOf(frame) {
  return frame === "_parent" ? window.parent : window.parent.frames[frame] ?? window.parent;
}

/* The frame of the LMS's page that keeps values, "_parent" for the page itself; fails where none does.
   The answer is believed, not the login's parameter: Canvas's apps send that and do not answer. */
export async function storageFrame(hinted) {
  if (window.parent === window) throw new Error("not in a frame");
  const fromParent = (said, event) => event.source === window.parent;
  const answer = await ask(window.parent, "*", { subject: "lti.capabilities" }, fromParent);
  const offered = new Map((answer.supported_messages ?? []).map((one) => [one?.subject, one]));
  if (!NEEDED.every((subject) => offered.has(subject))) throw new Error("not offered");
  return offered.get("lti.put_data").frame || hinted || "_parent";
}

export async function put(frame, origin, key, value) {
  await ask(windowOf(frame), origin, { subject: "lti.put_data", key, value }, (said) => said.error || said.key === key);
}

export async function get(frame, origin, key) {
  const answer = await ask(windowOf(frame), origin, { subject: "lti.get_data", key }, (said) => said.error || said.key === key);
  return answer.value;
}
