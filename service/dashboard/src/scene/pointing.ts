/** Clicks, taps and the Enter key as points on the canvas; a drag is none. */

import { Vector2 } from "three";

const STILL_PIXELS = 6;

/** `pick` gets x and y from -1 (left, bottom) to 1. */
export function listenForPicks(
  canvas: HTMLCanvasElement,
  pick: (at: Vector2) => void,
  signal: AbortSignal,
): void {
  let down: Vector2 | null = null;
  canvas.addEventListener(
    "pointerdown",
    (event) => {
      down = event.isPrimary && event.button === 0 ? new Vector2(event.clientX, event.clientY) : null;
    },
    { signal },
  );
  canvas.addEventListener(
    "pointerup",
    (event) => {
      const at = new Vector2(event.clientX, event.clientY);
      if (!down || at.distanceTo(down) > STILL_PIXELS) return;
      const box = canvas.getBoundingClientRect();
      const [x, y] = [(at.x - box.left) / box.width, (at.y - box.top) / box.height];
      pick(new Vector2(2 * x - 1, 1 - 2 * y));
    },
    { signal },
  );
  canvas.addEventListener(
    "keydown",
    (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      // What is under the cross in the middle, which shows while the canvas has the focus.
      pick(new Vector2(0, 0));
    },
    { signal },
  );
}
