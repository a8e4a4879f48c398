// An alarm that calls this very person is said at once by `#urgent`, each one once; whoever is not called hears nothing.

/**
 * Alarms of the bar that were not said yet.
 * @param {ParentNode} bar @param {Set<string>} known ids that were said, added to @returns {string[]} sentences
 */
export function fresh(bar, known) {
  const found = [...bar.querySelectorAll("[data-alarm]")].filter((part) => !known.has(part.dataset.alarm + part.dataset.urgent));
  for (const part of found) known.add(part.dataset.alarm + part.dataset.urgent);
  return found.map((part) => part.dataset.urgent);
}

const bar = typeof document === "undefined" ? null : document.querySelector("#alarms");
if (bar) {
  const known = new Set(), urgent = document.querySelector("#urgent");
  // What the page was drawn with is read in its order like all else; a live region speaks of what comes later.
  fresh(bar, known);
  document.addEventListener("htmx:afterSettle", ({ target }) => {
    if (target !== bar) return;
    const said = fresh(bar, known);
    if (said.length) urgent.textContent = said.join(" ");
  });
}
