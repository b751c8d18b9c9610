// After a registration: tell the LMS that its frame or window may be closed (LTI Dynamic Registration 1.0, 4.3).

const SECONDS = 30;
const host = window.opener ?? (window.parent === window ? null : window.parent);
const bar = document.querySelector("[data-close]");

function close() {
  // The message says nothing of anybody; which site embeds us is not always known.
  host.postMessage({ subject: "org.imsglobal.lti.close" }, "*");
}

if (host && bar) {
  bar.hidden = false;
  bar.querySelector("button").addEventListener("click", close);
  const waiting = setTimeout(close, SECONDS * 1000);
  const stay = () => {
    clearTimeout(waiting);
    bar.querySelector("[data-when=soon]").textContent = "";
  };
  // Whoever reads on is not interrupted.
  for (const sign of ["pointerdown", "keydown", "wheel", "touchstart"]) {
    document.addEventListener(sign, stay, { once: true, passive: true });
  }
}
