// The tool says that its registration is done (Dynamic Registration 1.0): close its frame, show the tools.
const frame = document.getElementById("registration");
addEventListener("message", (event) => {
  if (event.source !== frame.contentWindow || event.origin !== frame.dataset.origin) return;
  if (event.data?.subject !== "org.imsglobal.lti.close") return;
  const done = frame.dataset.done;
  frame.remove();
  location.assign(done);
});
