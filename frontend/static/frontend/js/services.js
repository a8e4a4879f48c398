// The services that fit, while a referral is written: in the order in which they are chosen, and without a jump under the hand.

const LONGEST_PRESS = 1000, UNREAD = 400; // milliseconds

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
    this.pressedAt = -Infinity;
    list.addEventListener("change", () => { this.chosenMeanwhile = true; }, true);
    list.addEventListener("htmx:beforeRequest", () => { this.chosenMeanwhile = false; });
    list.addEventListener("htmx:beforeSwap", (event) => this.beforeSwap(event));
    list.addEventListener("htmx:afterSwap", () => this.afterSwap());
    document.addEventListener("pointerdown", (event) => { this.pressedAt = event.timeStamp; }, true);
    for (const end of ["pointerup", "pointercancel"]) document.addEventListener(end, () => setTimeout(() => this.released()), true); // after its click
  }

  /** What was chosen meanwhile is not drawn over, and nothing moves while a press is under way: the list is asked for once more. */
  beforeSwap(event) {
    const left = LONGEST_PRESS - (performance.now() - this.pressedAt); // a press on a list of choices never says that it ended
    if (this.chosenMeanwhile) this.again();
    else if (left > 0) this.waits = setTimeout(() => this.again(), left);
    else { this.hold(); return; }
    event.detail.shouldSwap = false;
  }

  again() {
    clearTimeout(this.waits);
    this.waits = undefined;
    htmx.trigger(this.list, "again");
  }

  released() {
    this.pressedAt = -Infinity;
    if (this.waits) this.again();
  }

  /** Who fills the form below the list keeps the field where it is on the screen. */
  hold() {
    const field = document.activeElement;
    const below = field !== document.body && this.list.compareDocumentPosition(field) & Node.DOCUMENT_POSITION_FOLLOWING;
    this.held = below ? { field, top: field.getBoundingClientRect().top } : null;
  }

  /** What has just come, and what it pushed, takes no press for a moment: the press was meant for what stood there before. */
  afterSwap() {
    if (this.held) scrollBy({ top: this.held.field.getBoundingClientRect().top - this.held.top, behavior: "instant" });
    this.list.dataset.unread = this.held ? "list" : "below";
    clearTimeout(this.unread);
    this.unread = setTimeout(() => delete this.list.dataset.unread, UNREAD);
  }
}

document.addEventListener("change", rank);
const list = document.querySelector("#services");
if (list) new Services(list);
