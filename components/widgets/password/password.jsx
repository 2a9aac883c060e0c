/* A password that can be shown while it is typed, for gloves, small keys and long phrases.
 *
 * Props: id, name, autoComplete, minLength, required, autoFocus, describedBy, invalid ("true" | "false")
 * The value stays in the input; it is sent by the form around it and reaches no script of ours. */
import { useState } from "react";

export function PasswordInput({ id, name, autoComplete, minLength, required, autoFocus, describedBy, invalid = "false" }) {
  const [shown, setShown] = useState(false);
  return (
    <div className="password">
      <input
        id={id}
        name={name}
        type={shown ? "text" : "password"}
        className="field"
        autoComplete={autoComplete}
        autoCapitalize="none"
        spellCheck={false}
        minLength={minLength}
        required={required}
        autoFocus={autoFocus}
        aria-describedby={describedBy}
        aria-invalid={invalid}
      />
      <button type="button" aria-pressed={shown} aria-controls={id} onClick={() => setShown(!shown)}>
        {shown ? "Hide" : "Show"}
        <span className="sr-only"> password</span>
      </button>
    </div>
  );
}
