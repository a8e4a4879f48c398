// Live rows. A frame is a hint that something changed; the page asks again through the same view and the same permission.

import { takesNoPress, waitsForPress } from "./still.js";

const POLL = 60_000, PAUSED_POLL = 30_000, WINDOW = 250;

/** Wait longer after each failure, with jitter so that clients do not return as a herd. @returns {number} milliseconds */
export function backoff(failures, random = Math.random) {
  return Math.min(30_000, 500 * 2 ** failures) * (0.5 + random() / 2);
}

/** Elements of the page that show one of `subjects`, and lists that may gain it. @param {Set<string>} subjects */
export function shownBy(subjects, root = document) {
  const rows = [...root.querySelectorAll("[data-subject]")].filter(
    (row) => row.dataset.subject.split(" ").some((subject) => subjects.has(subject)));
  const kinds = new Set([...subjects].map((subject) => subject.split("/")[0]));
  // What interrupts is asked for at once, wherever the pointer is.
  rows.push(...[...root.querySelectorAll("[data-kinds]")].filter((part) => kinds.has(part.dataset.kinds)));
  const lists = [...root.querySelectorAll("[data-lists]")].filter(
    (list) => list.dataset.lists.split(" ").some((kind) => kinds.has(kind)));
  return { rows, lists };
}

class Feed {
  constructor(body) {
    this.cursor = body.dataset.cursor;
    this.words = body.dataset;
    this.count = 0;
    this.failures = 0;
    this.changed = new Set();
    this.stop = new AbortController();
  }

  start() {
    this.open();
    setInterval(() => { if (!document.hidden) this.catchUp(); }, POLL);
    document.addEventListener("visibilitychange", () => { if (!document.hidden) { this.catchUp(); if (!this.socket) this.open(); } });
  }

