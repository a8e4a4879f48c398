// The picture of the table beside it. Every figure comes from the one report that the table shows, every word from the page.
import { announce } from "./feed.js";

/**
 * @typedef {{code: string[], per: (number|null)[], access: (number|null)[], unmet: (number|null)[], low: (number|null)[],
 *   high: (number|null)[], few: number[]}} Columns one row an area
 * @typedef {{report: string, revision: number, simulated: boolean, shapes: string, limits: Object<string, number[]>, areas: Columns,
 *   partners: {ids: string, north: number[], east: number[], single: number[]},
 *   ties: {from: string[], to: string[], sent: (number|null)[], accepted: (number|null)[]}}} Figures
 * @typedef {{id: string, code: string, name: string, row: number, layer: L.Polygon, centre: [number, number]}} Place row -1: no figure
 */

export const NONE = "none", FEW = "few", UNKNOWN = "unknown";
const COLUMN = { unmet: "unmet", need: "per", access: "access" };
const REDRAWN = 250, NEAR = 14;

/** The class of a value, from 1 for the lowest; a class holds its lower limit. @param {number} value @param {number[]} limits */
export function classify(value, limits) {
  let found = 1;
  while (found <= limits.length && value >= limits[found - 1]) found++;
  return found;
}

/** Row numbers, the worst first: most people, or least access. Rows without a value are left out. @param {(number|null)[]} values */
export function rank(values, lowest = false) {
  const rows = values.map((_, row) => row).filter((row) => values[row] !== null && values[row] !== undefined);
  return rows.sort((one, other) => (lowest ? values[one] - values[other] : values[other] - values[one]) || one - other);
}

/** What an area is drawn as: a class, or why it has none. @param {Figures} figures @param {number} row @param {string} layer */
export function kindOf(figures, row, layer) {
  if (row < 0) return UNKNOWN;
  const value = figures.areas[COLUMN[layer]][row];
  if (value === null) return layer === "access" ? UNKNOWN : figures.areas.few.includes(row) || layer === "need" ? FEW : UNKNOWN;
  if (layer === "unmet" && value === 0) return NONE;
  return classify(value, figures.limits[layer === "need" ? "per" : layer]);
}

/** Islands beyond the date line belong to the land before it: longitudes, moved by a turn where that makes the map narrower. */
export function unwrapped(longitudes) {
  const spread = (all) => all.reduce((most, one) => Math.max(most, one), -Infinity) - all.reduce((least, one) => Math.min(least, one), Infinity);
  const moved = longitudes.map((east) => (east > 0 ? east - 360 : east));
  return spread(moved) < spread(longitudes) ? moved : longitudes;
}

/** The id in words from its sixteen bytes. @param {Uint8Array} bytes */
export function idOf(bytes) {
  const text = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20), text.slice(20)].join("-");
}

/** A limit of a class as people read it. @param {number} value */
const said = (value) => value.toLocaleString(document.documentElement.lang || "en", { maximumFractionDigits: 4 });

/** A whole number as the table has it: halves to the even neighbour, a little is not nothing. @param {number} value */
export function whole(value) {
  const low = Math.floor(value), over = value - low;
  return value > 0 && value < 1 ? 1 : over < 0.5 || (over === 0.5 && low % 2 === 0) ? low : low + 1;
}
const filled = (words, values) => words.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");

/** Draws tiles of the patterns in the colours of the sheet, which a theme or a setting may change. */
class Paint {
  constructor(box) {
    this.probe = box.appendChild(document.createElement("span"));
    this.probe.hidden = true;
    this.probe.style.setProperty("forced-color-adjust", "none");
    this.read();
  }

  colour(name) {
    this.probe.style.setProperty("color", `var(${name})`);
    return getComputedStyle(this.probe).color;
  }

  read() {
    this.colours = {};
    for (let n = 1; n <= 5; n++) { this.colours[`map-${n}`] = this.colour(`--map-${n}`); this.colours[`split-${n}`] = this.colour(`--split-${n}`); }
    for (const name of ["surface", "sunk", "edge", "text", "muted", "accent", "accent-soft", "page"]) this.colours[name] = this.colour(`--${name}`);
    this.tiles = new Map();
  }

