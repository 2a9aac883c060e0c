/* The map: farms as areas, devices and scans as marks, gathered by the server so that a million scans stay quick.
 *
 * Props:  filters  query parameters of /api/v1/map/scans (status, captured_from, …)
 *         focus    id of the farm to begin with; without one everything is shown
 *         role     of who looks: decides where popups lead
 *         version  changes when something happened: marks are read again
 *         label    the map's name for screen readers
 * Popups and marks are built node by node; nothing a person typed becomes HTML. */
import L from "leaflet";
import { useCallback, useEffect, useRef, useState } from "react";
import { useNavigate } from "react-router";
import { leave, request } from "$/public/external/components/widgets/api/api/api.js";
import { boundsOf, CLOSEST, fit, makeMap, showBase, showFarms } from "$/public/external/components/widgets/map/map/base.js";
import { cellMark, deviceMark, STATUSES } from "$/public/external/components/widgets/map/map/marks.js";
import { cellList, devicePopup, farmPopup, scanPopup } from "$/public/external/components/widgets/map/map/popups.js";
import "$/public/external/components/widgets/map/map/map.css";

const REST_MS = 120;
const CLEAR_PX = [16, 76];
const TOGETHER_DEG = 0.00002;
const LOST = "The map could not be loaded. Check the network and try again.";

