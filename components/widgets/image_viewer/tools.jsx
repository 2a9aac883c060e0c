/* The tools around the image: zoom, outlines, and looking: hand, caliper, adjusting, taking along.
 *
 * ZoomTools   camera, disabled
 * LayerTools  layers, contours, hidden, setHidden, fill, setFill
 * LookTools   stage, scale (units.js), look, setLook, cross, setCross, taken (what downloads are made of), sharp,
 *             onEdit (null: may not) */
import Crosshair from "lucide-react/dist/esm/icons/crosshair.mjs";
import Download from "lucide-react/dist/esm/icons/download.mjs";
import Hand from "lucide-react/dist/esm/icons/hand.mjs";
import PencilLine from "lucide-react/dist/esm/icons/pencil-line.mjs";
import Ruler from "lucide-react/dist/esm/icons/ruler.mjs";
import Sliders from "lucide-react/dist/esm/icons/sliders-horizontal.mjs";
import { useEffect, useRef, useState } from "react";
import { isChanged } from "$/public/external/components/widgets/image_viewer/image_viewer/adjust.js";
import { Adjust } from "$/public/external/components/widgets/image_viewer/image_viewer/adjust.jsx";
import { caliper } from "$/public/external/components/widgets/image_viewer/image_viewer/caliper.js";
import { DOWNLOADS, download } from "$/public/external/components/widgets/image_viewer/image_viewer/download.js";
import { scaleBar } from "$/public/external/components/widgets/image_viewer/image_viewer/geometry.js";
import { Slider, Tool } from "$/public/external/components/widgets/image_viewer/image_viewer/tool.jsx";

const UNREADABLE = "This browser may not read the image: the store does not allow it. Ask your administrator.";

export function ZoomTools({ camera, disabled }) {
  return (
    <div className="viewer-tools viewer-top" role="group" aria-label="Zoom">
      <Tool label="Zoom out" text="−" keys="-" disabled={disabled} onClick={camera.zoomOut} />
      <output className="viewer-percent" aria-live="polite" aria-label="Zoom">{camera.percent ? `${camera.percent} %` : "–"}</output>
      <Tool label="Zoom in" text="+" keys="Plus =" disabled={disabled} onClick={camera.zoomIn} />
      <Tool label="Fit to the window" text="Fit" hint="0" keys="0" disabled={disabled} onClick={camera.fit} />
      <Tool label="Native resolution, 100 %" text="1:1" hint="1" keys="1" disabled={disabled} onClick={camera.native} />
    </div>
  );
}

export function LayerTools({ layers, contours, hidden, setHidden, fill, setFill }) {
  if (!layers.length) return null;
  const flip = (name) => setHidden((now) => ({ ...now, [name]: !now[name] }));
  return (
    <div className="viewer-tools viewer-bottom" role="group" aria-label="Overlays">
      {layers.map(({ name, label, color, key, hint }) => (
        <Tool key={name} label={contours[name] === null ? `${label} could not be read` : label} hint={hint} keys={key} on={!hidden[name]} disabled={!contours[name]} onClick={() => flip(name)}>
          <span className="viewer-swatch" style={{ background: color }} />
          {label}
        </Tool>
      ))}
      <Slider label="Fill" name="Opacity of the overlays" min="0" max="0.6" step="0.05" value={fill} onChange={setFill} />
    </div>
  );
}

/* The caliper and its length in words; it has the presses while `active`. */
function useCaliper(stage, scale, active) {
  const [length, setLength] = useState("");
  const now = useRef(scale);
  now.current = scale;
  const tool = useRef(null);
  tool.current ??= caliper(stage, () => now.current, setLength);
  useEffect(() => {
    stage.mark("caliper", tool.current.draw);
    return () => stage.mark("caliper", null);
  }, []);
  useEffect(() => {
    stage.take(active ? tool.current.hand : null);
    return () => stage.take(null);
  }, [active]);
  return { length, draw: tool.current.draw, clear: tool.current.clear };
}

export function LookTools({ stage, scale, look, setLook, cross, setCross, taken, sharp, onEdit }) {
  const [measuring, setMeasuring] = useState(false);
  const [panel, setPanel] = useState("");
  const line = useCaliper(stage, scale, measuring);
  const open = (name) => setPanel((now) => (now === name ? "" : name));
  const hand = () => {
    setMeasuring(false);
    line.clear();
  };
  const take = async (kind) => {
    setPanel("");
    const bar = taken.mmPerPx ? scaleBar(taken.mmPerPx, taken.size.width / 4) : null;
    await download(kind, { ...taken, bar, marks: [line.draw] }).catch(() =>
      window.dispatchEvent(new CustomEvent("cti:toast", { detail: { tone: "danger", text: UNREADABLE } })));
  };
  return (
    <>
      <div className="viewer-tools viewer-start" role="group" aria-label="Tools" data-measuring={measuring}>
        <Tool label="Move the image" text="Pan" icon={Hand} hint="V" keys="V" on={!measuring} onClick={hand} />
        <Tool label="Caliper" icon={Ruler} hint="C" keys="C" on={measuring} onClick={() => (measuring ? hand() : setMeasuring(true))} />
        <Tool label="Crosshair" icon={Crosshair} hint="H" keys="H" on={cross} disabled={!sharp} onClick={() => setCross(!cross)} />
        {onEdit ? <Tool label="Correct the outline" text="Correct" icon={PencilLine} hint="E" keys="E" onClick={onEdit} /> : null}
        <Tool label="Adjust" icon={Sliders} hint="I" keys="I" on={panel === "adjust" || isChanged(look)} aria-expanded={panel === "adjust"} onClick={() => open("adjust")} />
        <Tool label="Take along" text="Save" icon={Download} hint="W" keys="W" disabled={!sharp} aria-expanded={panel === "download"} onClick={() => open("download")} />
      </div>
      <output className="viewer-length" aria-label="Caliper">{measuring ? line.length || "Drag between two points" : ""}</output>
      {panel === "adjust" ? <Adjust {...{ look, setLook }} /> : null}
      {panel === "download" ? (
        <div className="viewer-panel" role="group" aria-label="Take along">
          {Object.entries(DOWNLOADS).map(([kind, label]) => <Tool key={kind} label={label} className="viewer-choice" onClick={() => take(kind)} />)}
        </div>
      ) : null}
    </>
  );
}
