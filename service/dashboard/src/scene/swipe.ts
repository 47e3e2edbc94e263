/** The divider between two runs: dragged by hand or finger, moved by arrow keys. */

import { word } from "../words";

const STEP = 0.02;
const MIDDLE = 0.5;

export class Swipe {
  share = MIDDLE;

  constructor(
    private readonly divider: HTMLElement,
    private readonly moved: () => void,
  ) {
    divider.addEventListener("pointerdown", (event) => {
      divider.setPointerCapture(event.pointerId);
      event.preventDefault();
      divider.focus();
    });
    divider.addEventListener("pointermove", (event) => {
      if (divider.hasPointerCapture(event.pointerId)) this.follow(event);
    });
    divider.addEventListener("keydown", (event) => this.onKey(event));
  }

  get isShown(): boolean {
    return !this.divider.hidden;
  }

  show(isShown: boolean): void {
    this.divider.hidden = !isShown;
    this.put(MIDDLE);
  }

  private follow(event: PointerEvent): void {
    const box = (this.divider.parentElement as HTMLElement).getBoundingClientRect();
    this.put((event.clientX - box.left) / box.width);
  }

  private onKey(event: KeyboardEvent): void {
    const to: Record<string, number> = {
      ArrowLeft: this.share - STEP,
      ArrowDown: this.share - STEP,
      ArrowRight: this.share + STEP,
      ArrowUp: this.share + STEP,
      PageDown: this.share - 5 * STEP,
      PageUp: this.share + 5 * STEP,
      Home: 0,
      End: 1,
    };
    if (!(event.key in to)) return;
    event.preventDefault();
    event.stopPropagation();
    this.put(to[event.key]);
  }

  private put(share: number): void {
    this.share = Math.min(Math.max(share, 0), 1);
    const percent = Math.round(100 * this.share);
    this.divider.style.left = `${100 * this.share}%`;
    this.divider.setAttribute("aria-valuenow", String(percent));
    this.divider.setAttribute("aria-valuetext", `${percent} % ${word("swipeLeft")}`);
    this.moved();
  }
}