  open() {
    const address = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/feed/`;
    this.socket = new WebSocket(address);
    this.socket.addEventListener("message", (message) => this.hear(JSON.parse(message.data)));
    this.socket.addEventListener("close", (event) => this.closed(event.code));
  }

  hear({ seq, kind, subject }) {
    if (kind === "hello") {
      this.count = 0;
      this.failures = 0;
      clearTimeout(this.late);
      this.say("");
      this.catchUp();
    } else if (kind === "heartbeat") {
      if (seq !== this.count) { this.count = seq; this.catchUp(); }
    } else if (kind === "presence") {
      document.dispatchEvent(new CustomEvent("looked", { detail: subject })); // no event: the count and the cursor stay
    } else if (kind === "reset") {
      location.reload();
    } else {
      if (seq !== this.count + 1) this.catchUp();
      this.count = seq;
      this.hint(subject);
    }
  }

  closed(code) {
    this.socket = null;
    if (code === 4401 || code === 4403) { this.refused(); return; }
    this.late ??= setTimeout(() => this.say(this.words.sayPaused), 5000);
    const wait = code === 4429 ? 60_000 : code === 1012 ? Math.random() * 5000 : backoff(this.failures++);
    setTimeout(() => { this.late = undefined; if (!document.hidden) this.open(); }, wait);
    if (!this.polling) this.polling = setInterval(() => { if (!this.socket && !document.hidden) this.catchUp(); }, PAUSED_POLL);
  }

  refused() {
    this.say(this.words.sayChanged);
    setTimeout(() => location.reload(), 1500);
  }

  /** Everything visible since the cursor: the truth that frames only hint at. */
  async catchUp() {
    if (this.asking) { this.again = true; return; }
    this.asking = true;
    try {
      let more = true;
      while (more) {
        const answer = await fetch(`/api/v1/events?limit=200&after=${encodeURIComponent(this.cursor)}`,
          { headers: { "X-Automatic": "1" }, signal: this.stop.signal });
        if (answer.status === 401) { this.refused(); return; }
        if (answer.status === 410 || answer.status === 400) { location.reload(); return; }
        if (!answer.ok) return;
        const told = await answer.json();
        for (const event of told.events) this.hint(event.subject);
        this.cursor = told.next;
        more = told.more;
      }
      if (!this.late) this.say("");
    } catch {
      this.say(navigator.onLine ? this.words.sayPaused : this.words.sayOffline);
    } finally {
      this.asking = false;
      if (this.again) { this.again = false; this.catchUp(); }
    }
  }

  /** Hints that arrive together are fetched once. */
  hint(subject) {
    this.changed.add(subject);
    this.timer ??= setTimeout(() => { this.timer = undefined; this.refresh(); }, WINDOW);
  }

  refresh() {
    const subjects = this.changed;
    this.changed = new Set();
    const { rows, lists } = shownBy(subjects);
    for (const row of rows) row.dispatchEvent(new CustomEvent("changed"));
    for (const list of lists) list.dispatchEvent(new CustomEvent("changed"));
    for (const form of document.querySelectorAll("[data-edits]")) {
      if (form.dataset.edits.split(" ").some((subject) => subjects.has(subject))) form.querySelector("[data-changed]")?.removeAttribute("hidden");
    }
  }

  say(text) {
    const banner = document.querySelector("#banner");
    if (banner && banner.textContent !== text) banner.textContent = text;
  }
}

/** Texts of one second are joined into one sentence, for readers that drop the second of two. @param {string} text */
export function announce(text) {
  const region = document.querySelector("#said");
  if (!region || !text) return;
  pending.push(text);
  speaking ??= setTimeout(() => { region.textContent = pending.splice(0).join(" "); speaking = undefined; }, 1000);
}
const pending = [];
let speaking;

/** A refreshed list tells how many rows it has that the page has not shown; they wait for a press when somebody is in the list. */
function onListSwapped(event) {
  const list = event.target;
  if (!list.matches?.("[data-lists]")) return;
  const known = new Set((list.dataset.known ?? "").split(" "));
  const fresh = [...list.querySelectorAll("[data-row]")].filter((row) => !known.has(row.id));
  list.dataset.known = [...list.querySelectorAll("[data-row]")].map((row) => row.id).join(" ");
  for (const row of fresh.slice(0, 4)) announce(row.dataset.say ?? "");
  if (fresh.length >= 5) announce(list.dataset.sayMany?.replace("%d", fresh.length) ?? "");
  const waiting = Number(list.querySelector("[data-count]")?.dataset.count ?? 0);
  document.title = document.title.replace(/^\(\d+\) /, "");
  if (waiting) document.title = `(${waiting}) ${document.title}`;
}

/** Nothing is swapped under the pointer or the focus: the refresh waits until the list is left, and says that it waits. */
function onBeforeRequest(event) {
  const element = event.target;
  if (event.detail.requestConfig?.triggeringEvent?.type !== "changed") return;
  event.detail.requestConfig.headers["X-Automatic"] = "1";
  if (!element.matches("[data-lists]")) return;
  const busy = element.contains(document.activeElement) || element.matches(":hover") || element.querySelector("input:checked") || scrollY > 200;
  const button = document.querySelector("#show-new");
  if (busy && button && !button.dataset.pressed) {
    event.preventDefault();
    button.hidden = false;
  }
}

/** What comes by itself waits for the end of a press; what it moved is not pressed by mistake: all of the page, for a band above it. */
function onBeforeSwap(event) {
  const place = event.detail.target;
  if (event.detail.requestConfig?.triggeringEvent?.type !== "changed") return;
  if (waitsForPress(place, () => place.dispatchEvent(new CustomEvent("changed")))) { event.detail.shouldSwap = false; return; }
  const before = place.offsetHeight;
  place.addEventListener("htmx:afterSwap", () => {
    if (place.offsetHeight !== before) takesNoPress(place.matches("[data-kinds]") ? document.body : place);
  }, { once: true });
}

function main() {
  const body = document.body;
  if (!body.dataset.cursor) return;
  for (const list of document.querySelectorAll("[data-lists]")) {
    list.dataset.known = [...list.querySelectorAll("[data-row]")].map((row) => row.id).join(" ");
  }
  document.addEventListener("htmx:beforeRequest", onBeforeRequest);
  document.addEventListener("htmx:beforeSwap", onBeforeSwap);
  document.addEventListener("htmx:afterSettle", onListSwapped);
  document.querySelector("#show-new")?.addEventListener("click", (event) => {
    const button = event.currentTarget;
    button.dataset.pressed = "1";
    document.querySelector("[data-lists]")?.dispatchEvent(new CustomEvent("changed"));
    button.hidden = true;
    delete button.dataset.pressed;
    document.querySelector("h1")?.focus();
  });
  new Feed(body).start();
}

if (typeof document !== "undefined") main();
