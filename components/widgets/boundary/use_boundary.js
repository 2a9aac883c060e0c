/* The boundary being drawn, as React state: its polygons with a way back, what the server says of them, the tools.
 *
 * useBoundary(farmId) returns what the panel and the canvas show, and the acts of both; `framed` changes when what was
 * drawn may lie out of sight. Every change asks the server
 * what it would mean; nothing is stored before `save`. */
import { useCallback, useEffect, useRef, useState } from "react";
import { leave, request } from "$/public/external/components/widgets/api/api/api.js";
import { nearestEdge, polygonsOf, reachOut, writeGeoJson } from "$/public/external/components/widgets/boundary/boundary/area.js";

const REST_MS = 300;
const STEPS_KEPT = 100;
const LOST = "The server could not be reached. Try again when the network is back.";
const PLACE = /at ([\d.]+)° ([NS]), ([\d.]+)° ([EW])/;
const JSON_TYPE = { "Content-Type": "application/json" };

export async function call(path, method, body, signal) {
  const answer = await request(path, { method, signal, ...(body ? { headers: JSON_TYPE, body: JSON.stringify(body) } : {}) }).catch((error) => {
    if (error.name === "AbortError") throw error;
    return null;
  });
  if (!answer) return { problem: LOST };
  if (answer.status === 401) leave();
  const told = answer.status === 204 ? null : await answer.json().catch(() => null);
  return answer.ok ? { told } : { problem: wordsOf(told) };
}

function wordsOf(problem) {
  const said = (problem?.errors ?? []).map(({ message }) => `The area ${message}.`);
  return [...new Set(said)].join(" ") || problem?.detail || problem?.title || LOST;
}

/* Where on the map a mistake lies, when its sentence says so. */
export function placeOf(problem) {
  const found = PLACE.exec(problem ?? "");
  return found ? [Number(found[3]) * (found[4] === "W" ? -1 : 1), Number(found[1]) * (found[2] === "S" ? -1 : 1)] : null;
}

export function useBoundary(farmId) {
  const [steps, setSteps] = useState([]);
  const [chosen, setChosen] = useState(0);
  const [corner, setCorner] = useState(-1);
  const [tool, setTool] = useState("edit");
  const [draft, setDraft] = useState([]);
  const [circle, setCircle] = useState(null);
  const [preview, setPreview] = useState(null);
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const [framed, setFramed] = useState(0);
  const stop = useRef(null);
  const polygons = steps.at(-1) ?? [];
  const url = `/api/v1/farms/${farmId}/geofences`;

  const start = useCallback((document) => {
    const read = polygonsOf(document).map((one) => ({ ...one, label: one.label ?? "" }));
    setSteps([read]);
    setTool(read.length ? "edit" : "draw");
  }, []);

  const change = useCallback((next, choose) => {
    setSteps((now) => [...now.slice(-STEPS_KEPT), next]);
    setCorner(-1);
    if (choose !== undefined) setChosen(choose);
  }, []);

  useEffect(() => {
    stop.current?.abort();
    setPreview((now) => (polygons.length ? now : null));
    if (!polygons.length) {
      setProblem("");
      return undefined;
    }
    const asking = new AbortController();
    stop.current = asking;
    const timer = setTimeout(async () => {
      const { told, problem: wrong } = await call(`${url}/preview`, "POST", writeGeoJson(polygons), asking.signal).catch(() => ({}));
      if (asking.signal.aborted) return;
      setPreview(told ? { ...told, of: polygons } : null);
      setProblem(wrong ?? "");
    }, REST_MS);
    return () => clearTimeout(timer);
  }, [steps]);

  const pick = (name) => {
    setTool(name);
    setDraft([]);
    setProblem("");
  };

  const close = () => {
    if (draft.length < 3) return;
    change([...polygons, { label: "", ring: draft }], polygons.length);
    pick("edit");
  };

  const cut = async () => {
    const order = [chosen, ...polygons.keys()].filter((index, at, all) => polygons[index] && all.indexOf(index) === at);
    setBusy(true);
    let wrong = "";
    for (const index of order) {
      const polygon = writeGeoJson([polygons[index]]).features[0].geometry;
      const { told, problem: said } = await call("/api/v1/farms/split", "POST", { polygon, line: draft });
      if (told) {
        const parts = told.flatMap(polygonsOf).map((part) => ({ ...part, label: polygons[index].label }));
        change([...polygons.slice(0, index), ...parts, ...polygons.slice(index + 1)], index);
        setBusy(false);
        pick("edit");
        return;
      }
      wrong = said;
    }
    setBusy(false);
    setDraft([]);
    setProblem(wrong || "Draw an area first.");
  };

  const drawCircle = async (lat, lon, radius) => {
    setBusy(true);
    const { told, problem: wrong } = await call("/api/v1/farms/circle", "POST", { lat, lon, radius_m: radius });
    setBusy(false);
    if (!told) {
      setProblem(wrong.replace("The area", "The radius"));
      return;
    }
    change([...polygons, ...polygonsOf(told)], polygons.length);
    setCircle(null);
    setFramed((now) => now + 1);
    pick("edit");
  };

  const removeCorner = (index) => {
    const polygon = polygons[chosen];
    if (!polygon || polygon.ring.length <= 3) return;
    change(polygons.map((one, at) => (at === chosen ? { ...one, ring: one.ring.filter((_, place) => place !== index) } : one)));
  };

  const includeNear = () => {
    let next = polygons;
    for (const { lon, lat } of preview.near) {
      const away = next.map(({ ring }) => nearestEdge(ring, [lon, lat]).away);
      const nearest = away.indexOf(Math.min(...away));
      next = next.map((one, at) => (at === nearest ? { ...one, ring: reachOut(one.ring, [lon, lat]) } : one));
    }
    change(next);
  };

  const bringIn = async (file) => {
    let document = null;
    try {
      document = JSON.parse(await file.text());
    } catch {
      setProblem(`${file.name} is no JSON file.`);
      return;
    }
    setBusy(true);
    const { problem: wrong } = await call(`${url}/preview`, "POST", document);
    setBusy(false);
    if (wrong) setProblem(`${file.name}: ${wrong}`);
    else {
      change(polygonsOf(document).map((one) => ({ ...one, label: one.label ?? "" })), 0);
      setFramed((now) => now + 1);
      pick("edit");
    }
  };

  const save = async () => {
    setBusy(true);
    const { told, problem: wrong } = polygons.length ? await call(url, "PUT", writeGeoJson(polygons)) : await call(url, "DELETE");
    setBusy(false);
    if (wrong) setProblem(wrong);
    else setSteps([polygons]);
    return wrong ? null : { scans: told?.placing?.scans ?? 0 };
  };

  return {
    polygons, chosen, corner, tool, draft, circle, preview, problem, busy, framed,
    dirty: steps.length > 1,
    fresh: preview?.of === polygons,
    start, change, pick, close, cut, drawCircle, removeCorner, includeNear, bringIn, save,
    setDraft, setCircle, setProblem,
    choose: (index, at = -1) => {
      setChosen(index);
      setCorner(at);
    },
    relabel: (index, label) => change(polygons.map((one, at) => (at === index ? { ...one, label } : one))),
    remove: (index) => change(polygons.filter((_, at) => at !== index), 0),
    undo: () => {
      if (draft.length) setDraft(draft.slice(0, -1));
      else setSteps((now) => (now.length > 1 ? now.slice(0, -1) : now));
      setCorner(-1);
    },
    mayUndo: draft.length > 0 || steps.length > 1,
  };
}
