// Comfort for forms: one press sends once, typed text survives a lost line, and the end of a sign-in is announced.

/** A second press of a busy form does nothing: its key would be answered with the first result anyway. */
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.busy) { event.preventDefault(); return; }
  form.dataset.busy = "1";
  for (const button of form.querySelectorAll("button[data-busy-word]")) {
    button.setAttribute("aria-disabled", "true");
    button.style.setProperty("min-inline-size", `${button.offsetWidth}px`);
    button.textContent = button.dataset.busyWord;
  }
  setTimeout(() => delete form.dataset.busy, 10_000);
});

window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-busy]")) delete form.dataset.busy;
});

/** Unsent text waits in this tab alone, under the user and the form; it is gone once the server answered with another page. */
for (const form of document.querySelectorAll("form[data-draft]")) {
  const key = `draft:${document.body.dataset.user}:${form.dataset.draft}`;
  const kept = JSON.parse(sessionStorage.getItem(key) ?? "{}");
  for (const field of form.querySelectorAll("textarea[name]")) {
    if (!field.value && kept[field.name]) field.value = kept[field.name];
    field.addEventListener("input", () => {
      kept[field.name] = field.value;
      sessionStorage.setItem(key, JSON.stringify(kept));
    });
  }
  form.addEventListener("submit", () => sessionStorage.removeItem(key));
}
for (const form of document.querySelectorAll("form[data-sign-out]")) form.addEventListener("submit", () => sessionStorage.clear());

/** Characters left, said when few are. */
for (const field of document.querySelectorAll("textarea[maxlength]")) {
  const counter = document.querySelector(`[data-counts="${field.name}"]`);
  if (!counter) continue;
  const tell = () => { const left = field.maxLength - field.value.length; counter.textContent = left < 200 ? counter.dataset.say.replace("%d", left) : ""; };
  field.addEventListener("input", tell);
  tell();
}

/** Two minutes before an idle sign-out, a question; the answer is an ordinary request, which is a sign of life. */
const warning = document.querySelector("#sign-out-warning");
if (warning) {
  const idle = Number(warning.dataset.idle) * 1000;
  let alarm = setTimeout(() => warning.showModal(), idle - 120_000);
  const alive = () => { clearTimeout(alarm); alarm = setTimeout(() => warning.showModal(), idle - 120_000); };
  document.addEventListener("htmx:afterRequest", (event) => { if (event.detail.requestConfig?.triggeringEvent?.type !== "changed") alive(); });
  warning.addEventListener("close", () => { fetch("/alive/", { method: "POST", headers: { "X-CSRFToken": warning.querySelector("[name=csrfmiddlewaretoken]").value } }); alive(); });
}

/** What can be taken back ends with its time; the words stay. */
function endUndos(root) {
  for (const buttons of root.querySelectorAll("[data-ends]")) {
    setTimeout(() => buttons.remove(), Math.max(0, Date.parse(buttons.dataset.ends) - Date.now()));
  }
}
endUndos(document);
document.addEventListener("htmx:afterSettle", (event) => endUndos(event.target));

document.querySelector("h1[data-focus], .error_summary")?.focus();