export async function readJson(path, signal) {
  const answer = await request(path, { signal });
  if (answer.status === 401) leave();
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}`);
  return answer.json();
}

function boxQuery(bounds, filters) {
  const south = Math.max(-90, bounds.getSouth());
  const north = Math.min(90, bounds.getNorth());
  return new URLSearchParams({ west: bounds.getWest(), south, east: bounds.getEast(), north, ...filters });
}

/* Everything that is drawn: made once, told what changed. */
class Drawing {
  constructor(box, go) {
    this.go = go;
    this.map = makeMap(box);
    this.scans = L.layerGroup().addTo(this.map);
    this.devices = L.layerGroup().addTo(this.map);
    this.map.on("popupclose", () => setTimeout(() => this.draw()));
  }

  end() {
    this.map.remove();
    this.map = null;
  }

  async overview(focus, role) {
    const shown = await readJson("/api/v1/map");
    this.told = { shown, focus, role };
    this.draw();
    return shown;
  }

  /* A popup that somebody reads stays: what has changed is drawn once it is closed. */
  draw() {
    const read = [this.farms, this.devices].some((group) => group?.getLayers().some((one) => one.isPopupOpen()));
    if (!this.map || !this.told || read) return;
    const { shown, focus, role } = this.told;
    this.told = null;
    if (!this.based) this.based = showBase(this.map, shown.tiles);
    this.farms?.remove();
    this.farms = showFarms(this.map, shown.farms, { on: (feature, layer) => layer.bindPopup(() => farmPopup(feature, this.go)) });
    this.devices.clearLayers();
    for (const device of shown.devices) this.popup(deviceMark(device), () => devicePopup(device, role, this.go)).addTo(this.devices);
    const own = focus ? shown.farms.find(({ id, geometry }) => id === focus && geometry) : null;
    this.bounds = own ? boundsOf(own) : shown.bounds;
    if (!this.fitted) fit(this.map, this.bounds);
    this.fitted = Boolean(this.bounds);
  }

  /* Made anew each time it opens, and only then: an update of the popup's place asks for its content again. Its picture
   * has a size before it has come, so that nothing moves under a finger, and it stays in view while it grows. */
  popup(marker, content) {
    const popup = L.popup({ minWidth: 200, maxWidth: 260, keepInView: true, autoPanPaddingTopLeft: CLEAR_PX, autoPanPaddingBottomRight: [16, 16] }).setContent(document.createElement("div"));
    marker.bindPopup(popup).on("popupopen", () => {
      const made = content();
      made.addEventListener("grown", () => popup.update());
      popup.setContent(made);
    });
    return marker;
  }

  async cells(filters, signal) {
    const query = boxQuery(this.map.getBounds(), { zoom: Math.round(this.map.getZoom()), ...filters });
    const found = await readJson(`/api/v1/map/scans?${query}`, signal);
    const open = this.scans.getLayers().some((marker) => marker.isPopupOpen());
    if (!open || found.cells.length !== this.scans.getLayers().length) {
      this.scans.clearLayers();
      for (const cell of found.cells) this.cell(cell, filters).addTo(this.scans);
    }
    return found;
  }

  cell(cell, filters) {
    const marker = cellMark(cell);
    if (cell.n === 1) return this.popup(marker, () => scanPopup(cell.id, this.go));
    const [west, south, east, north] = cell.box;
    const far = Math.max(east - west, north - south) > TOGETHER_DEG;
    const ask = async () => {
      const around = L.latLngBounds([south - 1e-7, west - 1e-7], [north + 1e-7, east + 1e-7]);
      return (await readJson(`/api/v1/map/scans?${boxQuery(around, filters)}`)).cells;
    };
    if (!far || this.map.getZoom() >= CLOSEST) return this.popup(marker, () => cellList(cell, ask, this.go));
    return marker.on("click keypress", ({ originalEvent }) => {
      if (originalEvent?.type === "keypress" && originalEvent.key !== "Enter") return;
      fit(this.map, cell.box, { maxZoom: CLOSEST });
    });
  }
}

function Legend() {
  return (
    <ul className="map-legend" aria-label="Legend">
      {STATUSES.map(([name, label, colour]) => (
        <li key={name}><i className="map-swatch" style={{ background: colour }} />{label}</li>
      ))}
      <li><i className="map-swatch map-swatch-device" />Device</li>
    </ul>
  );
}

function useFullScreen(frame) {
  const [full, setFull] = useState(false);
  useEffect(() => {
    const changed = () => setFull(document.fullscreenElement === frame.current);
    document.addEventListener("fullscreenchange", changed);
    return () => document.removeEventListener("fullscreenchange", changed);
  }, [frame]);
  const flip = () => {
    if (document.fullscreenElement) document.exitFullscreen();
    else if (frame.current.requestFullscreen) frame.current.requestFullscreen();
    else setFull((now) => !now);
  };
  return [full, flip];
}

export function FarmMap({ filters = {}, focus = "", role = "", version = 0, label = "Map" }) {
  const frame = useRef(null);
  const box = useRef(null);
  const drawing = useRef(null);
  const navigate = useNavigate();
  const [found, setFound] = useState(null);
  const [empty, setEmpty] = useState(false);
  const [problem, setProblem] = useState("");
  const [tries, setTries] = useState(0);
  const [full, flip] = useFullScreen(frame);
  const asked = JSON.stringify(filters);

  useEffect(() => {
    const made = new Drawing(box.current, navigate);
    drawing.current = made;
    const watch = new ResizeObserver(() => made.map.invalidateSize());
    watch.observe(box.current);
    return () => {
      watch.disconnect();
      drawing.current = null;
      made.end();
    };
  }, []);

  const failed = useCallback((error) => error.name === "AbortError" || !drawing.current || setProblem(LOST), []);

  useEffect(() => {
    drawing.current
      .overview(focus, role)
      .then((shown) => {
        setEmpty(!shown.bounds);
        setProblem("");
      })
      .catch(failed);
  }, [focus, role, version, tries]);

  useEffect(() => {
    const { map } = drawing.current;
    let stop = new AbortController();
    let timer = 0;
    const load = () => {
      stop.abort();
      stop = new AbortController();
      const { signal } = stop;
      drawing.current?.cells(JSON.parse(asked), signal).then(setFound).catch((error) => signal.aborted || failed(error));
    };
    const soon = () => {
      clearTimeout(timer);
      timer = setTimeout(load, REST_MS);
    };
    map.on("moveend", soon);
    soon();
    return () => {
      clearTimeout(timer);
      stop.abort();
      map.off("moveend", soon);
    };
  }, [asked, version, tries]);

  const counted = found ? (found.more ? `The newest ${found.total.toLocaleString()} scans in view` : `${found.total.toLocaleString()} ${found.total === 1 ? "scan" : "scans"} in view`) : "";
  return (
    <section ref={frame} className={full ? "map map-full" : "map"} aria-label={label} aria-busy={!found && !problem} data-scans={found?.total}>
      <div ref={box} className="map-box" />
      <div className="map-tools map-top-right">
        <button type="button" className="map-tool" onClick={() => fit(drawing.current.map, drawing.current.bounds)} disabled={empty}>Fit</button>
        <button type="button" className="map-tool" onClick={flip} aria-pressed={full}>{full ? "Leave full screen" : "Full screen"}</button>
      </div>
      <div className="map-words">
        <output aria-live="polite">{counted}</output>
        <Legend />
      </div>
      {problem ? (
        <div className="map-note" role="alert">
          <p>{problem}</p>
          <button type="button" className="map-tool" onClick={() => setTries((n) => n + 1)}>Try again</button>
        </div>
      ) : null}
      {empty && !problem ? <div className="map-note"><p>Nothing to show yet: farms appear once their boundary is drawn, scans once a capture comes with a position.</p></div> : null}
    </section>
  );
}
