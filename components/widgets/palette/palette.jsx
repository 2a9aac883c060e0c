/* The command palette: type a few letters, go to a page, a scan, an animal, a device or a farm, or press a control of
 * the page one is on.
 *
 * Props:  pages [{label, path}], paths {kind: "/…{id}"}
 * Events: onClose()
 *
 * A combobox as ARIA describes it: the focus stays in the field, the arrows choose, Enter goes. What the page offers is
 * read from the controls that carry a key (aria-keyshortcuts), so there is no second list to keep. */
import { useEffect, useMemo, useRef, useState } from "react";
import { useNavigate } from "react-router";
import { request } from "$/public/external/components/widgets/api/api/api.js";
import "$/public/external/components/widgets/palette/palette/palette.css";

const PAUSE_MS = 120;
const LEAST = 2;
const HEADINGS = { page: "Pages", act: "On this page", animal: "Animals", scan: "Scans", farm: "Farms", device: "Devices" };

const nameOf = (control) =>
  control.getAttribute("aria-label") ||
  [...control.childNodes].filter((node) => node.nodeName !== "KBD").map((node) => node.textContent).join("").trim();

function controls() {
  const all = [...document.querySelectorAll("button[aria-keyshortcuts], a[aria-keyshortcuts]")];
  return all
    .filter((one) => !one.disabled && (one.checkVisibility?.() ?? true))
    .map((one) => ({ kind: "act", title: nameOf(one), detail: one.getAttribute("aria-keyshortcuts"), run: () => one.click() }))
    .filter((one) => one.title);
}

function useHits(text) {
  const [hits, setHits] = useState([]);
  const [state, setState] = useState("");
  useEffect(() => {
    if (text.length < LEAST) {
      setHits([]);
      setState("");
      return undefined;
    }
    const stop = new AbortController();
    const timer = setTimeout(async () => {
      setState("busy");
      try {
        const answer = await request(`/api/v1/search?q=${encodeURIComponent(text)}`, { signal: stop.signal });
        if (!answer.ok) throw new Error(String(answer.status));
        setHits((await answer.json()).items);
        setState("");
      } catch (error) {
        if (error.name !== "AbortError") setState("failed");
      }
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [text]);
  return [hits, state];
}

export function Palette({ pages, paths, onClose }) {
  const box = useRef(null);
  const go = useNavigate();
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const acts = useMemo(controls, []);
  const [hits, state] = useHits(text.trim());
  useEffect(() => {
    box.current.showModal();
  }, []);
  const wanted = text.trim().toLowerCase();
  const local = [...pages.map((page) => ({ kind: "page", title: page.label, detail: "", to: page.path })), ...acts].filter((one) =>
    one.title.toLowerCase().includes(wanted),
  );
  const found = hits.map((hit) => ({ ...hit, to: (paths[hit.kind] || "").replace("{id}", hit.id).replace("{title}", encodeURIComponent(hit.title)) }));
  const items = [...found, ...local];
  const chosen = Math.min(at, items.length - 1);
  const close = () => {
    box.current?.close();
    onClose();
  };
  const take = (item) => {
    close();
    if (item.run) item.run();
    else if (item.to) go(item.to);
  };
  const press = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && items.length) setAt((chosen + step + items.length) % items.length);
    else if (event.key === "Enter" && items[chosen]) take(items[chosen]);
    else return;
    event.preventDefault();
  };
  useEffect(() => {
    document.getElementById(`palette-${chosen}`)?.scrollIntoView({ block: "nearest" });
  }, [chosen]);
  const type = (event) => {
    setText(event.target.value);
    setAt(0);
  };
  const outside = (event) => event.target === box.current && close();
  const cancel = (event) => {
    event.preventDefault();
    close();
  };
  return (
    <dialog ref={box} className="palette" aria-label="Search" onClick={outside} onCancel={cancel}>
      <div>
        <div className="palette-head">
          <input
            type="text"
            role="combobox"
            aria-label="Search scans, tags, devices, pages"
            aria-expanded="true"
            aria-controls="palette-list"
            aria-activedescendant={items.length ? `palette-${chosen}` : undefined}
            placeholder="Search scans, tags, devices, pages"
            autoComplete="off"
            spellCheck={false}
            maxLength={100}
            autoFocus
            value={text}
            onChange={type}
            onKeyDown={press}
          />
          <button type="button" onClick={close}>Close</button>
        </div>
        <div id="palette-list" role="listbox" aria-label="Found">
          {items.map((item, number) => (
            <div key={`${item.kind}-${item.id || item.title}-${number}`} role="presentation">
              {number === 0 || items[number - 1].kind !== item.kind ? <h3 aria-hidden="true">{HEADINGS[item.kind]}</h3> : null}
              <div
                id={`palette-${number}`}
                role="option"
                aria-selected={number === chosen}
                className="palette-item"
                onMouseMove={() => setAt(number)}
                onClick={() => take(item)}
              >
                <span className="palette-title">{item.title}</span>
                <span className="palette-detail">{item.detail}</span>
              </div>
            </div>
          ))}
        </div>
        <p className="palette-note" role="status">
          {state === "failed" ? "The search does not answer. Try again." : state === "busy" && !items.length ? "Looking…" : items.length ? "" : "Nothing is called so."}
        </p>
      </div>
    </dialog>
  );
}
