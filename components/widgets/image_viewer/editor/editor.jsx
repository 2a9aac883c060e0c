/* The mask editor: draws over the viewer's image, measures while one draws, and saves a new version beside the others.
 *
 * Props:  stage (camera.js), scanId, baseId, size, calibration (null: pixels only), units, fill, setFill
 * Events: onSaved(resultId), onLeave()
 *
 * Leaving with unsaved work asks; so does saving what somebody else has corrected meanwhile, or is correcting. */
import Brush from "lucide-react/dist/esm/icons/brush.mjs";
import Check from "lucide-react/dist/esm/icons/check.mjs";
import Eraser from "lucide-react/dist/esm/icons/eraser.mjs";
import Eye from "lucide-react/dist/esm/icons/eye.mjs";
import Hand from "lucide-react/dist/esm/icons/hand.mjs";
import PaintBucket from "lucide-react/dist/esm/icons/paint-bucket.mjs";
import Redo from "lucide-react/dist/esm/icons/redo-2.mjs";
import Spline from "lucide-react/dist/esm/icons/spline.mjs";
import Undo from "lucide-react/dist/esm/icons/undo-2.mjs";
import X from "lucide-react/dist/esm/icons/x.mjs";
import { useEffect, useRef, useState } from "react";
import { useBlocker } from "react-router";
import { Ask } from "$/public/external/components/widgets/image_viewer/editor/editor/ask.jsx";
import { FAT, RIBEYE, useDrawing } from "$/public/external/components/widgets/image_viewer/editor/editor/drawing.js";
import { hold } from "$/public/external/components/widgets/image_viewer/editor/editor/hold.js";
import { save } from "$/public/external/components/widgets/image_viewer/editor/editor/save.js";
import { Slider, Tool } from "$/public/external/components/widgets/image_viewer/image_viewer/tool.jsx";
import { words } from "$/public/external/components/widgets/image_viewer/image_viewer/units.js";
import "$/public/external/components/widgets/image_viewer/editor/editor/editor.css";

const STEP = 1.25;
const TOOLS = [
  ["brush", "Brush", Brush, "B"],
  ["eraser", "Eraser", Eraser, "X"],
  ["contour", "Contour: drag it, or draw round an area", Spline, "N"],
  ["fill", "Fill a closed area", PaintBucket, "G"],
  ["pan", "Move the image", Hand, "V"],
];
const SHORT = { contour: "Contour", fill: "Fill", pan: "Pan" };
const NAMES = { [RIBEYE]: "Ribeye", [FAT]: "Fat" };
const SWATCH = { [RIBEYE]: "var(--layer-correction)", [FAT]: "var(--layer-fat)" };

const say = (text, tone = "warning") => window.dispatchEvent(new CustomEvent("cti:toast", { detail: { tone, text } }));

/* Keys that no button can carry: held down, or with Ctrl. The page's own keys take the rest. */
function useKeys(drawing, leave) {
  const now = useRef({});
  now.current = { drawing, leave };
  useEffect(() => {
    const down = (event) => {
      const { drawing: drawn, leave: away } = now.current;
      if (document.querySelector("dialog[open]") || event.target.closest?.("textarea, [contenteditable]")) return;
      const control = event.ctrlKey || event.metaKey;
      const key = event.key.toLowerCase();
      const act = {
        "[": !control && (() => drawn.grow(1 / STEP)),
        "]": !control && (() => drawn.grow(STEP)),
        escape: !control && away,
        z: control && (event.shiftKey ? drawn.redo : drawn.undo),
        y: control && drawn.redo,
      }[key];
      if (!act) return;
      event.preventDefault();
      act();
    };
    document.addEventListener("keydown", down, true);
    return () => document.removeEventListener("keydown", down, true);
  }, []);
}

/* Leaving the page by a link, by going back, or by closing the window. */
function useGuard(changed) {
  const blocker = useBlocker(({ currentLocation, nextLocation }) => changed && currentLocation.pathname !== nextLocation.pathname);
  useEffect(() => {
    if (!changed) return undefined;
    const warn = (event) => event.preventDefault();
    window.addEventListener("beforeunload", warn);
    return () => window.removeEventListener("beforeunload", warn);
  }, [changed]);
  return blocker;
}

function useHold(scanId) {
  const [other, setOther] = useState("");
  useEffect(() => hold(scanId, setOther), [scanId]);
  return other;
}

function Reading({ reading, ready, units }) {
  if (!ready) return <output className="viewer-reading" aria-label="Measured while drawing">Opening…</output>;
  const area = reading && (reading.reaCm2 === null ? words(reading.areaPx, "px", units) : words(reading.reaCm2, "cm²", units));
  const fat = reading && (reading.backfatMm === null ? words(reading.backfatPx, "px", units) : words(reading.backfatMm, "mm", units));
  return (
    <output className="viewer-reading" aria-label="Measured while drawing" aria-live="off">
      <span><small>Area</small> <b data-measure="area">{area || "–"}</b></span>
      <span><small>Backfat</small> <b data-measure="backfat">{fat || "–"}</b></span>
    </output>
  );
}

