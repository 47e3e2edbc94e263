/** What the scene tells of itself, for tests and for curious people. */

import { Vector3 } from "three";
import type { Buildings } from "./buildings";
import type { RunLayer } from "./run_layer";
import type { ShownRuns } from "./shown_runs";
import type { Stage } from "./stage";

const TURN = Math.PI / 90;

export interface SceneFigures {
  /** How long the last frames took until the device was done [ms]. */
  frameMilliseconds: number[];
  /** How long the last recolourings of all buildings took, without drawing [ms]. */
  recolourMilliseconds: number[];
  isSoftware: boolean;
  isContextLost(): boolean;
  /** Frames drawn since the scene was made: none while nothing changes. */
  framesDrawn(): number;
  /** Median of so many frames while turning around [ms]. */
  measureFrames(count: number): Promise<number>;
  /** Colour so many buildings anew, whether or not the city has them, and draw the frame [ms]. */
  measureRecolour(count: number): Promise<number>;
  /** Where the middle of each loaded building is on the canvas [pixels], by its row. */
  places(): Record<number, [number, number]>;
  loseDevice(): void;
  restoreDevice(): void;
}

export function figuresOf(stage: Stage, runs: ShownRuns, built: () => Buildings | null): SceneFigures {
  const { painter, camera } = stage;
  return {
    frameMilliseconds: painter.frameMilliseconds,
    recolourMilliseconds: runs.recolourMilliseconds,
    isSoftware: painter.isSoftware,
    isContextLost: () => painter.gl.isContextLost(),
    framesDrawn: () => painter.framesDrawn,
    async measureFrames(count) {
      const times: number[] = [];
      for (let frame = 0; frame < count; frame += 1) {
        camera.orbit(frame < count / 2 ? TURN : -TURN);
        const begun = performance.now();
        await painter.drawn();
        times.push(performance.now() - begun);
      }
      return times.sort((a, b) => a - b)[Math.floor(count / 2)];
    },
    async measureRecolour(count) {
      const layer: RunLayer = await runs.layerOf("", count);
      const kept = runs.base;
      runs.base = layer;
      const begun = performance.now();
      layer.colour(Uint16Array.from({ length: count }, (_, row) => (row * 7919) % 3000), runs.table());
      await painter.drawn();
      const taken = performance.now() - begun;
      runs.base = kept;
      layer.close();
      await painter.drawn();
      return taken;
    },
    places: () => {
      const found: Record<number, [number, number]> = {};
      const { x: width, y: height } = stage.size;
      for (const [row, middle] of built()?.middles() ?? []) {
        const at = new Vector3().copy(middle).project(camera.camera);
        if (at.z < 1) found[row] = [((at.x + 1) / 2) * width, ((1 - at.y) / 2) * height];
      }
      return found;
    },
    loseDevice: () => painter.renderer.forceContextLoss(),
    restoreDevice: () => painter.renderer.forceContextRestore(),
  };
}
