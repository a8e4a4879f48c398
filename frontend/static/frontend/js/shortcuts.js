// Letter keys: what carries data-key is pressed by it. Never in fields; can be switched off in the settings.

const FIELDS = "input:not([type=checkbox]), textarea, select, [contenteditable]";

function rows() {
  return [...document.querySelectorAll("[data-row]")];
}

/** Move the selection by `step` rows and focus its link. */
function select(step) {
  const all = rows();
  if (!all.length) return;
  const present = all.findIndex((row) => "selected" in row.dataset);
  const next = present < 0 ? 0 : Math.max(0, Math.min(all.length - 1, present + step));
  all.forEach((row) => delete row.dataset.selected);
  all[next].dataset.selected = "";
  all[next].querySelector("a")?.focus();
}

function press(key) {
  const selected = document.querySelector("[data-row][data-selected]");
  const target = selected?.querySelector(`[data-key="${CSS.escape(key)}"]`) ?? document.querySelector(`main [data-key="${CSS.escape(key)}"], header [data-key="${CSS.escape(key)}"]`);
  if (!target) return false;
  if (target.matches("input:not([type=checkbox]), textarea, select")) target.focus(); else target.click();
  if (target.matches("summary")) target.focus();
  return true;
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    const form = event.target.closest?.("form[data-send]");
    if (form) { event.preventDefault(); form.requestSubmit(); }
    return;
  }
  if (document.body.dataset.keys === "off" || event.ctrlKey || event.metaKey || event.altKey || event.target.closest(FIELDS)) return;
  if (event.key === "j" || event.key === "k") { event.preventDefault(); select(event.key === "j" ? 1 : -1); return; }
  if (event.key.length === 1 && press(event.key)) event.preventDefault();
});
