/** One run as the scene shows it: its water as textures, and the colour of each building. */

import {
  DataTexture,
  DataUtils,
  HalfFloatType,
  LinearFilter,
  NearestFilter,
  RedFormat,
  RGBAFormat,
  UnsignedByteType,
} from "three";
import { ask, runPath } from "../api";
import { buildingDepths, type StepSource, StepStore } from "../frames";
import type { WaterInfo } from "./answers";

/** Buildings in one line of the texture of colours; in the shader too. */
export const COLOURS_WIDE = 1024;
const OUTSIDE = 65535;
/** Millimetres to metres as half floats, which the device can blend between cells. */
const HALVES = Uint16Array.from({ length: OUTSIDE + 1 }, (_, millimetres) =>
  DataUtils.toHalfFloat(millimetres === OUTSIDE ? 0 : millimetres / 1000),
);

export interface WaterStep {
  /** Depth in each cell of the grid [mm]; 65535 outside. */
  water: Uint16Array;
  /** Depth at each building [mm]. */
  depths: Uint16Array;
}

export class RunLayer {
  readonly now: DataTexture;
  readonly before: DataTexture;
  readonly colours: DataTexture;
  /** How much of `now` is shown, the rest being `before`. */
  blend = 1;
  shown: WaterStep | null = null;
  private readonly steps: StepStore<WaterStep>;
  private readonly texels: Uint32Array;

  constructor(
    readonly city: string,
    readonly run: string,
    readonly water: WaterInfo,
    readonly buildings: number,
  ) {
    this.now = depthTexture(water);
    this.before = depthTexture(water);
    const lines = Math.max(1, Math.ceil(buildings / COLOURS_WIDE));
    this.texels = new Uint32Array(COLOURS_WIDE * lines);
    this.colours = new DataTexture(
      new Uint8Array(this.texels.buffer), COLOURS_WIDE, lines, RGBAFormat, UnsignedByteType,
    );
    this.colours.minFilter = this.colours.magFilter = NearestFilter;
    this.steps = new StepStore(this.source());
  }

  get(index: number): Promise<WaterStep> {
    return this.steps.get(index);
  }

  hurry(): void {
    this.steps.hurry();
  }

  /** Put the water of a step into the texture; `keeps` what was shown, to be blended into it. */
  show(step: WaterStep, keeps: boolean): void {
    const now = halves(this.now);
    if (keeps) {
      halves(this.before).set(now);
      this.before.needsUpdate = true;
    }
    for (let cell = 0; cell < now.length; cell += 1) now[cell] = HALVES[step.water[cell]];
    this.now.needsUpdate = true;
    this.shown = step;
  }

  /** Colour each building: `colourOf` has a colour (RGBA in memory order) for each value. */
  colour(values: Uint16Array, colourOf: Uint32Array): void {
    const count = Math.min(values.length, this.texels.length);
    for (let row = 0; row < count; row += 1) this.texels[row] = colourOf[values[row]];
    if (count < this.texels.length) this.texels.fill(colourOf[0], count);
    this.colours.needsUpdate = true;
  }

  close(): void {
    this.steps.close();
    for (const texture of [this.now, this.before, this.colours]) texture.dispose();
  }

  private source(): StepSource<WaterStep> {
    const { rows, columns, times, url } = this.water;
    return {
      count: times.length,
      bytes: 2 * (rows * columns + this.buildings),
      load: async (index, signal) => {
        const [water, depths] = await Promise.all([
          ask(url.replace("{step}", String(index)), signal).then((answer) => answer.arrayBuffer()),
          this.buildings > 0
            ? buildingDepths(this.city, this.run, index, signal)
            : new Uint16Array(),
        ]);
        return { water: new Uint16Array(water), depths };
      },
      drop: () => undefined,
    };
  }
}

/** Path of what the service has for the scene of a run. */
export const waterPath = (city: string, run: string) => `${runPath(city, run)}/3d/water`;

function halves(texture: DataTexture): Uint16Array {
  return texture.image.data as unknown as Uint16Array;
}

function depthTexture({ rows, columns }: WaterInfo): DataTexture {
  const texels = new Uint16Array(rows * columns);
  const texture = new DataTexture(texels, columns, rows, RedFormat, HalfFloatType);
  texture.minFilter = texture.magFilter = LinearFilter;
  texture.needsUpdate = true;
  return texture;
}
