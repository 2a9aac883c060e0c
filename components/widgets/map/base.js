/* A Leaflet map in the product's look: tiles where a base layer is set, else a quiet grid with its degrees.
 *
 * makeMap(box)            the map in an element
 * showBase(map, tiles)    tiles { url, attribution } or null
 * showFarms(map, farms)   GeoJSON features of farms; returns the layer. Options: on(feature, layer), faint(feature)
 * fit(map, bounds)        show [west, south, east, north]
 * node(tag, props, ...children)  DOM by hand: nothing a person typed ever becomes HTML */
import L from "leaflet";
import "leaflet/dist/leaflet.css";

export const CLOSEST = 21;
const LABELLED_PX = 70;
const zooming = new WeakSet();
const DEGREE_DIGITS = [0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5, 5, 5, 5];

export function node(tag, { className, text, ...props } = {}, ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  for (const [name, value] of Object.entries(props)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== null) made.setAttribute(name, value);
  }
  made.append(...children.filter(Boolean));
  return made;
}

export function makeMap(box, options = {}) {
  const map = L.map(box, { center: [20, 0], zoom: 2, minZoom: 1, maxZoom: CLOSEST, worldCopyJump: true, zoomControl: false, attributionControl: false, fadeAnimation: false, ...options });
  L.control.zoom({ position: "bottomright" }).addTo(map);
  L.control.scale({ position: "bottomleft", imperial: true }).addTo(map);
  map.on("zoomanim", () => zooming.add(map)).on("zoomend unload", () => zooming.delete(map));
  return map;
}

const Grid = L.GridLayer.extend({
  createTile(coords) {
    const corner = this._map.unproject(coords.scaleBy(this.getTileSize()), coords.z);
    const digits = DEGREE_DIGITS[coords.z] ?? 5;
    const tile = node("div", { className: "map-grid" });
    tile.append(node("span", { text: `${corner.lat.toFixed(digits)}°, ${L.Util.wrapNum(corner.lng, [-180, 180], true).toFixed(digits)}°` }));
    return tile;
  },
});

export function showBase(map, tiles) {
  if (!tiles) return new Grid({ tileSize: 256, maxZoom: CLOSEST, className: "map-grid-layer" }).addTo(map);
  L.control.attribution({ prefix: false, position: "bottomleft" }).addTo(map);
  const named = document.createElement("span");
  named.textContent = tiles.attribution;
  return L.tileLayer(tiles.url, { maxZoom: CLOSEST, maxNativeZoom: 19, attribution: named.innerHTML }).addTo(map);
}

export function showFarms(map, farms, { on, faint = () => false } = {}) {
  const drawn = L.geoJSON(farms.filter(({ geometry }) => geometry), {
    style: (feature) => ({ className: faint(feature) ? "map-farm map-farm-faint" : "map-farm", weight: 2 }),
    onEachFeature(feature, layer) {
      layer.bindTooltip(node("span", { text: feature.properties.name }), { permanent: true, direction: "top", className: "map-farm-name" });
      on?.(feature, layer);
    },
  }).addTo(map);
  /* Names stand inside the southern edge: in the middle they would lie under what was captured there. */
  const label = () =>
    drawn.eachLayer((layer) => {
      const bounds = layer.getBounds();
      const foot = L.latLng(bounds.getSouth(), bounds.getCenter().lng);
      const wide = map.latLngToLayerPoint(bounds.getNorthEast()).x - map.latLngToLayerPoint(bounds.getSouthWest()).x;
      const open = layer.isTooltipOpen();
      if (wide >= LABELLED_PX) open ? layer.getTooltip().setLatLng(foot) : layer.openTooltip(foot);
      if (wide < LABELLED_PX && open) layer.closeTooltip();
    });
  map.on("zoomend", label);
  drawn.on("remove", () => map.off("zoomend", label));
  label();
  return drawn;
}

/* The end of a running zoom would undo it, so it waits for that. */
export function fit(map, bounds, options = {}) {
  if (!bounds) return;
  if (zooming.has(map)) {
    map.once("zoomend", () => fit(map, bounds, options));
    return;
  }
  const [west, south, east, north] = bounds;
  map.fitBounds([[south, west], [north, east]], { padding: [32, 32], maxZoom: 17, animate: false, ...options });
}

export const boundsOf = (feature) => {
  const box = L.geoJSON(feature).getBounds();
  return box.isValid() ? [box.getWest(), box.getSouth(), box.getEast(), box.getNorth()] : null;
};
