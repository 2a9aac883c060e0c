/* Scans and devices as marks: a dot, a ring with a number where several lie together, a square for a device.
 *
 * cellMark(cell)     a marker for a cell of /api/v1/map/scans
 * deviceMark(device) a marker for a device of /api/v1/map
 * A device stands above its place, so that the scans there stay in reach.
 * Colour never stands alone: a failed scan carries a "!", each mark says in words what it is. */
import L from "leaflet";
import { node } from "$/public/external/components/widgets/map/map/base.js";

export const STATUSES = [
  ["failed", "Failed", "var(--danger)"],
  ["uploaded", "Uploaded", "var(--control)"],
  ["ingested", "Waiting for a grade", "var(--info)"],
  ["graded", "Graded", "var(--accent)"],
];
export const DEVICE_STATES = { active: "Active", silent: "Silent", disabled: "Disabled", new: "Never heard of", unregistered: "Not registered" };
const TARGET = [44, 44];
const ABOVE = [22, 50];
const TOWER =
  "M4.9 16.1C1 12.2 1 5.8 4.9 1.9M7.8 4.7a6.14 6.14 0 0 0-.8 7.5M16.2 4.8c2 2 2.26 5.11.8 7.47M19.1 1.9a9.96 9.96 0 0 1 0 14.1M9.5 18h5M8 22l4-11 4 11";

export const short = (n) => (n < 1000 ? String(n) : n < 10_000 ? `${(n / 1000).toFixed(1)}k` : `${Math.round(n / 1000)}k`);

export const wordsOf = (cell) =>
  STATUSES.filter(([name]) => cell[name]).map(([name, label]) => (cell.n === 1 ? label : `${cell[name]} ${label.toLowerCase()}`)).join(", ");

function mark(lat, lon, content, label, { anchor, ...options } = {}) {
  const icon = L.divIcon({ className: "map-mark", html: content, iconSize: TARGET, iconAnchor: anchor, popupAnchor: [0, anchor ? -20 : 0] });
  const made = L.marker([lat, lon], { icon, title: label, riseOnHover: true, ...options });
  made.on("add", () => made.getElement().setAttribute("aria-label", label));
  return made;
}

function ring(cell) {
  let from = 0;
  const parts = STATUSES.filter(([name]) => cell[name]).map(([name, , colour]) => {
    const to = from + (cell[name] / cell.n) * 360;
    const part = `${colour} ${from}deg ${to}deg`;
    from = to;
    return part;
  });
  return `conic-gradient(${parts.join(", ")})`;
}

export function cellMark(cell) {
  if (cell.n === 1) {
    const [name, label, colour] = STATUSES.find(([status]) => cell[status]);
    const dot = node("span", { className: "map-dot", text: name === "failed" ? "!" : "" });
    dot.style.background = colour;
    return mark(cell.lat, cell.lon, dot, `Scan: ${label}`);
  }
  const many = node("span", { className: "map-cluster" }, node("b", { text: short(cell.n) }));
  many.style.background = ring(cell);
  return mark(cell.lat, cell.lon, many, `${cell.n} scans: ${wordsOf(cell)}`);
}

export function deviceMark(device) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", TOWER);
  svg.append(path);
  const square = node("span", { className: `map-device map-device-${device.state}` }, svg);
  return mark(device.lat, device.lon, square, `Device ${device.label || device.code}: ${DEVICE_STATES[device.state] ?? device.state}`, { zIndexOffset: 500, anchor: ABOVE });
}
