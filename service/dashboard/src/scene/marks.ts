/** Marks and labels that stand in the scene as elements of the page: to be clicked, tabbed to, read. */

import { type PerspectiveCamera, Vector3 } from "three";

export interface Mark {
  element: HTMLElement;
  place: Vector3;
  /** Marks that would cover one of higher weight are left out while they do; Infinity: never. */
  weight: number;
}

interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

const GAP = 2;
/** What lies over the scene: marks below it could neither be read nor clicked. */
const OVER = ".scene-legend, .corner, #card, #scene-note, #scene-apart, #swipe-sides";

export class Marks {
  private readonly groups = new Map<string, Mark[]>();
  private readonly at = new Vector3();
  private sizes = new WeakMap<HTMLElement, [number, number]>();

  constructor(private readonly layer: HTMLElement) {}

  /** Put these marks in place of those that a group had. */
  set(group: string, marks: Mark[]): void {
    for (const mark of this.groups.get(group) ?? []) mark.element.remove();
    this.groups.set(group, marks);
    this.layer.append(...marks.map((mark) => mark.element));
  }

  /** Move each mark to where its place is on the screen now. */
  place(camera: PerspectiveCamera, width: number, height: number): void {
    const taken = this.covered();
    const all = [...this.groups.values()].flat().sort((a, b) => b.weight - a.weight);
    for (const mark of all) {
      this.at.copy(mark.place).project(camera);
      const x = ((this.at.x + 1) / 2) * width;
      const y = ((1 - this.at.y) / 2) * height;
      const isSeen = this.at.z < 1 && x > 0 && y > 0 && x < width && y < height + 20;
      const box = isSeen ? this.boxOf(mark, x, y) : null;
      const isFree = box !== null && (mark.weight === Infinity || !taken.some((each) => overlap(each, box)));
      mark.element.classList.toggle("away", !isFree);
      if (!isFree || box === null) continue;
      taken.push(box);
      mark.element.style.transform = `translate(${x.toFixed(1)}px, ${y.toFixed(1)}px) translate(-50%, -100%)`;
    }
  }

  close(): void {
    for (const group of this.groups.keys()) this.set(group, []);
  }

  private covered(): Box[] {
    const { left: x, top: y } = this.layer.getBoundingClientRect();
    return [...document.querySelectorAll(OVER)].map((element) => {
      const { left, right, top, bottom } = element.getBoundingClientRect();
      return { left: left - x, right: right - x, top: top - y, bottom: bottom - y };
    });
  }

  private boxOf({ element }: Mark, x: number, y: number): Box {
    let size = this.sizes.get(element);
    if (!size) {
      size = [element.offsetWidth, element.offsetHeight];
      if (size[0] > 0) this.sizes.set(element, size);
    }
    const [wide, high] = size;
    return { left: x - wide / 2 - GAP, right: x + wide / 2 + GAP, top: y - high - GAP, bottom: y + GAP };
  }
}

function overlap(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}