  /** @param {number|string} kind @param {string} layer @param {number} classes how many there are, to spread few over the scale */
  fill(kind, layer, classes, patterned) {
    const key = `${kind}/${layer}/${classes}/${patterned}`;
    if (!this.tiles.has(key)) this.tiles.set(key, this.made(kind, layer, classes, patterned));
    return this.tiles.get(key);
  }

  made(kind, layer, classes, patterned) {
    const ground = this.ground(kind, layer, classes);
    const number = typeof kind === "number" ? this.step(kind, classes) : 0;
    if (kind !== FEW && (!patterned || number < 2)) return ground;
    const tile = document.createElement("canvas"), pen = tile.getContext("2d");
    tile.width = tile.height = 8;
    pen.fillStyle = ground;
    pen.fillRect(0, 0, 8, 8);
    pen.strokeStyle = pen.fillStyle = kind === FEW ? this.colours.edge : this.ink(ground);
    pen.lineWidth = 1;
    this.marks(pen, kind === FEW ? "hatch" : ["", "dots", "hatch", "dense", "cross"][number - 1]);
    return pen.createPattern(tile, "repeat");
  }

  ground(kind, layer, classes) {
    if (typeof kind !== "number") return kind === UNKNOWN ? "transparent" : this.colours.surface;
    return this.colours[`${layer === "access" ? "split" : "map"}-${this.step(kind, classes)}`];
  }

  /** Two classes take the ends of the scale, not its pale beginning. */
  step(kind, classes) { return classes < 2 ? 4 : Math.round(1 + ((kind - 1) * 4) / (classes - 1)); }

  /** Marks are a little lighter on dark, a little darker on light. */
  ink(ground) {
    const [red, green, blue] = ground.match(/[\d.]+/g).map(Number);
    return 0.299 * red + 0.587 * green + 0.114 * blue > 128 ? "rgb(0 0 0 / .34)" : "rgb(255 255 255 / .42)";
  }

  marks(pen, name) {
    const line = (...points) => { pen.beginPath(); for (const [x, y, to, down] of points) { pen.moveTo(x, y); pen.lineTo(to, down); } pen.stroke(); };
    if (name === "dots") { pen.fillRect(1, 1, 1.6, 1.6); pen.fillRect(5, 5, 1.6, 1.6); }
    if (name === "hatch") line([-1, 9, 9, -1], [-1, 1, 1, -1], [7, 9, 9, 7]);
    if (name === "dense" ) line([-1, 9, 9, -1], [-1, 5, 5, -1], [3, 9, 9, 3]);
    if (name === "cross") line([-1, 9, 9, -1], [-1, 5, 5, -1], [3, 9, 9, 3], [-1, -1, 9, 9], [3, -1, 9, 5], [-1, 3, 5, 9]);
  }
}

/** Links and partners on a canvas of their own, drawn once when the map comes to rest. */
function marksLayer(map, paint, shown) {
  const canvas = document.createElement("canvas");
  canvas.className = "links_layer";
  map.getPanes().overlayPane.append(canvas);
  const draw = () => {
    const size = map.getSize(), pad = size.multiplyBy(0.1).round(), from = map.containerPointToLayerPoint([-pad.x, -pad.y]);
    const scale = window.devicePixelRatio > 1 ? 2 : 1, wide = size.x + 2 * pad.x, high = size.y + 2 * pad.y;
    canvas.width = wide * scale;
    canvas.height = high * scale;
    canvas.style.setProperty("inline-size", `${wide}px`);
    canvas.style.setProperty("block-size", `${high}px`);
    L.DomUtil.setPosition(canvas, from);
    const pen = canvas.getContext("2d");
    pen.scale(scale, scale);
    pen.translate(-from.x, -from.y);
    const inside = (point) => point.x > from.x - 40 && point.y > from.y - 40 && point.x < from.x + wide + 40 && point.y < from.y + high + 40;
    if (shown.links) drawLinks(map, pen, paint, shown.ties, inside);
    if (shown.partners) drawPartners(map, pen, paint, shown.points, inside);
  };
  map.on("moveend zoomend resize viewreset", draw);
  draw();
  return draw;
}

