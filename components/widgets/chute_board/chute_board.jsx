/* A scanning day: the barn sheet in chute order, each animal's captures beside it, and the captures that show nobody yet.
 *
 * A capture is dragged onto an animal with the mouse or a finger, or picked (press, Enter) and put (press, Enter):
 * arrows walk between captures and, while one is picked, between animals; Escape puts it back.
 *
 * Props:  sessionId, version (changes when there is something new to read), closed (nothing may be changed), zone
 * Events: onChange()  something was matched or taken apart */
import { useCallback, useEffect, useRef, useState } from "react";
import { request } from "$/public/external/components/widgets/api/api/api.js";
import "$/public/external/components/widgets/chute_board/chute_board/chute_board.css";

const FAR_PX = 6;
const HOW = { rfid: "by RFID", tag: "by tag", order: "by order", person: "by hand" };
const LOST = "The server could not be reached. Try again when the network is back.";
const TYPING = "input, textarea, select, [contenteditable]";

const clock = (at, zone) =>
  new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: zone || "UTC" }).format(new Date(at));
const named = (line) => line.tag_id || line.rfid || "no tag";

async function call(path, body) {
  const options = body ? { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" } } : {};
  const answer = await request(path, options).catch(() => null);
  if (!answer) return { problem: LOST };
  const told = answer.status === 204 ? {} : await answer.json().catch(() => ({}));
  return answer.ok ? { told } : { problem: told.detail || LOST };
}

function Capture({ capture, zone, picked, closed, onPick, onGrab }) {
  const label = `Capture ${clock(capture.captured_at, zone)}${capture.tag_id ? `, tag ${capture.tag_id}` : ""}`;
  return (
    <button type="button" className="chute-capture" data-capture={capture.id} aria-pressed={picked} disabled={closed} aria-label={label}
      onClick={() => onPick(capture.id)} onPointerDown={(event) => onGrab(event, capture.id)}>
      {capture.thumb_url ? <img src={capture.thumb_url} alt="" draggable={false} loading="lazy" /> : <span className="chute-blank" />}
      <span className="chute-time">{clock(capture.captured_at, zone)}</span>
      <span className="chute-how">{capture.how ? HOW[capture.how] : capture.tag_id ? `tag ${capture.tag_id}` : "no name"}</span>
    </button>
  );
}

function Line({ line, captures, target, picking, onPut, children }) {
  const facts = [line.sex, line.weight_kg && `${line.weight_kg} kg`, line.group_code, line.diet_code].filter(Boolean).join(" · ");
  return (
    <li className={`chute-line${target ? " chute-target" : ""}`} data-line={line.id}>
      <button type="button" className="chute-animal" data-put={line.id} disabled={!picking} onClick={() => onPut(line.id)}
        aria-label={`${line.position}, tag ${named(line)}${captures.length ? "" : ", no image"}`}>
        <span className="chute-place">{line.position}</span>
        <span className="chute-who">
          <b>{named(line)}</b>
          <small>{facts}</small>
          {line.remarks ? <small>{line.remarks}</small> : null}
          {line.warnings.map((warning) => <small key={warning} className="chute-warning">{warning}</small>)}
        </span>
      </button>
      <span className="chute-shown">{captures.length ? children : <span className="chute-missing">{picking ? "Put it here" : "No image"}</span>}</span>
    </li>
  );
}

export function ChuteBoard({ sessionId, version = "", closed = false, zone = "UTC", onChange }) {
  const board = useRef(null);
  const grab = useRef(null);
  const turns = useRef(0);
  const [day, setDay] = useState(null);
  const [picked, setPicked] = useState("");
  const [target, setTarget] = useState("");
  const [problem, setProblem] = useState("");

  const read = useCallback(async () => {
    if (!sessionId) return;
    const turn = ++turns.current;
    const { told, problem: wrong } = await call(`/api/v1/scan-sessions/${sessionId}`);
    if (turn !== turns.current) return; /* asked again meanwhile: an older answer must not come after a newer one */
    if (told) setDay(told);
    setProblem(wrong ?? "");
  }, [sessionId]);
  useEffect(() => void read(), [read, version]);

  const act = async (what, body) => {
    setPicked("");
    const { problem: wrong } = await call(`/api/v1/scan-sessions/${sessionId}/${what}`, body);
    if (wrong) setProblem(wrong);
    await read();
    onChange();
  };
  const put = (scanId, lineId) => act("match", { scan_id: scanId, line_id: lineId });
  const free = (scanId) => act("unmatch", { scan_id: scanId });
  const pick = (id) => !grab.current?.moved && setPicked((now) => (now === id ? "" : id));

  const placeAt = (event) => {
    const under = document.elementFromPoint(event.clientX, event.clientY);
    return { line: under?.closest("[data-line]")?.dataset.line ?? "", tray: Boolean(under?.closest("[data-tray]")) };
  };
  const onGrab = (event, id) => {
    if (event.button || closed) return;
    const box = event.currentTarget;
    grab.current = { id, box, x: event.clientX, y: event.clientY, moved: false };
    box.setPointerCapture(event.pointerId);
    const move = (step) => {
      const held = grab.current;
      const [dx, dy] = [step.clientX - held.x, step.clientY - held.y];
      if (!held.moved && Math.hypot(dx, dy) < FAR_PX) return;
      held.moved = true;
      box.classList.add("chute-held");
      box.style.transform = `translate(${dx}px, ${dy}px)`;
      setTarget(placeAt(step).line);
    };
    const end = (last) => {
      for (const [name, hear] of [["pointermove", move], ["pointerup", end], ["pointercancel", end]]) box.removeEventListener(name, hear);
      const held = grab.current;
      const place = last.type === "pointerup" && held.moved ? placeAt(last) : {};
      box.classList.remove("chute-held");
      box.style.transform = "";
      setTarget("");
      const was = day.captures.find((capture) => capture.id === id)?.line_id;
      if (place.line && place.line !== was) put(id, place.line);
      else if (place.tray && was) free(id);
      setTimeout(() => { grab.current = null; }); /* the click that follows a drag is none */
    };
    for (const [name, hear] of [["pointermove", move], ["pointerup", end], ["pointercancel", end]]) box.addEventListener(name, hear);
  };

  const walk = (event) => {
    if (event.target.closest(TYPING) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" && picked) return setPicked("");
    if ((event.key === "Delete" || event.key === "Backspace") && event.target.dataset.capture && !closed) {
      event.preventDefault();
      return free(event.target.dataset.capture);
    }
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const stops = [...board.current.querySelectorAll(picked ? "[data-put]" : "[data-capture]")];
    const at = stops.indexOf(document.activeElement);
    stops[at < 0 ? 0 : Math.max(0, Math.min(stops.length - 1, at + step))]?.focus();
    event.preventDefault();
    event.stopPropagation();
  };

  if (!day) return <div aria-busy="true" aria-label="Loading" className="chute-board">{problem ? <p role="alert">{problem}</p> : null}</div>;
  const of = (lineId) => day.captures.filter((capture) => capture.line_id === lineId);
  const surplus = of(null);
  const cards = (captures) =>
    captures.map((capture) => <Capture key={capture.id} capture={capture} zone={zone} picked={picked === capture.id} closed={closed} onPick={pick} onGrab={onGrab} />);
  return (
    <div ref={board} className="chute-board" onKeyDown={walk}>
      {problem ? <p role="alert" className="chute-problem">{problem}</p> : null}
      <section aria-label="Barn sheet in chute order" className="chute-sheet">
        <h2>Barn sheet<span>{day.lines.length}</span></h2>
        <ol>
          {day.lines.map((line) => (
            <Line key={line.id} line={line} captures={of(line.id)} target={target === line.id} picking={Boolean(picked)} onPut={(id) => put(picked, id)}>
              {cards(of(line.id))}
            </Line>
          ))}
        </ol>
        {day.lines.length ? null : <p className="chute-none">The sheet is empty. Import a barn sheet, or add animals one by one.</p>}
      </section>
      <section aria-label="Captures without an animal" className="chute-tray" data-tray="">
        <h2>Without an animal<span>{surplus.length}</span></h2>
        <p className="chute-hint">{closed ? "The session is closed." : picked ? "Choose the animal it shows. Esc puts it back." : "Drag a capture onto its animal, or choose it with Enter and then the animal. Delete takes it off again."}</p>
        <div className="chute-captures">{cards(surplus)}</div>
        {surplus.length ? null : <p className="chute-none">{day.captures.length ? "Every capture shows an animal of the sheet." : "No capture of these days has arrived from this farm yet."}</p>}
      </section>
    </div>
  );
}
