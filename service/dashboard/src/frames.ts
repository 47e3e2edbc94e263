/** What belongs to each time step (pictures, depths), fetched ahead of the slider. */

import { ask, type FrameList, runPath } from "./api";

/** Pictures are large (4 bytes a pixel here, as many on the graphics device), so few stay. */
const KEPT_BYTES = 240_000_000;
const BYTES_OF_PIXEL = 8;
const AT_ONCE = 3;
const FEWEST = 5;

/** How to get one step, and what is done with one that will not be wanted soon. */
export interface StepSource<T> {
  count: number;
  /** Bytes that one step holds, here and on the graphics device. */
  bytes: number;
  load(index: number, signal: AbortSignal): Promise<T>;
  drop(step: T): void;
}

export interface Step {
  picture: ImageBitmap;
  /** Depth at each building [mm], in the order of the layer; empty without that product. */
  depths: Uint16Array;
}

/** Who is told when a step has come and when it goes. */
export interface StepKeeper {
  prepare(step: Step): void;
  forget(step: Step): void;
}

/** The steps of the map: a picture of the water, and the depth at each building. */
export function pictureSteps(
  city: string,
  run: string,
  frames: FrameList,
  hasBuildings: boolean,
  keeper: StepKeeper,
): StepSource<Step> {
  const [width, height] = frames.size;
  return {
    count: frames.times.length,
    bytes: BYTES_OF_PIXEL * width * height,
    async load(index, signal) {
      const [picture, depths] = await Promise.all([
        ask(`${runPath(city, run)}/frames/${index}.png`, signal)
          .then((response) => response.blob())
          .then((blob) => createImageBitmap(blob, { premultiplyAlpha: "premultiply" })),
        hasBuildings ? buildingDepths(city, run, index, signal) : new Uint16Array(),
      ]);
      const step = { picture, depths };
      if (!signal.aborted) keeper.prepare(step);
      return step;
    },
    drop(step) {
      keeper.forget(step);
      step.picture.close();
    },
  };
}

/** Depth at each building at one time [mm]. */
export async function buildingDepths(
  city: string,
  run: string,
  index: number,
  signal: AbortSignal,
): Promise<Uint16Array<ArrayBuffer>> {
  const response = await ask(`${runPath(city, run)}/buildings/depths?step=${index}`, signal);
  return new Uint16Array(await response.arrayBuffer());
}

export class StepStore<T> {
  private readonly kept = new Map<number, Promise<T>>();
  private readonly stop = new AbortController();
  private readonly most: number;
  private centre = 0;
  private busy = 0;
  private eager = false;

  constructor(private readonly source: StepSource<T>) {
    this.most = Math.max(FEWEST, Math.floor(KEPT_BYTES / source.bytes));
  }

  /** The step at once if it is there, else when it has come. */
  get(index: number): Promise<T> {
    this.centre = index;
    const step = this.fetch(index);
    if (this.eager) void step.then(() => this.fetchAhead(), () => undefined);
    return step;
  }

  /** From now on fetch the steps that will be wanted next; not before the page is ready. */
  hurry(): void {
    this.eager = true;
    this.fetchAhead();
  }

  close(): void {
    this.stop.abort();
    for (const step of this.kept.values()) this.drop(step);
    this.kept.clear();
  }

  private fetch(index: number): Promise<T> {
    let step = this.kept.get(index);
    if (step === undefined) {
      this.busy += 1;
      step = this.source.load(index, this.stop.signal).finally(() => {
        this.busy -= 1;
      });
      // A failed step is asked for again next time.
      step.catch(() => this.kept.delete(index));
      this.kept.set(index, step);
      this.dropFarthest();
    }
    return step;
  }

  /** Fetch the nearest steps that are missing, forward ones first, a few at once. */
  private fetchAhead(): void {
    const { count } = this.source;
    for (let away = 1; away < Math.min(count, this.most); away += 1) {
      const ahead = (this.centre + away) % count;
      if (this.busy >= AT_ONCE || this.stop.signal.aborted) return;
      if (this.kept.has(ahead) || this.kept.size >= this.most) continue;
      this.fetch(ahead).then(() => this.fetchAhead(), () => undefined);
    }
  }

  private dropFarthest(): void {
    const { count } = this.source;
    while (this.kept.size > this.most) {
      const ahead = (index: number) => (index - this.centre + count) % count;
      const farthest = [...this.kept.keys()].reduce((a, b) => (ahead(a) > ahead(b) ? a : b));
      this.drop(this.kept.get(farthest));
      this.kept.delete(farthest);
    }
  }

  private drop(step: Promise<T> | undefined): void {
    step?.then((come) => this.source.drop(come), () => undefined);
  }
}