function drawLinks(map, pen, paint, ties, inside) {
  const most = Math.max(1, ...ties.map((tie) => tie.sent ?? 1));
  pen.lineCap = "round";
  for (const [halo, colour] of [[2, paint.colours.surface], [0, paint.colours.text]]) {
    pen.strokeStyle = colour;
    for (const tie of ties) {
      const start = map.latLngToLayerPoint(tie.from), end = map.latLngToLayerPoint(tie.to);
      if (!inside(start) && !inside(end)) continue;
      // A bend to the left of the way, so that both directions are seen.
      const bend = { x: (start.x + end.x) / 2 + (end.y - start.y) * 0.12, y: (start.y + end.y) / 2 - (end.x - start.x) * 0.12 };
      pen.globalAlpha = halo ? 0.5 : 0.75;
      pen.lineWidth = 0.75 + 3.5 * Math.sqrt((tie.sent ?? 1) / most) + halo;
      pen.setLineDash(tie.sent === null ? [3, 4] : []);
      pen.beginPath();
      pen.moveTo(start.x, start.y);
      pen.quadraticCurveTo(bend.x, bend.y, end.x, end.y);
      pen.stroke();
    }
  }
  pen.globalAlpha = 1;
  pen.setLineDash([]);
}

function drawPartners(map, pen, paint, points, inside) {
  const radius = points.length > 2000 && map.getZoom() < 7 ? 2 : 4;
  for (const point of points) {
    const at = map.latLngToLayerPoint(point.at);
    point.x = at.x; point.y = at.y;
    if (!inside(at)) continue;
    pen.fillStyle = paint.colours.accent;
    pen.strokeStyle = paint.colours.surface;
    pen.lineWidth = 1;
    pen.beginPath();
    pen.arc(at.x, at.y, radius, 0, 7);
    pen.fill();
    pen.stroke();
    if (!point.single) continue;
    for (const [colour, width] of [[paint.colours.surface, 5], [paint.colours.text, 2.5]]) {
      pen.strokeStyle = colour;
      pen.lineWidth = width;
      pen.beginPath();
      pen.arc(at.x, at.y, radius + 5, 0, 7);
      pen.stroke();
    }
  }
}

class GapMap {
  constructor(box) {
    this.box = box;
    this.words = box.dataset;
    this.layer = this.words.layer;
    this.hidden = new Set();
    this.patterned = true;
    this.state = box.querySelector("#map-state");
    this.table = document.querySelector("#table");
  }

  say(text) { this.state.textContent = text; }

  /** Load figures and shapes; the map is drawn only from the very report that the table shows. */
  async start(signal) {
    for (const part of this.box.querySelectorAll("#map-parts, #map-more")) part.hidden = false;
    this.box.querySelector("#map-without").hidden = true;
    const late = setTimeout(() => this.say(this.words.sayLoading), 400);
    try {
      const [figures, drawn] = await Promise.all([this.fetched(this.words.url, signal), this.fetched(this.words.shapes + this.words.digest, signal)]);
      this.figures = figures;
      if (this.figures.report !== this.table.dataset.report || String(this.figures.revision) !== this.table.dataset.revision) {
        this.stop(this.words.sayDiffers);
        return;
      }
      // An import between page and figures made other shapes.
      const shapes = figures.shapes === this.words.digest ? drawn : await this.fetched(this.words.shapes + figures.shapes, signal);
      if (!shapes.features.length) { this.stop(this.words.sayShapeless); return; }
      clearTimeout(late);
      this.draw(shapes);
    } catch {
      this.stop(this.words.sayFailed);
    } finally {
      clearTimeout(late);
    }
  }

  async fetched(address, signal) {
    const answer = await fetch(address, { signal });
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.json();
  }

  /** No picture, and why; the table is the page. */
  stop(words) {
    for (const part of this.box.querySelectorAll("#map-parts > :not(#map-state), #map-more")) part.hidden = true;
    this.say(words);
    this.box.dataset.ready = "without";
  }

  draw(shapes) {
    this.paint = new Paint(this.box);
    const canvas = L.canvas({ padding: 0.1 });
    this.map = L.map(this.box.querySelector("#map-canvas"), {
      renderer: canvas, preferCanvas: true, zoomControl: false, attributionControl: false, zoomAnimation: false, fadeAnimation: false,
      inertia: !matchMedia("(prefers-reduced-motion: reduce)").matches, zoomSnap: 0.25, minZoom: 2, maxZoom: 14,
    });
    this.places = this.placed(shapes, canvas);
    this.fit();
    L.featureGroup(this.places.map((place) => place.layer)).addTo(this.map);
    this.marks = this.marked();
    this.redrawMarks = marksLayer(this.map, this.paint, this.marks);
    this.map.on("click", (event) => this.pressed(event));
    this.map.on("zoomend", () => { if (this.thin !== this.isThin()) this.recolour(); });
    this.controls();
    this.recolour();
    requestAnimationFrame(() => { performance.mark("map-ready"); this.box.dataset.ready = "yes"; });
    this.restate();
    announce(document.querySelector("#summary")?.textContent.trim());
  }

