// The services that fit, while a referral is written: in the order in which they are chosen, and without a jump under the hand.
import { takesNoPress, waitsForPress } from "./still.js";

/**
 * Services are asked in the order in which they were chosen; without script, in that of the list. The one that the page chose in
 * advance gives way to the first that somebody chooses.
 */
function rank({ target }) {
  if (!target.matches?.("input[type=checkbox][name=service]")) return;
  const order = target.form.querySelector("[data-order]"), given = target.form.querySelector("[data-advance]");
  if (given && given !== target) given.checked = false;
  given?.removeAttribute("data-advance");
  target.form.querySelector("[name=advance]")?.remove();
  const away = new Set([target.value, ...(given && !given.checked ? [given.value] : [])]);
  const chosen = (order?.value ?? "").split(",").filter((pk) => pk && !away.has(pk));
  if (target.checked) chosen.push(target.value);
  if (order) order.value = chosen.join(",");
  for (const box of target.form.querySelectorAll("input[type=checkbox][name=service]")) {
    const at = chosen.indexOf(box.value) + 1;
    box.parentElement.querySelector("[data-rank]").textContent = at && chosen.length > 1 ? `${at}. ` : "";
  }
}

/** The list that an answer replaces while the form around it is being filled. */
class Services {
  constructor(list) {
    this.list = list;
    this.chosenMeanwhile = false;
    list.addEventListener("change", () => { this.chosenMeanwhile = true; }, true);
    list.addEventListener("htmx:beforeRequest", () => { this.chosenMeanwhile = false; });
    list.addEventListener("htmx:beforeSwap", (event) => this.beforeSwap(event));
    list.addEventListener("htmx:afterSwap", () => this.afterSwap());
  }

  /** What was chosen meanwhile is not drawn over: the list is asked for once more, and so it is after a press. */
  beforeSwap(event) {
    const again = () => htmx.trigger(this.list, "again");
    if (this.chosenMeanwhile) again();
    else if (!waitsForPress(this.list, again)) { this.hold(); return; }
    event.detail.shouldSwap = false;
  }

  /** Who fills the form below the list keeps the field where it is on the screen. */
  hold() {
    const field = document.activeElement;
    const below = field !== document.body && this.list.compareDocumentPosition(field) & Node.DOCUMENT_POSITION_FOLLOWING;
    this.held = below ? { field, top: field.getBoundingClientRect().top } : null;
  }

  afterSwap() {
    if (this.held) scrollBy({ top: this.held.field.getBoundingClientRect().top - this.held.top, behavior: "instant" });
    takesNoPress(this.list, this.held ? "here" : "below");
  }
}

document.addEventListener("change", rank);
const list = document.querySelector("#services");
if (list) new Services(list);
