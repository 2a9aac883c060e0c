/* The boundary editor of one farm: draw, drag, cut, circle, GeoJSON in and out, and what saving would mean.
 *
 * Props:  farmId, farmName
 * Events: onSaved(scans)  the boundary is stored; so many scans are being put into the farm in the background
 *         onLeave()       the person gave up */
import L from "leaflet";
import { useEffect, useRef, useState } from "react";
import { acres, areaM2, hectares, writeGeoJson } from "$/public/external/components/widgets/boundary/boundary/area.js";
import { Canvas } from "$/public/external/components/widgets/boundary/boundary/canvas.js";
import { call, placeOf, useBoundary } from "$/public/external/components/widgets/boundary/boundary/use_boundary.js";
import { boundsOf, fit, showBase, showFarms } from "$/public/external/components/widgets/map/map/base.js";
import { cellMark, deviceMark } from "$/public/external/components/widgets/map/map/marks.js";
import { area } from "$/public/external/components/widgets/map/map/popups.js";
import "$/public/external/components/widgets/map/map/map.css";
import "$/public/external/components/widgets/boundary/boundary/boundary.css";

const TOOLS = [
  ["edit", "Edit", "Drag corners; drag a dot between two to add one"],
  ["draw", "Draw", "Press on the map for each corner, then on the first to close"],
  ["circle", "Circle", "Press on the map for the centre, then say the radius"],
  ["cut", "Cut", "Press on both sides of an area to cut it in two"],
];
const METRES = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });

const many = (n, one, more = `${one}s`) => `${n >= 10_000 ? "10,000 or more" : n.toLocaleString()} ${n === 1 ? one : more}`;

const listed = (metres) => {
  const said = metres.slice(0, 4).map((m) => `${METRES.format(m)} m`);
  const rest = metres.length - said.length;
  const all = rest > 0 ? [...said, `${rest} more`] : said;
  return all.length > 1 ? `${all.slice(0, -1).join(", ")} and ${all.at(-1)}` : all[0];
};