function DrawingTools({ drawing }) {
  const { tool, choose, value, setValue, radius, largest, resize } = drawing;
  return (
    <div className="viewer-tools viewer-start" role="group" aria-label="Drawing">
      {TOOLS.map(([name, label, icon, key]) => (
        <Tool key={name} label={label} text={SHORT[name]} icon={icon} hint={key} keys={key} on={tool === name} onClick={() => choose(name)} />
      ))}
      <Tool label={`Draws ${NAMES[value].toLowerCase()}: change to ${value === RIBEYE ? "fat" : "ribeye"}`} hint="T" keys="T" className="viewer-class" onClick={() => setValue(value === RIBEYE ? FAT : RIBEYE)}>
        <span className="viewer-swatch" style={{ background: SWATCH[value] }} />
        {NAMES[value]}
      </Tool>
      {tool === "brush" || tool === "eraser" ? (
        <>
          <Slider label="Size" name="Size of the brush" min="1" max={largest} value={radius} onChange={resize} />
          <kbd className="viewer-hint" aria-hidden="true">[ ]</kbd>
        </>
      ) : null}
    </div>
  );
}

/* What is asked before something is lost or laid over somebody's work: "leave", "other" or { overtaken }. */
function Question({ asked, other, wish, keep, lose, stay }) {
  const back = { back: "Go on drawing", onClose: stay };
  if (asked === "leave") {
    const acts = [{ label: "Leave without saving", run: lose, kind: "danger" }, { label: "Save", run: wish, kind: "primary" }];
    return <Ask key="leave" title="The drawing is not saved" text="What you drew on this image will be lost." acts={acts} {...back} />;
  }
  if (asked === "other") {
    const acts = [{ label: "Save mine", run: () => keep(false), kind: "primary" }];
    const text = "Yours will be a version of its own. The one saved last is what counts.";
    return <Ask key="other" title={`${other} is correcting this image, too`} text={text} acts={acts} {...back} />;
  }
  if (!asked) return null;
  const acts = [{ label: "Save as a further version", run: () => keep(true), kind: "primary" }];
  return <Ask key="overtaken" title="Corrected while you were drawing" text={asked.overtaken} acts={acts} {...back} />;
}

export default function Editor({ stage, scanId, baseId, size, calibration, units, fill, setFill, onLeave, onSaved }) {
  const [hidden, setHidden] = useState(false);
  const [question, setQuestion] = useState(null);
  const [busy, setBusy] = useState(false);
  const drawing = useDrawing({ stage, scanId, baseId, size, calibration, opacity: fill, hidden });
  const other = useHold(scanId);
  const blocker = useGuard(drawing.changed && !busy);
  const leave = () => (drawing.changed ? setQuestion("leave") : onLeave());
  useKeys(drawing, leave);
  useEffect(() => {
    if (!drawing.failed) return;
    say("The outline could not be opened. Try again in a moment.", "danger");
    onLeave();
  }, [drawing.failed]);

  const keep = async (further) => {
    setQuestion(null);
    setBusy(true);
    const { resultId, overtaken, problem } = await save(scanId, drawing.mask, drawing.base, further);
    setBusy(false);
    if (problem) say(problem);
    if (overtaken) setQuestion({ overtaken });
    if (!resultId) return;
    drawing.saved();
    onSaved?.(resultId);
    if (blocker.state === "blocked") blocker.proceed();
    else onLeave();
  };
  const wish = () => {
    if (!drawing.reading) say("There is no ribeye in the drawing yet.");
    else if (other) setQuestion("other");
    else keep(false);
  };
  const stay = () => {
    setQuestion(null);
    if (blocker.state === "blocked") blocker.reset();
  };
  const lose = () => (blocker.state === "blocked" ? blocker.proceed() : onLeave());
  const asked = question ?? (blocker.state === "blocked" ? "leave" : null);

  return (
    <>
      <DrawingTools drawing={drawing} />
      <div className="viewer-tools viewer-bottom viewer-keep" role="group" aria-label="Correction">
        <Reading reading={drawing.reading} ready={drawing.ready} units={units} />
        <Tool label="Show the drawing" text="Drawing" icon={Eye} hint="space" keys="Space" on={!hidden} onClick={() => setHidden(!hidden)} />
        <Slider label="Fill" name="Opacity of the drawing" min="0" max="0.6" step="0.05" value={fill} onChange={setFill} />
        <Tool label="Undo" icon={Undo} hint="Z" keys="Z" disabled={!drawing.steps.undo} onClick={drawing.undo} />
        <Tool label="Redo" icon={Redo} hint="Y" keys="Y" disabled={!drawing.steps.redo} onClick={drawing.redo} />
        <Tool label="Leave the editor" text="Leave" icon={X} hint="Esc" onClick={leave} />
        <Tool label="Save the correction" text="Save" icon={Check} hint="S" keys="S" className="viewer-save" disabled={!drawing.changed || busy} onClick={wish} />
      </div>
      {other ? <p className="viewer-other" role="status">{`${other} is correcting this image, too. You can look and draw; saving asks first.`}</p> : null}
      <Question asked={asked} other={other} {...{ wish, keep, lose, stay }} />
    </>
  );
}
