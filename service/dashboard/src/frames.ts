/** The pictures of the water and the depths at buildings, fetched ahead of the slider. */

import { ask, type FrameList, runPath } from "./api";

/** Pictures are large (4 bytes a pixel here, as many on the graphics device), so few stay. */
const KEPT_BYTES = 240_000_000;
const BYTES_OF_PIXEL = 8;
const AT_ONCE = 3;

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

export class StepStore {
  private readonly kept = new Map<number, Promise<Step>>();
  private readonly stop = new AbortController();
  private readonly most: number;
  private centre = 0;
  private busy = 0;
  private eager = false;

  constructor(
    private readonly city: string,
    private readonly run: string,
    private readonly frames: FrameList,
    private readonly hasBuildings: boolean,
    private readonly keeper: StepKeeper | null,
  ) {
    const [width, height] = frames.size;
    this.most = Math.max(5, Math.floor(KEPT_BYTES / (BYTES_OF_PIXEL * width * height)));
  }

  /** The step at once if it is there, else when it has come. */
  get(index: number): Promise<Step> {
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

  private fetch(index: number): Promise<Step> {
    let step = this.kept.get(index);
    if (step === undefined) {
      this.busy += 1;
      step = this.load(index).finally(() => {
        this.busy -= 1;
      });
      // A failed step is asked for again next time.
      step.catch(() => this.kept.delete(index));
      this.kept.set(index, step);
      this.dropFarthest();
    }
    return step;
  }

  private async load(index: number): Promise<Step> {
    const base = runPath(this.city, this.run);
    const [picture, depths] = await Promise.all([
      ask(`${base}/frames/${index}.png`, this.stop.signal)
        .then((response) => response.blob())
        .then((blob) => createImageBitmap(blob, { premultiplyAlpha: "premultiply" })),
      this.hasBuildings
        ? ask(`${base}/buildings/depths?step=${index}`, this.stop.signal)
            .then((response) => response.arrayBuffer())
            .then((bytes) => new Uint16Array(bytes))
        : Promise.resolve(new Uint16Array()),
    ]);
    const step = { picture, depths };
    if (this.stop.signal.aborted) return step;
    this.keeper?.prepare(step);
    return step;
  }

  /** Fetch the nearest steps that are missing, forward ones first, a few at once. */
  private fetchAhead(): void {
    const count = this.frames.times.length;
    for (let away = 1; away < Math.min(count, this.most); away += 1) {
      const ahead = (this.centre + away) % count;
      if (this.busy >= AT_ONCE || this.stop.signal.aborted) return;
      if (this.kept.has(ahead) || this.kept.size >= this.most) continue;
      this.fetch(ahead).then(() => this.fetchAhead(), () => undefined);
    }
  }

  private dropFarthest(): void {
    const count = this.frames.times.length;
    while (this.kept.size > this.most) {
      const ahead = (index: number) => (index - this.centre + count) % count;
      const farthest = [...this.kept.keys()].reduce((a, b) => (ahead(a) > ahead(b) ? a : b));
      this.drop(this.kept.get(farthest));
      this.kept.delete(farthest);
    }
  }

  private drop(step: Promise<Step> | undefined): void {
    const go = (come: Step) => {
      this.keeper?.forget(come);
      come.picture.close();
    };
    step?.then(go, () => undefined);
  }
}