  /** @returns {Place[]} */
  placed(shapes, renderer) {
    const row = new Map(this.figures.areas.code.map((code, number) => [code, number]));
    const boxes = shapes.features.map((feature) => middle(feature.geometry));
    const east = unwrapped(boxes.map((centre) => centre[1]));
    return shapes.features.map((feature, number) => {
      const turn = east[number] - boxes[number][1];
      const rings = feature.geometry.type === "Polygon" ? [feature.geometry.coordinates] : feature.geometry.coordinates;
      const corners = rings.map((part) => part.map((ring) => ring.map(([x, y]) => [y, x > 0 && turn ? x - 360 : x])));
      const { code, name, region } = feature.properties;
      const layer = L.polygon(corners, { renderer, weight: 1, smoothFactor: 1, bubblingMouseEvents: true });
      const place = { id: feature.id, code, name: region ? `${name}, ${region}` : name, row: row.get(code) ?? -1, layer, centre: [boxes[number][0], east[number]] };
      layer.on("click", () => { this.under = place; });
      layer.on("mouseover", () => this.restate(place));
      return place;
    });
  }

  /** Where most areas lie; few far ones, as islands, are a press of a button away. */
  fit(whole = false) {
    const sorted = (axis) => this.places.map((place) => place.centre[axis]).sort((one, other) => one - other);
    const north = sorted(0), east = sorted(1), cut = whole || this.places.length < 200 ? 0 : Math.floor(this.places.length * 0.015);
    const last = this.places.length - 1 - cut;
    const bounds = cut ? L.latLngBounds([north[cut], east[cut]], [north[last], east[last]]).pad(0.06)
      : this.places.reduce((all, place) => all.extend(place.layer.getBounds()), L.latLngBounds([]));
    this.map.fitBounds(bounds, { animate: false, padding: [4, 4] });
  }

