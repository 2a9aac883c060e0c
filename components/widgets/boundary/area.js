/* Geometry the browser needs while somebody draws; what counts is PostGIS's answer afterwards.
 *
 * A polygon is { label, ring }, its ring corners [longitude, latitude] in order, the first not repeated.
 * areaM2(ring)   on the WGS 84 ellipsoid, by authalic latitude; within 0.1 % of PostGIS for what a farm measures
 * polygonsOf(document), writeGeoJson(polygons)   from and to GeoJSON; throws TypeError for what holds no polygon
 * reachOut(ring, point)   the ring with a corner added so that a point just outside lies inside */
const A_M = 6378137;
const E = Math.sqrt(0.0066943799901413165);
const PER_HECTARE = 10_000;
const PER_ACRE = 4046.8564224;
const BEYOND = 1.25;
const BEYOND_DEG = 0.00003;
const RADIANS = Math.PI / 180;

const q = (lat) => {
  const s = Math.sin(lat * RADIANS);
  return (1 - E * E) * (s / (1 - E * E * s * s) - Math.log((1 - E * s) / (1 + E * s)) / (2 * E));
};

export function areaM2(ring) {
  let sum = 0;
  ring.forEach(([lon, lat], index) => {
    const [nextLon, nextLat] = ring[(index + 1) % ring.length];
    sum += (nextLon - lon) * RADIANS * (q(lat) + q(nextLat));
  });
  return Math.abs((A_M * A_M * sum) / 4);
}

export const hectares = (m2) => m2 / PER_HECTARE;
export const acres = (m2) => m2 / PER_ACRE;

const closed = (ring) => [...ring, ring[0]];

export const writeGeoJson = (polygons) => ({
  type: "FeatureCollection",
  features: polygons.map(({ label, ring }) => ({
    type: "Feature",
    properties: label ? { label } : {},
    geometry: { type: "Polygon", coordinates: [closed(ring)] },
  })),
});

const open = (ring) => {
  const corners = ring.map(([lon, lat]) => [lon, lat]);
  const [first, last] = [corners[0], corners.at(-1)];
  return corners.length > 1 && first[0] === last[0] && first[1] === last[1] ? corners.slice(0, -1) : corners;
};

export function polygonsOf(document) {
  if (document?.type === "FeatureCollection") return document.features.flatMap(polygonsOf);
  if (document?.type === "Feature") return polygonsOf(document.geometry).map((one) => ({ ...one, label: document.properties?.label ?? "" }));
  if (document?.type === "MultiPolygon") return document.coordinates.map(([outer]) => ({ label: "", ring: open(outer) }));
  if (document?.type === "Polygon") return [{ label: "", ring: open(document.coordinates[0]) }];
  throw new TypeError("no polygon");
}

const away = ([ax, ay], [bx, by]) => Math.hypot((bx - ax) * Math.cos(ay * RADIANS), by - ay);

function ontoEdge(point, from, to) {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const along = ((point[0] - from[0]) * dx + (point[1] - from[1]) * dy) / (dx * dx + dy * dy || 1);
  const share = Math.min(1, Math.max(0, along));
  return [from[0] + share * dx, from[1] + share * dy];
}

export function nearestEdge(ring, point) {
  return ring
    .map((from, index) => {
      const foot = ontoEdge(point, from, ring[(index + 1) % ring.length]);
      return { index, foot, away: away(point, foot) };
    })
    .reduce((best, one) => (one.away < best.away ? one : best));
}

export function reachOut(ring, point) {
  const { index, foot, away: apart } = nearestEdge(ring, point);
  const beyond = Math.max(BEYOND, 1 + BEYOND_DEG / (apart || BEYOND_DEG));
  const corner = [foot[0] + (point[0] - foot[0]) * beyond, foot[1] + (point[1] - foot[1]) * beyond];
  return [...ring.slice(0, index + 1), corner, ...ring.slice(index + 1)];
}
