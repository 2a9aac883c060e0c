/* What a press on a mark shows, built node by node: a picture, when, how it stands, and the way there.
 *
 * scanPopup(id, go), cellList(cell, ask, go), devicePopup(device, role, go), farmPopup(feature, go)
 * go(path)   opens a page of ours without loading the application anew
 * ask(box)   resolves to the newest cells in a box, one by one */
import { request } from "$/public/external/components/widgets/api/api/api.js";
import { node } from "$/public/external/components/widgets/map/map/base.js";
import { DEVICE_STATES, STATUSES, wordsOf } from "$/public/external/components/widgets/map/map/marks.js";

const WHEN = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const NOT_LOADED = "This could not be loaded. Close it and try again.";

export const when = (instant) => (instant ? WHEN.format(new Date(instant)) : "never");

const link = (text, path, go) =>
  node("a", { text, href: path, className: "map-link", onclick: (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    go(path);
  } });

const line = (text, className = "") => (text ? node("div", { text, className }) : null);

/* A frame whose content comes later; Leaflet places the popup again when it has. */
function later(load) {
  const frame = node("div", { className: "map-popup", "aria-busy": "true" }, node("div", { className: "skeleton map-picture" }));
  load()
    .then((parts) => frame.replaceChildren(...parts.filter(Boolean)))
    .catch(() => frame.replaceChildren(line(NOT_LOADED, "map-quiet")))
    .finally(() => {
      frame.removeAttribute("aria-busy");
      frame.dispatchEvent(new CustomEvent("grown"));
    });
  return frame;
}

async function read(path) {
  const answer = await request(path);
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}`);
  return answer.json();
}

const picture = (url, words) => (url ? node("img", { src: url, alt: words, className: "map-picture" }) : null);

const distance = (metres) => (metres < 950 ? `${Math.round(metres)} m` : `${(metres / 1000).toFixed(1)} km`);

async function nearestFarm({ farm_id: farm, position }) {
  if (farm || !position) return null;
  const [near] = await read(`/api/v1/farms/nearest?lat=${position.lat}&lon=${position.lon}`);
  return near ? `No farm. Nearest: ${near.name}, ${distance(near.distance_m)}` : "No farm";
}

const statusWords = { error: "Failed", uploaded: "Uploaded", ingested: "Waiting for a grade", graded: "Graded" };

export const scanPopup = (id, go) =>
  later(async () => {
    const scan = await read(`/api/v1/scans/${id}`);
    const about = scan.animal_tag ? `Animal ${scan.animal_tag}` : scan.label || scan.capture_id;
    return [
      picture(scan.thumb_url, `Scan of ${about}`),
      line(about, "map-title"),
      line(`${statusWords[scan.status]} · ${when(scan.captured_at)}`),
      line(scan.farm_name ?? (await nearestFarm(scan)), "map-quiet"),
      link("Open scan", `/scans/${id}`, go),
    ];
  });

export const cellList = (cell, ask, go) =>
  later(async () => {
    const cells = await ask(cell.box);
    const rows = cells.map((one) => {
      const [, label, colour] = STATUSES.find(([status]) => one[status]);
      const dot = node("i", { className: "map-swatch" });
      dot.style.background = colour;
      return node("li", {}, link(when(one.newest), `/scans/${one.id}`, go), dot, label);
    });
    const said = cell.n > cells.length ? `The newest ${cells.length} of ${cell.n} scans here` : `${cell.n} scans here`;
    return [line(said, "map-title"), line(wordsOf(cell), "map-quiet"), node("ul", { className: "map-list" }, ...rows)];
  });

const deviceFacts = (device, role, go) => [
  line(device.label || device.code, "map-title"),
  line(`${DEVICE_STATES[device.state] ?? device.state} · ${device.captures.toLocaleString()} captures`),
  line(`Last heard of: ${when(device.last_seen_at)}`, "map-quiet"),
  line(device.exact ? device.farm_name : `Shown at ${device.farm_name}: no capture with a position`, "map-quiet"),
  role === "admin" ? link("Open device", `/admin/devices/${device.id}`, go) : null,
  role !== "farmer" ? link("Its scans", `/scans?device=${device.id}`, go) : null,
];

export const devicePopup = (device, role, go) =>
  device.scan_id
    ? later(async () => [picture((await read(`/api/v1/scans/${device.scan_id}`)).thumb_url, "Its newest scan"), ...deviceFacts(device, role, go)])
    : node("div", { className: "map-popup" }, ...deviceFacts(device, role, go));

export const area = (hectares, acres) =>
  `${hectares.toLocaleString(undefined, { maximumFractionDigits: hectares < 100 ? 1 : 0 })} ha · ${acres.toLocaleString(undefined, { maximumFractionDigits: acres < 100 ? 1 : 0 })} ac`;

export const farmPopup = ({ id, properties }, go) =>
  node("div", { className: "map-popup" }, line(properties.name, "map-title"), line(area(properties.area_ha, properties.area_ac)), link("Open farm", `/farms/${id}`, go));