  marked() {
    const { partners, ties } = this.figures, at = new Map(this.places.map((place) => [place.code, place.centre]));
    const bytes = Uint8Array.from(atob(partners.ids.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
    const single = new Set(partners.single), turned = unwrapped([...this.places.map((place) => place.centre[1]), ...partners.east]).slice(this.places.length);
    const points = partners.north.map((north, row) => ({ at: [north, turned[row]], bytes: bytes.subarray(16 * row, 16 * row + 16), single: single.has(row) }));
    const drawn = ties.from.map((from, row) => ({ from: at.get(from), to: at.get(ties.to[row]), sent: ties.sent[row] })).filter((tie) => tie.from && tie.to);
    return { links: true, partners: true, points, ties: drawn };
  }

  kind(place) { return kindOf(this.figures, place.row, this.layer); }
  classes() { return this.figures.limits[this.layer === "need" ? "per" : this.layer].length + 1; }

  /** From far away borders of a thousand areas would be all that is seen. */
  isThin() { return this.places.length > 400 && this.map.getZoom() < 6; }

  /** Colours follow the layer, the filter and the theme; never the data, which stay those of one report. */
  recolour() {
    const classes = this.classes(), { colours } = this.paint;
    this.thin = this.isThin();
    for (const place of this.places) {
      const kind = this.kind(place), off = this.hidden.has(String(kind)), chosen = place === this.chosen;
      place.layer.setStyle({
        fill: true, fillOpacity: off || kind === UNKNOWN ? 0 : 1, fillColor: this.paint.fill(kind, this.layer, classes, this.patterned),
        color: chosen ? colours.accent : kind === UNKNOWN ? colours.muted : kind === NONE ? colours.edge : colours.surface,
        weight: chosen ? 4 : this.thin ? 0.25 : 1, dashArray: kind === UNKNOWN && !chosen ? "3 3" : null, stroke: !off || chosen,
      });
    }
    this.chosen?.layer.bringToFront();
    this.legend(classes);
  }

  /** Words of a class. */
  limits(kind, limits) {
    if (kind === NONE) return this.words.sayNone;
    if (kind === FEW) return this.words.sayHidden;
    if (kind === UNKNOWN) return this.words.sayUnknown;
    if (!limits.length) return this.range();
    if (kind === 1) return filled(this.words.sayBelow, { high: said(limits[0]) });
    if (kind > limits.length) return filled(this.words.sayFrom, { low: said(limits.at(-1)) });
    return filled(this.words.sayBetween, { low: said(limits[kind - 2]), high: said(limits[kind - 1]) });
  }

  /** All values of the only class there is. */
  range() {
    const values = this.figures.areas[COLUMN[this.layer]].filter((value) => value > 0);
    const low = Math.min(...values), high = Math.max(...values);
    return filled(low === high ? this.words.sayOne : this.words.sayBetween, { low: said(low), high: said(high) });
  }

  legend(classes) {
    const counts = new Map(), list = this.box.querySelector("#legend"), limits = this.figures.limits[this.layer === "need" ? "per" : this.layer];
    for (const place of this.places) counts.set(this.kind(place), (counts.get(this.kind(place)) ?? 0) + 1);
    const unit = this.box.querySelector("#legend-unit");
    unit.textContent = unit.dataset[this.layer];
    const kinds = [...Array.from({ length: classes }, (_, number) => classes - number), NONE, FEW, UNKNOWN].filter((kind) => counts.has(kind));
    const focused = list.contains(document.activeElement) ? document.activeElement.dataset.kind : null;
    list.replaceChildren(...kinds.map((kind) => this.entry(kind, counts.get(kind), this.limits(kind, limits), classes)));
    if (focused) list.querySelector(`[data-kind="${focused}"]`)?.focus();
  }

  entry(kind, count, words, classes) {
    const item = document.createElement("li"), button = document.createElement("button"), swatch = document.createElement("canvas");
    const text = document.createElement("span"), number = document.createElement("span"), { colours } = this.paint;
    swatch.width = 40; swatch.height = 24;
    const pen = swatch.getContext("2d");
    pen.fillStyle = this.paint.fill(kind, this.layer, classes, this.patterned);
    pen.fillRect(0, 0, 40, 24);
    pen.strokeStyle = kind === UNKNOWN ? colours.muted : colours.edge;
    pen.setLineDash(kind === UNKNOWN ? [3, 3] : []);
    pen.strokeRect(0.5, 0.5, 39, 23);
    text.textContent = words;
    number.textContent = count.toLocaleString(document.documentElement.lang);
    number.className = "count number";
    button.type = "button";
    button.dataset.kind = kind;
    button.setAttribute("aria-pressed", String(!this.hidden.has(String(kind))));
    button.append(swatch, text, number);
    button.addEventListener("click", () => {
      const key = String(kind);
      if (!this.hidden.delete(key)) this.hidden.add(key);
      this.recolour();
    });
    item.append(button);
    return item;
  }

  /** What the pointer, the button or the search is at, in words. @param {Place=} place */
  restate(place = this.chosen) {
    const missing = this.figures.areas.code.length - this.places.filter((one) => one.row >= 0).length;
    if (!place) { this.say(missing > 0 ? filled(this.words.sayMissing, { n: said(missing) }) : ""); return; }
    this.say(filled(this.words.sayFound, { name: place.name, value: this.value(place) }));
  }

  value(place) {
    const kind = this.kind(place), { areas } = this.figures, row = place.row;
    if (kind === UNKNOWN || kind === FEW) return this.limits(kind, []);
    if (kind === NONE && !areas.high[row]) return this.words.sayNobody;
    const point = areas[COLUMN[this.layer]][row];
    if (this.layer === "access") return point <= 0 ? this.words.sayNear : point < 0.05 ? this.words.sayLittle : filled(this.words.sayAccess, { point: point.toFixed(1) });
    if (this.layer === "need") return filled(this.words.sayNeed, { point: point.toFixed(1) });
    return filled(this.words.sayUnmet, { point: said(whole(point)), low: said(whole(areas.low[row])), high: said(whole(areas.high[row])) });
  }

  controls() {
    const step = 120, moves = { left: [-step, 0], right: [step, 0], up: [0, -step], down: [0, step] };
    const act = {
      in: () => this.map.zoomIn(1, { animate: false }), out: () => this.map.zoomOut(1, { animate: false }), all: () => this.fit(true), next: () => this.next(),
    };
    for (const button of this.box.querySelectorAll("[data-move]")) {
      button.addEventListener("click", () => (act[button.dataset.move] ?? (() => this.map.panBy(moves[button.dataset.move], { animate: false })))());
    }
    for (const choice of this.box.querySelectorAll("[name=layer]")) choice.addEventListener("change", () => this.show(choice.value));
    this.box.querySelector("#patterns").addEventListener("change", (event) => { this.patterned = event.target.checked; this.recolour(); });
    for (const name of ["partners", "links"]) {
      const choice = this.box.querySelector(`#show-${name}`);
      choice.addEventListener("change", () => { this.marks[name] = choice.checked; this.redrawMarks(); });
    }
    this.search();
    const repaint = () => { this.paint.read(); this.recolour(); this.redrawMarks(); };
    for (const query of ["(prefers-color-scheme: dark)", "(prefers-contrast: more)", "(forced-colors: active)"]) matchMedia(query).addEventListener("change", repaint);
  }

  show(layer) {
    this.layer = layer;
    this.hidden.clear();
    const address = new URL(location.href);
    if (layer === "unmet") address.searchParams.delete("layer"); else address.searchParams.set("layer", layer);
    history.replaceState(history.state, "", address);
    this.recolour();
    this.restate();
  }

  search() {
    const form = this.box.querySelector("#find-area"), field = form.querySelector("input"), list = form.querySelector("datalist");
    const matching = () => {
      const wanted = field.value.trim().toLocaleLowerCase();
      const fits = (place) => place.name.toLocaleLowerCase().startsWith(wanted);
      return wanted ? this.places.filter(fits).sort((one, other) => one.name.localeCompare(other.name)) : [];
    };
    field.addEventListener("input", () => {
      list.replaceChildren(...matching().slice(0, 20).map((place) => Object.assign(document.createElement("option"), { value: place.name })));
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const found = matching()[0];
      if (found) { this.choose([found.id]); announce(this.state.textContent); } else { this.say(this.words.sayNowhere); }
    });
  }

  /** Walk through the areas by keyboard, the worst of this layer first. */
  next() {
    const order = rank(this.figures.areas[COLUMN[this.layer]], this.layer === "access");
    const byRow = new Map(this.places.filter((place) => place.row >= 0).map((place) => [place.row, place]));
    const walk = order.filter((row) => byRow.has(row) && !this.hidden.has(String(this.kind(byRow.get(row)))));
    if (!walk.length) return;
    const place = byRow.get(walk[(walk.indexOf(this.chosen?.row ?? -1) + 1) % walk.length]);
    this.choose([place.id]);
  }

  /** Bring areas into view and mark the first. @param {string[]} ids */
  choose(ids) {
    const found = this.places.filter((place) => ids.includes(place.id));
    if (!found.length) return;
    this.chosen = found.find((place) => place.id === ids[0]) ?? found[0];
    const bounds = found.reduce((all, place) => all.extend(place.layer.getBounds()), L.latLngBounds([]));
    if (!this.map.getBounds().contains(bounds)) this.map.fitBounds(bounds.pad(1), { animate: false, maxZoom: Math.max(this.map.getZoom(), 7) });
    this.recolour();
    this.restate();
  }

  /** A partner under the pointer comes before the area that it lies in. */
  pressed(event) {
    const place = this.under, at = this.map.latLngToLayerPoint(event.latlng);
    this.under = undefined;
    const near = !this.marks.partners ? null : this.marks.points.reduce((best, point) => {
      const far = Math.hypot(point.x - at.x, point.y - at.y);
      return far < (best?.far ?? NEAR) ? { point, far } : best;
    }, null);
    const nobody = "00000000-0000-0000-0000-000000000000", query = this.words.query;
    if (near) { open(this.words.partner.replace(nobody, idOf(near.point.bytes)) + query); return; }
    if (!place) return;
    this.choose([place.id]);
    open(this.words.area.replace(nobody, place.id) + query);
  }
}

/** The middle of the largest part of a shape: latitude, longitude. */
function middle(geometry) {
  const outer = (geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates).map((part) => part[0]);
  const boxes = outer.map((ring) => {
    let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
    for (const [x, y] of ring) { west = Math.min(west, x); east = Math.max(east, x); south = Math.min(south, y); north = Math.max(north, y); }
    return { area: (east - west) * (north - south), centre: [(south + north) / 2, (west + east) / 2] };
  });
  return boxes.reduce((most, box) => (box.area > most.area ? box : most)).centre;
}

const wide = () => matchMedia("(min-width: 70rem)").matches;

/** The drawer beside the table where there is room, a page of its own where there is none. */
async function open(address, { push = true, row = null } = {}) {
  if (!wide()) { location.assign(address); return; }
  const drawer = document.querySelector("#drawer");
  try {
    const answer = await fetch(address, { headers: { "HX-Request": "true" } });
    if (!answer.ok || answer.redirected) { location.assign(address); return; }
    if (drawer.hidden) drawer.dataset.back = location.pathname + location.search;
    drawer.innerHTML = await answer.text();
  } catch {
    location.assign(address);
    return;
  }
  drawer.hidden = false;
  const close = Object.assign(document.createElement("a"), { className: "button", href: drawer.dataset.back, textContent: drawer.dataset.sayClose });
  close.addEventListener("click", (event) => { event.preventDefault(); history.pushState({}, "", drawer.dataset.back); shut(); });
  drawer.prepend(close);
  drawer.dataset.from = row?.id ?? drawer.dataset.from ?? "";
  for (const other of document.querySelectorAll("[data-chosen]")) delete other.dataset.chosen;
  row?.setAttribute("data-chosen", "");
  if (push) history.pushState({ drawer: address }, "", address);
  const title = drawer.querySelector("[data-focus]"), side = drawer.closest(".gap_side"), canvas = document.querySelector("#map-canvas");
  title?.focus({ preventScroll: true });
  // Picture and evidence are seen together.
  side.scrollTop += (canvas.offsetParent ? canvas : drawer).getBoundingClientRect().top - side.getBoundingClientRect().top - 8;
  title?.scrollIntoView({ block: "nearest" });
}

/** Back to the row that the drawer was opened from. */
function shut() {
  const drawer = document.querySelector("#drawer");
  drawer.hidden = true;
  drawer.replaceChildren();
  const row = document.getElementById(drawer.dataset.from);
  (row?.querySelector("a") ?? document.querySelector("#map-title"))?.focus();
}

function drawers(map) {
  const drawer = document.querySelector("#drawer");
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-opens]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || !wide()) return;
    event.preventDefault();
    const row = link.closest("[data-row]");
    if (row && !row.id) row.id = `row-${link.pathname.split("/").at(-2)}`;
    open(link.href, { row });
    if (link.dataset.areas && map.map) map.choose(link.dataset.areas.split(" "));
  });
  window.addEventListener("popstate", (event) => { if (event.state?.drawer) open(event.state.drawer, { push: false }); else shut(); });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && drawer.contains(document.activeElement)) drawer.querySelector("a.button")?.click();
  });
}