function Fact({ label, children }) {
  return (
    <div className="boundary-fact">
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Tools({ edit }) {
  const drawn = edit.draft.length;
  return (
    <div className="map-tools boundary-tools" role="toolbar" aria-label="Drawing tools">
      {TOOLS.map(([name, label, hint]) => (
        <button key={name} type="button" className="map-tool" title={hint} aria-pressed={edit.tool === name} onClick={() => edit.pick(name)}>{label}</button>
      ))}
      <button type="button" className="map-tool" onClick={edit.undo} disabled={!edit.mayUndo}>Undo</button>
      {edit.tool === "draw" && drawn > 2 ? <button type="button" className="map-tool map-go" onClick={edit.close}>Close area</button> : null}
      {edit.tool === "cut" && drawn > 1 ? <button type="button" className="map-tool map-go" onClick={edit.cut} disabled={edit.busy}>Cut here</button> : null}
      {edit.tool === "edit" && edit.corner >= 0 ? <button type="button" className="map-tool" onClick={() => edit.removeCorner(edit.corner)}>Remove corner</button> : null}
    </div>
  );
}

function CircleForm({ edit }) {
  const [radius, setRadius] = useState("500");
  const [lon, lat] = edit.circle ?? ["", ""];
  const place = (at, value) => edit.setCircle(Object.assign([lon, lat], { [at]: value === "" ? "" : Number(value) }));
  const submit = (event) => {
    event.preventDefault();
    edit.drawCircle(Number(lat), Number(lon), Number(radius));
  };
  return (
    <form className="boundary-circle" onSubmit={submit}>
      <label>Latitude<input className="field" type="number" step="any" min="-90" max="90" required value={lat} onChange={(event) => place(1, event.target.value)} /></label>
      <label>Longitude<input className="field" type="number" step="any" min="-180" max="180" required value={lon} onChange={(event) => place(0, event.target.value)} /></label>
      <label>Radius in metres<input className="field" type="number" min="10" max="20000" required value={radius} onChange={(event) => setRadius(event.target.value)} /></label>
      <button type="submit" className="map-tool map-go" disabled={edit.busy}>Draw circle</button>
    </form>
  );
}

function Areas({ edit }) {
  if (!edit.polygons.length) return null;
  return (
    <ul className="boundary-areas" aria-label="Areas">
      {edit.polygons.map(({ label, ring }, index) => (
        <li key={index} data-chosen={index === edit.chosen}>
          <button type="button" className="boundary-pick" aria-pressed={index === edit.chosen} onClick={() => edit.choose(index)}>{index + 1}</button>
          <input className="field" aria-label={`Name of area ${index + 1}`} placeholder={area(hectares(areaM2(ring)), acres(areaM2(ring)))} maxLength={120} defaultValue={label} key={label} onBlur={(event) => event.target.value === label || edit.relabel(index, event.target.value)} />
          <button type="button" className="boundary-pick" aria-label={`Remove area ${index + 1}`} onClick={() => edit.remove(index)}>×</button>
        </li>
      ))}
    </ul>
  );
}

function Consequences({ edit, farmName }) {
  const { preview, problem } = edit;
  if (problem) return <p className="boundary-note boundary-wrong" role="alert">{problem}</p>;
  if (!preview) return null;
  const near = preview.near.map(({ distance_m: metres }) => metres);
  return (
    <>
      {near.length ? (
        <div className="boundary-note boundary-near">
          <strong>{many(near.length, "scan")} just outside</strong>
          <p>{listed(near)} from the edge. Include {near.length === 1 ? "it" : "them"}?</p>
          <button type="button" className="map-tool" onClick={edit.includeNear}>Include</button>
        </div>
      ) : null}
      {preview.overlaps.map((other) => (
        <div key={other.farm_id} className="boundary-note boundary-near">
          <strong>Overlaps {other.name}</strong>
          <p>{area(other.area_ha, other.area_ac)} belong to both. A scan there goes to the boundary saved last.</p>
        </div>
      ))}
      {preview.unassigned ? (
        <p className="boundary-note boundary-good">Saving assigns <strong>{many(preview.unassigned, "unassigned scan")}</strong> to {farmName}.</p>
      ) : null}
    </>
  );
}

function download(farmName, polygons) {
  const url = URL.createObjectURL(new Blob([JSON.stringify(writeGeoJson(polygons), null, 2)], { type: "application/geo+json" }));
  const link = Object.assign(document.createElement("a"), { href: url, download: `${farmName.replace(/[^\p{L}\p{N}]+/gu, "-")}.geojson` });
  link.click();
  URL.revokeObjectURL(url);
}

function Panel({ edit, live, farmName, onSaved, onLeave }) {
  const file = useRef(null);
  const drawn = live ?? edit.polygons;
  const m2 = live || !edit.fresh ? drawn.reduce((sum, { ring }) => sum + areaM2(ring), 0) : edit.preview.area_m2;
  const corners = drawn.reduce((sum, { ring }) => sum + ring.length, 0);
  const save = async () => {
    const saved = await edit.save();
    if (saved) onSaved(saved.scans);
  };
  return (
    <aside className="boundary-panel" aria-label="Boundary">
      <h1>{farmName}</h1>
      <dl>
        <Fact label="Area"><output data-area={m2}>{drawn.length ? area(hectares(m2), acres(m2)) : "–"}</output></Fact>
        <Fact label="Boundary">{drawn.length ? `${many(drawn.length, "polygon")}, ${many(corners, "corner")}` : "not drawn yet"}</Fact>
        <Fact label="Inside now">{edit.preview ? many(edit.preview.inside, "scan") : "–"}</Fact>
      </dl>
      {edit.tool === "circle" ? <CircleForm edit={edit} /> : <p className="boundary-hint">{TOOLS.find(([name]) => name === edit.tool)[2]}.</p>}
      <Areas edit={edit} />
      <div className="boundary-said" aria-live="polite"><Consequences edit={edit} farmName={farmName} /></div>
      <div className="boundary-acts boundary-save">
        <button type="button" className="map-tool map-go" onClick={save} disabled={edit.busy || !edit.dirty || Boolean(edit.problem)}>{edit.busy ? "Working…" : "Save boundary"}</button>
        <button type="button" className="map-tool" onClick={onLeave}>Cancel</button>
      </div>
      <div className="boundary-acts">
        <input ref={file} type="file" hidden accept=".geojson,.json,application/geo+json" aria-label="GeoJSON file" onChange={(event) => {
          if (event.target.files[0]) edit.bringIn(event.target.files[0]);
          event.target.value = "";
        }} />
        <button type="button" className="map-tool" onClick={() => file.current.click()}>Import GeoJSON</button>
        <button type="button" className="map-tool" onClick={() => download(farmName, edit.polygons)} disabled={!edit.polygons.length}>Export</button>
      </div>
    </aside>
  );
}

/* What lies around: other farms, devices, and the scans in view, so that one draws round something. */
async function surroundings(canvas, farmId) {
  const { told } = await call("/api/v1/map", "GET");
  if (!told || !canvas.map) return null;
  showBase(canvas.map, told.tiles);
  showFarms(canvas.map, told.farms.filter(({ id }) => id !== farmId), { faint: () => true, on: (_, layer) => layer.options && (layer.options.interactive = false) });
  for (const device of told.devices) deviceMark(device).addTo(canvas.map);
  const own = told.farms.find(({ id, geometry }) => id === farmId && geometry);
  fit(canvas.map, own ? boundsOf(own) : told.bounds);
  return told;
}

async function showScans(canvas, layer) {
  const bounds = canvas.map.getBounds();
  const query = new URLSearchParams({ west: bounds.getWest(), south: Math.max(-90, bounds.getSouth()), east: bounds.getEast(), north: Math.min(90, bounds.getNorth()), zoom: Math.round(canvas.map.getZoom()) + 1 });
  const { told } = await call(`/api/v1/map/scans?${query}`, "GET");
  if (!told || !canvas.map) return;
  layer.clearLayers();
  for (const cell of told.cells) cellMark(cell).setOpacity(0.85).addTo(layer);
}

export function BoundaryEditor({ farmId, farmName = "", onSaved, onLeave }) {
  const box = useRef(null);
  const canvas = useRef(null);
  const acts = useRef({});
  const edit = useBoundary(farmId);
  const [live, setLive] = useState(null);
  const [ready, setReady] = useState(false);
  acts.current = edit;

  useEffect(() => {
    const made = new Canvas(box.current, {
      live: setLive,
      changed: (polygons) => {
        setLive(null);
        acts.current.change(polygons);
      },
      chosen: (index, corner) => acts.current.choose(index, corner),
      removed: (index) => acts.current.removeCorner(index),
      drafted: (points) => acts.current.setDraft(points),
      placed: (point) => acts.current.setCircle(point),
      closed: () => acts.current.close(),
    });
    canvas.current = made;
    const scans = L.layerGroup().addTo(made.map);
    const load = () => canvas.current && showScans(made, scans);
    const watch = new ResizeObserver(() => made.map.invalidateSize());
    watch.observe(box.current);
    Promise.all([surroundings(made, farmId), call(`/api/v1/farms/${farmId}/geofences`, "GET")]).then(([, { told, problem }]) => {
      if (!canvas.current) return;
      if (told) acts.current.start(told);
      else acts.current.setProblem(problem);
      made.map.on("moveend", load);
      load();
      setReady(true);
    });
    return () => {
      watch.disconnect();
      canvas.current = null;
      made.map.remove();
      made.map = null;
    };
  }, [farmId]);

  const { polygons, chosen, corner, tool, draft, circle, preview, problem, dirty } = edit;
  useEffect(() => {
    canvas.current?.show({ polygons, chosen, corner, tool, draft, circle, near: preview?.near, mistake: placeOf(problem) });
  }, [polygons, chosen, corner, tool, draft, circle, preview, problem, ready]);

  useEffect(() => {
    if (edit.framed) fit(canvas.current.map, boundsOf(writeGeoJson(polygons)));
  }, [edit.framed]);

  useEffect(() => {
    if (!dirty) return undefined;
    const ask = (event) => event.preventDefault();
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [dirty]);

  return (
    <div className="boundary" aria-busy={!ready}>
      <section className="map" aria-label={`Map of ${farmName}`}>
        <div ref={box} className="map-box" onKeyDown={(event) => event.key === "Escape" && edit.pick("edit")} />
        <Tools edit={edit} />
      </section>
      <Panel edit={edit} live={live} farmName={farmName} onSaved={onSaved} onLeave={onLeave} />
    </div>
  );
}
