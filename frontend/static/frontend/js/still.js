// Nothing moves under a hand: what comes by itself waits for the end of a press, and takes none for a moment after it came.

const LONGEST_PRESS = 1000, UNREAD = 400; // milliseconds
let pressedAt = -Infinity;
let ending;
const waiting = new Map(); // what follows the press, by place

/** How long a press may still last; below 0 for none. A press on a list of choices never says that it ended. */
const left = () => LONGEST_PRESS - (performance.now() - pressedAt);

function released() {
  pressedAt = -Infinity;
  clearTimeout(ending);
  const acts = [...waiting.values()];
  waiting.clear();
  for (const act of acts) act();
}

/**
 * Whether somebody presses now. Then `act` follows when they let go; of several for one place the last.
 * @param {Element} place @param {() => void} act
 */
export function waitsForPress(place, act) {
  if (left() <= 0) return false;
  waiting.set(place, act);
  clearTimeout(ending);
  ending = setTimeout(released, left());
  return true;
}

/**
 * No press for a moment: it was meant for what stood there before.
 * @param {HTMLElement} place @param {"here" | "below"} where in the place alone, or in what follows it too
 */
export function takesNoPress(place, where = "here") {
  place.dataset.unread = where;
  clearTimeout(ends.get(place));
  ends.set(place, setTimeout(() => delete place.dataset.unread, UNREAD));
}
const ends = new WeakMap();

if (typeof document !== "undefined") {
  document.addEventListener("pointerdown", (event) => { pressedAt = event.timeStamp; }, true);
  for (const end of ["pointerup", "pointercancel"]) document.addEventListener(end, () => setTimeout(released), true); // after its click
}
