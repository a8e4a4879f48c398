// Lets this browser be knocked at: asks for leave when a button was pressed, never before.

const section = document.querySelector("[data-push-key]");

/** The key as the browser wants it. @param {string} text base64 for URLs @returns {Uint8Array} */
export function bytes(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/") + "=".repeat((4 - (text.length % 4)) % 4));
  return Uint8Array.from(plain, (char) => char.charCodeAt(0));
}

async function allow(button) {
  const said = section.querySelector("[data-push-said]");
  try {
    if ((await Notification.requestPermission()) !== "granted") { said.textContent = section.dataset.sayDenied; return; }
    await navigator.serviceWorker.register("/sw.js");
    const worker = await navigator.serviceWorker.ready;
    const subscription = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(section.dataset.pushKey) });
    const form = new FormData(button.form);
    form.set("endpoint", subscription.endpoint);
    const answer = await fetch(button.form.action, { method: "POST", body: form });
    if (answer.ok) location.reload(); else said.textContent = section.dataset.sayFailed;
  } catch {
    said.textContent = section.dataset.sayFailed;
  }
}

if (section?.dataset.pushKey && "PushManager" in window && "serviceWorker" in navigator) {
  const button = section.querySelector("[data-push-allow]");
  button.hidden = false;
  button.addEventListener("click", (event) => { event.preventDefault(); allow(button); });
}
