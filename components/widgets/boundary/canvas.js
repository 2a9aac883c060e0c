/* The drawing surface of the boundary editor: areas with handles on a Leaflet map, and the tools that make new ones.
 *
 * new Canvas(box, told)   told: { changed(polygons), live(polygons), chosen(index, corner), removed(corner),
 *                         drafted(points), closed(), placed(point) }: what somebody did
 * canvas.show(state)      { polygons, chosen, corner, tool, draft, circle, near, mistake }: draws what the page says
 * The page owns the polygons; the canvas only reports what somebody did to them. Handles are markers, so that a mouse,
 * a finger and the keyboard (Tab, Enter, Delete) all reach them. */
import L from "leaflet";
import { makeMap, node } from "$/public/external/components/widgets/map/map/base.js";

const HANDLES_MOST = 250;
const TARGET = window.matchMedia("(pointer: coarse)").matches ? [44, 44] : [32, 32];

const ll = ([lon, lat]) => [lat, lon];
const lonLat = ({ lat, lng }) => [Number(lng.toFixed(7)), Number(lat.toFixed(7))];
const middle = (a, b) => [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];

function handle(at, className, label, options = {}) {
  const made = L.marker(ll(at), {
    icon: L.divIcon({ className: "map-mark", html: node("span", { className }), iconSize: TARGET }),
    draggable: true,
    autoPan: true,
    title: label,
    ...options,
  });
  made.on("add", () => made.getElement().setAttribute("aria-label", label));
  return made;
}

export class Canvas {
  constructor(box, told) {
    this.told = told;
    this.map = makeMap(box, { doubleClickZoom: false });
    this.areas = L.layerGroup().addTo(this.map);
    this.handles = L.layerGroup().addTo(this.map);
    this.notes = L.layerGroup().addTo(this.map);
    this.map.on("click", ({ latlng }) => this.pressed(lonLat(latlng.wrap())));
    this.map.on("moveend", () => this.dragging || this.drawHandles());
  }

  pressed(point) {
    if (this.state.tool === "circle") this.told.placed(point);
    else if (this.state.tool !== "edit") this.told.drafted([...this.state.draft, point]);
  }

  show(state) {
    this.state = state;
    this.map.getContainer().classList.toggle("drawing", state.tool !== "edit");
    this.areas.clearLayers();
    this.shapes = state.polygons.map(({ ring }, index) => {
      const shape = L.polygon(ring.map(ll), { className: index === state.chosen ? "map-farm map-farm-chosen" : "map-farm", weight: 3, bubblingMouseEvents: state.tool !== "edit" });
      shape.on("click", () => this.state.tool === "edit" && this.told.chosen(index, -1));
      return shape.addTo(this.areas);
    });
    this.drawHandles();
    this.drawNotes();
  }

  drawHandles() {
    this.handles.clearLayers();
    if (!this.state) return;
    if (this.state.tool === "edit") this.cornerHandles();
    else this.draftHandles();
  }

  cornerHandles() {
    const polygon = this.state.polygons[this.state.chosen];
    if (!polygon) return;
    const { ring } = polygon;
    const view = this.map.getBounds().pad(0.1);
    const seen = ring.map((_, index) => index).filter((index) => view.contains(ll(ring[index])));
    if (seen.length > HANDLES_MOST) return;
    for (const index of seen) {
      this.corner(ring, index);
      this.between(ring, index);
    }
    this.mover(ring);
  }

  /* While a handle is dragged only the outline follows; the page hears of the numbers, and of the change at its end. */
  follow(ring) {
    this.shapes[this.state.chosen].setLatLngs(ring.map(ll));
    this.told.live(this.withRing(ring));
  }

  withRing(ring) {
    return this.state.polygons.map((one, index) => (index === this.state.chosen ? { ...one, ring } : one));
  }

  dragged(marker, at) {
    marker.on("dragstart", () => (this.dragging = true));
    marker.on("drag", () => this.follow(at(lonLat(marker.getLatLng().wrap()))));
    marker.on("dragend", () => {
      this.dragging = false;
      this.told.changed(this.withRing(at(lonLat(marker.getLatLng().wrap()))));
    });
    return marker.addTo(this.handles);
  }

  corner(ring, index) {
    const chosen = index === this.state.corner;
    const marker = handle(ring[index], chosen ? "corner corner-chosen" : "corner", `Corner ${index + 1} of ${ring.length}`, { zIndexOffset: 1000 });
    this.dragged(marker, (point) => ring.map((one, at) => (at === index ? point : one)));
    marker.on("click", () => this.told.chosen(this.state.chosen, chosen ? -1 : index));
    marker.on("contextmenu", () => this.told.removed(index));
    marker.on("keydown", ({ originalEvent }) => {
      if (originalEvent.key === "Delete" || originalEvent.key === "Backspace") this.told.removed(index);
      if (originalEvent.key === "Enter") this.told.chosen(this.state.chosen, chosen ? -1 : index);
    });
  }

  between(ring, index) {
    const next = (index + 1) % ring.length;
    const marker = handle(middle(ring[index], ring[next]), "between", `Add a corner after corner ${index + 1}`);
    const added = (point) => [...ring.slice(0, index + 1), point, ...ring.slice(index + 1)];
    this.dragged(marker, added);
    const add = () => this.told.changed(this.withRing(added(middle(ring[index], ring[next]))));
    marker.on("click", add);
    marker.on("keydown", ({ originalEvent }) => originalEvent.key === "Enter" && add());
  }

  mover(ring) {
    const centre = lonLat(L.latLngBounds(ring.map(ll)).getCenter());
    const marker = handle(centre, "mover", "Move the whole area", { zIndexOffset: 1200 });
    this.dragged(marker, (point) => ring.map(([lon, lat]) => [Number((lon + point[0] - centre[0]).toFixed(7)), Number((lat + point[1] - centre[1]).toFixed(7))]));
  }

  draftHandles() {
    const { draft, tool, circle } = this.state;
    if (tool === "circle" && circle) handle(circle, "mover", "Centre of the circle", { draggable: false }).addTo(this.handles);
    if (!draft.length) return;
    const line = [...draft, ...(tool === "draw" && draft.length > 2 ? [draft[0]] : [])];
    L.polyline(line.map(ll), { className: tool === "cut" ? "map-cut" : "map-draft", weight: 3, dashArray: "6 6", interactive: false }).addTo(this.handles);
    draft.forEach((point, index) => {
      const label = index === 0 && tool === "draw" ? "First corner: press to close the area" : `Point ${index + 1}`;
      const marker = handle(point, index === 0 ? "corner corner-first" : "corner", label, { draggable: false });
      if (index === 0 && tool === "draw") marker.on("click", () => this.told.closed());
      marker.addTo(this.handles);
    });
  }

  drawNotes() {
    this.notes.clearLayers();
    for (const { lat, lon, distance_m: metres } of this.state.near ?? [])
      L.circleMarker([lat, lon], { className: "map-near", radius: 7, weight: 2 }).bindTooltip(node("span", { text: `${Math.round(metres)} m outside` })).addTo(this.notes);
    if (this.state.mistake) L.circleMarker(ll(this.state.mistake), { className: "map-mistake", radius: 14, weight: 4, interactive: false }).addTo(this.notes);
  }
}
