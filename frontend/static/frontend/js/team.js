// Who of the team is looking at this now, and rows that come back when their time has come. Nothing of it touches the idle clock.

const AGAIN = 20_000, FORGOTTEN = 45_000;

/** Say that this page is open, for as long as somebody can see it, and show who else has it open. @param {HTMLElement} page */
async function say(page) {
  const token = document.querySelector("[name=csrfmiddlewaretoken]")?.value;
  if (document.hidden || !token) return;
  await show(page.querySelectorAll("[data-presence]"), page.dataset.here, { method: "POST", headers: { "X-CSRFToken": token, "X-Automatic": "1" } });
}

/** Plain words from the server into `places`; what cannot be asked leaves them as they are. */
async function show(places, address, options = { headers: { "X-Automatic": "1" } }) {
  try {
    const answer = await fetch(address, options);
    if (!answer.ok) return;
    const words = await answer.text();
    for (const place of places) if (place.textContent !== words) place.textContent = words;
  } catch {
    // The line is lost; the next call says it again.
  }
}

function ask(places) {
  for (const place of places) show([place], place.dataset.looking);
}

const page = document.querySelector("[data-here]");
if (page) {
  say(page);
  setInterval(() => say(page), AGAIN);
  document.addEventListener("visibilitychange", () => say(page));
}
document.addEventListener("looked", ({ detail }) => ask(document.querySelectorAll(`[data-presence="${CSS.escape(detail)}"]`)));
// Without a socket nobody says that somebody has gone.
setInterval(() => { if (!document.hidden) ask([...document.querySelectorAll("[data-presence]")].filter((place) => place.textContent)); }, FORGOTTEN);

/** The list asks for itself again when the first row that was put aside comes back. */
let alarm;
function wait() {
  clearTimeout(alarm);
  const place = document.querySelector("[data-wakes]");
  const left = place ? Date.parse(place.dataset.wakes) - Date.now() : NaN;
  if (left < 2 ** 31) alarm = setTimeout(() => document.querySelector("[data-lists]")?.dispatchEvent(new CustomEvent("changed")), Math.max(left, 0) + 1000);
}
wait();
document.addEventListener("htmx:afterSettle", wait);