/** A newer report is offered, never shown by itself; a hint of another report with other assumptions is none. */
function freshness(signal) {
  const button = document.querySelector("#fresh");
  button?.addEventListener("changed", async () => {
    const answer = await fetch(button.dataset.ask, { headers: { "X-Automatic": "1" }, signal });
    if (answer.ok && (await answer.json()).id !== button.dataset.report) { button.hidden = false; announce(button.textContent); }
  });
}

function offline(map) {
  const clock = new Date().toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
  window.addEventListener("offline", () => map.say(filled(map.words.sayOffline, { time: clock })));
  window.addEventListener("online", () => { if (map.map) map.restate(); });
}

function main() {
  const box = document.querySelector("#map"), leaving = new AbortController();
  freshness(leaving.signal);
  document.querySelector("#preparing")?.addEventListener("changed", () => location.reload());
  if (!box?.dataset.url) return;
  const map = new GapMap(box);
  drawers(map);
  offline(map);
  window.addEventListener("pagehide", () => leaving.abort());
  // A map that is not on the screen, as beside the table on a phone, is not drawn until it is.
  const seen = new IntersectionObserver((entries) => {
    if (entries.some((entry) => entry.isIntersecting)) { seen.disconnect(); map.start(leaving.signal); }
  }, { rootMargin: "600px" });
  seen.observe(box);
}

if (typeof document !== "undefined") main();
