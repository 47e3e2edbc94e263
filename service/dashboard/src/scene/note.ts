/** One line over the scene: what is still being made, or what went wrong; null: nothing. */

import { find } from "../dom";

export function note(text: string | null): void {
  const line = find("scene-note");
  line.hidden = text === null;
  if (line.textContent !== text) line.textContent = text ?? "";
}

/** Take this line away, unless another one has taken its place. */
export function unnote(text: string): void {
  if (find("scene-note").textContent === text) note(null);
}
