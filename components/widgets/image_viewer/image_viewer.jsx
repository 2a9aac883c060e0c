/* The image viewer: one capture at its native resolution, as large as the window allows, with outlines over it.
 *
 * Props:  scanId, alt
 *         images    { image, preview, next, ttl_s }  signed addresses (next: the image to fetch ahead), how long they live
 *         layers    [{ name, label, color, key, hint, of, url | corners, open, text }]  outlines: masks as PNG, or corners
 *                   in pixels of the image (`open`: a line, `text` what it measures); key toggles one, `of` says whose
 *                   it is
 *         width, height  of the image in pixels, when known: the shape of the skeleton
 *         mmPerPx   millimetres per image pixel, 0 when not calibrated
 *         calibration  { mm_per_px_x, mm_per_px_y }, empty where nobody knows; left out: square pixels of mmPerPx
 *         fileName, model  what downloads are called after: the tag or capture, and whose outlines lie over it
 *         units     "metric" or "imperial", of what is measured here
 *         mayEdit   the person may correct the outline: E opens the editor
 *         baseId    the result that is corrected; empty for the one that counts
 *         children  what stands in place of an image that does not exist yet
 * Events: onSaved(resultId)    a correction was saved
 *         onEditing(boolean)   the editor was opened or left
 * Keys stand on the buttons (aria-keyshortcuts) and are pressed by the page's Keys widget; the arrows pan a zoomed
 * image while it has the focus. While the editor is open the page's other keys rest (data-keys-only). */
import { Suspense, lazy, useEffect, useId, useRef, useState } from "react";
import { AS_IT_IS, isChanged } from "$/public/external/components/widgets/image_viewer/image_viewer/adjust.js";
import { AdjustFilter } from "$/public/external/components/widgets/image_viewer/image_viewer/adjust.jsx";
import { useCamera } from "$/public/external/components/widgets/image_viewer/image_viewer/camera.js";
import { useAhead, useContours, useImage } from "$/public/external/components/widgets/image_viewer/image_viewer/sources.js";
import { lengthScale } from "$/public/external/components/widgets/image_viewer/image_viewer/units.js";
import { LayerTools, LookTools, ZoomTools } from "$/public/external/components/widgets/image_viewer/image_viewer/tools.jsx";
import { Values } from "$/public/external/components/widgets/image_viewer/image_viewer/values.jsx";
import "$/public/external/components/widgets/image_viewer/image_viewer/image_viewer.css";

const FILL = 0.15;
const Editor = lazy(() => import("$/public/external/components/widgets/image_viewer/editor/editor/editor.jsx"));

function Problem({ problem, retry }) {
  return (
    <div className="viewer-problem" role="alert">
      <strong>{problem.title}</strong>
      <p>{problem.text}</p>
      <button type="button" className="viewer-tool viewer-retry" onClick={retry}>Try again</button>
    </div>
  );
}

function ScaleBar({ bar }) {
  return (
    <div className="viewer-bar" role="img" aria-label={`Scale: the bar is ${bar.label} long`}>
      <span>{bar.label}</span>
      <i style={{ width: bar.width_px }} />
    </div>
  );
}

/* Pixels of images that say nothing about their size are told as pixels. */
const calibrated = (given, mmPerPx) => {
  if (given) return given.mm_per_px_x && given.mm_per_px_y ? given : null;
  return mmPerPx ? { mm_per_px_x: mmPerPx, mm_per_px_y: mmPerPx } : null;
};

/* The editor belongs to the scan it was opened on. */
function useEditing(scanId, onEditing) {
  const [editing, setEditing] = useState("");
  const edit = (on) => {
    setEditing(on ? scanId : "");
    onEditing?.(on);
    if (!on) document.activeElement?.blur(); // the arrows are the page's again
  };
  useEffect(() => {
    if (editing && editing !== scanId) edit(false);
  }, [scanId]);
  return [editing === scanId && Boolean(scanId), edit];
}

export function ImageViewer({
  scanId, alt, images = {}, layers = [], width = 0, height = 0, mmPerPx = 0, calibration = null, fileName = "",
  model = "", units = "metric", mayEdit = false, baseId = "", onSaved, onEditing, children,
}) {
  const [surface, image, over] = [useRef(null), useRef(null), useRef(null)];
  const filter = useId();
  const [hidden, setHidden] = useState({});
  const [fill, setFill] = useState(FILL);
  const [look, setLook] = useState(AS_IT_IS);
  const [cross, setCross] = useState(false);
  const [editing, edit] = useEditing(scanId, onEditing);
  const { source, sharp, problem, retry, original } = useImage(scanId, images);
  const contours = useContours(scanId, layers);
  useAhead(images.next, sharp);

  const picture = source?.picture;
  const own = sharp || !width ? { width: picture?.naturalWidth, height: picture?.naturalHeight } : { width, height };
  const shown = layers.filter(({ name }) => contours[name] && !hidden[name]);
  const outlines = shown.map(({ name, color, text }) => ({ color, text, contour: contours[name] }));
  const scene = source ? { key: scanId, source, size: own, layers: outlines, opacity: editing ? 0 : fill, mmPerPx } : null;
  const camera = useCamera(surface, image, over, scene);
  const pixel = calibrated(calibration, mmPerPx);
  const state = problem ? "failed" : sharp ? "sharp" : images.image ? "loading" : "absent";
  const data = { "data-state": state, "data-width": picture?.naturalWidth, "data-height": picture?.naturalHeight, "data-layers": shown.map(({ name }) => name).join(" ") };
  const taken = { url: original(), source, size: own, layers: outlines, opacity: fill, look, fileName, model, mmPerPx };

  return (
    <div className="viewer" aria-busy={state === "loading"} data-editing={editing || undefined} data-keys-only={editing ? "" : undefined} {...data}>
      <div ref={surface} className="viewer-surface" tabIndex={0} role="group" aria-label="Image: drag to move it, scroll or pinch to zoom" data-zoomed={camera.zoomed}>
        <canvas ref={image} role="img" aria-label={alt} style={isChanged(look) ? { filter: `url(#${CSS.escape(filter)})` } : {}} />
        <canvas ref={over} className="viewer-over" aria-hidden="true" />
        {state === "loading" && !picture ? <div className="viewer-skeleton" style={{ aspectRatio: width && height ? `${width} / ${height}` : "4 / 3" }} /> : null}
      </div>
      <AdjustFilter id={filter} look={look} />
      {state === "loading" && picture ? <div className="viewer-progress" role="status"><span>Sharpening</span></div> : null}
      {problem ? <Problem problem={problem} retry={retry} /> : null}
      {state === "absent" ? <div className="viewer-problem">{children}</div> : null}
      <ZoomTools camera={camera} disabled={!picture} />
      {editing && sharp ? (
        <Suspense fallback={null}>
          <Editor key={scanId} stage={camera.stage} size={own} calibration={pixel} {...{ scanId, baseId, units, fill, setFill }} onLeave={() => edit(false)} onSaved={onSaved} />
        </Suspense>
      ) : (
        <>
          {picture ? <LookTools key={scanId} stage={camera.stage} scale={lengthScale(pixel, units)} {...{ look, setLook, cross, setCross, taken, sharp }} onEdit={mayEdit && sharp ? () => edit(true) : null} /> : null}
          <LayerTools {...{ layers, contours, hidden, setHidden, fill, setFill }} />
        </>
      )}
      {sharp ? <Values stage={camera.stage} source={source} size={own} scale={lengthScale(pixel, units)} cross={cross} /> : null}
      {camera.bar ? <ScaleBar bar={camera.bar} /> : null}
    </div>
  );
}
