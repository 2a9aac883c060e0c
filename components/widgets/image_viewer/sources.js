/* Where the pictures of the open scan come from: signed addresses, renewed before they end, and the pictures decoded. */
import { useEffect, useMemo, useRef, useState } from "react";
import { leave, request } from "$/public/external/components/widgets/api/api/api.js";
import { outline, traced } from "$/public/external/components/widgets/image_viewer/image_viewer/contour.js";
import { picture, ready } from "$/public/external/components/widgets/image_viewer/image_viewer/pictures.js";
import { sourceOf } from "$/public/external/components/widgets/image_viewer/image_viewer/pyramid.js";

const EARLY_MS = 60_000;
const LEAST_MS = 10_000;
const LOST = { title: "No connection", text: "The image will be here as soon as the network is back." };
const GONE = { title: "This scan is gone", text: "It was removed, or it is no longer shared with you." };
const BROKEN = { title: "The image cannot be shown", text: "The file did not arrive whole, or is no image this browser can draw." };

/* The addresses as the API gives them now; throws one of the problems above. They live as long as those before. */
async function renewed(scanId) {
  const answer = await request(`/api/v1/scans/${scanId}`).catch(() => null);
  if (!answer) throw LOST;
  if (answer.status === 401) leave();
  if (answer.status === 404) throw GONE;
  if (!answer.ok) throw BROKEN;
  const { image, preview } = await answer.json();
  return { image: image?.url ?? "", preview: preview?.url ?? "" };
}

/* Keep signed addresses fresh while the scan is open. Returns { current, renew() }. */
function useAddresses(scanId, images) {
  const addresses = useRef(images);
  const renew = async () => {
    addresses.current = { ...addresses.current, ...(await renewed(scanId)) };
    return addresses.current;
  };
  useEffect(() => {
    let timer = 0;
    addresses.current = images;
    const plan = () => {
      const life = addresses.current.ttl_s * 1000 - EARLY_MS;
      timer = setTimeout(() => renew().then(plan, retry), Math.max(LEAST_MS, life));
    };
    const retry = (problem) => problem === LOST && (timer = setTimeout(plan, LEAST_MS));
    if (images.image) plan();
    return () => clearTimeout(timer);
  }, [scanId, images.image]);
  return { current: () => addresses.current, renew };
}

/* The image of the scan: first its preview, then itself. Returns { source, sharp, problem, retry(), original() }. */
export function useImage(scanId, images) {
  const [shown, show] = useState({});
  const [attempt, setAttempt] = useState(0);
  const addresses = useAddresses(scanId, images);
  const name = images.image ? new URL(images.image, window.location.href).pathname : "";
  useEffect(() => {
    let here = true;
    let source = null;
    const put = (next) => here && show({ scanId, ...next });
    const drawable = async (found) => {
      source = await sourceOf(found);
      if (!here) source.release();
      return source;
    };
    if (!name) return put({});
    const known = ready(images.image);
    if (!known) put({});
    if (!known && images.preview) {
      const small = picture(images.preview).then(sourceOf);
      small.then((found) => here && show((now) => (now.source || now.problem ? now : { scanId, source: found })), () => undefined);
    }
    const again = () => addresses.renew().then((fresh) => picture(fresh.image));
    (attempt ? again() : picture(images.image))
      .catch((problem) => (problem.title ? Promise.reject(problem) : again()))
      .then(drawable)
      .then((found) => put({ source: found, sharp: true }), (problem) => put({ problem: problem.title ? problem : BROKEN }));
    return () => {
      here = false;
      source?.release();
    };
  }, [scanId, name, attempt]);
  useEffect(() => {
    const back = () => shown.problem === LOST && setAttempt((count) => count + 1);
    window.addEventListener("online", back);
    return () => window.removeEventListener("online", back);
  }, [shown.problem]);
  const current = shown.scanId === scanId ? shown : {};
  return { ...current, retry: () => setAttempt((count) => count + 1), original: () => addresses.current().image };
}

/* The outlines of the layers: those told in corners at once, those told as a mask when it is read; null for one that
 * could not be. A layer that stays is not read again when others come and go. */
export function useContours(scanId, layers) {
  const [found, setFound] = useState({ scanId, contours: {} });
  const masks = layers.filter((layer) => layer.url);
  const drawn = useMemo(
    () => Object.fromEntries(layers.filter((layer) => layer.corners).map((layer) => [layer.name, traced(layer)])),
    [scanId, layers.map((layer) => `${layer.name}:${layer.of}`).join()],
  );
  useEffect(() => {
    let here = true;
    setFound({ scanId, contours: {} });
    const put = (name, contour) => here && setFound((now) => ({ scanId, contours: { ...now.contours, [name]: contour } }));
    for (const { name, url } of masks) {
      picture(url, { readable: true }).then(outline).then((contour) => put(name, contour), () => put(name, null));
    }
    return () => { here = false; };
  }, [scanId, masks.map((layer) => `${layer.name}:${layer.of}`).join()]);
  return found.scanId === scanId ? { ...found.contours, ...drawn } : drawn;
}

/* Fetch and decode the next image while this one is looked at. */
export function useAhead(url, when) {
  useEffect(() => {
    if (!url || !when) return;
    picture(url).catch(() => undefined); // it is asked for again, with words, when it is opened
  }, [url, when]);
}
