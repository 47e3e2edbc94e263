/** How deep the water is, and how high the ground, at a point of the scene. */

import type { RunLayer } from "./run_layer";
import type { Surface } from "./surface";

const OUTSIDE = 65535;

/** Depth in the cell at a point [m]; null outside of the city, or where no run is shown. */
export function depthAt(run: RunLayer, surface: Surface, x: number, z: number): number | null {
  const millimetres = run.shown?.water[surface.cellOf(x, z)];
  return millimetres === undefined || millimetres === OUTSIDE ? null : millimetres / 1000;
}

/** Height of the ground at a point [m]; null outside of the city. */
export function heightAt(surface: Surface, x: number, z: number): number | null {
  const height = surface.heightAt(...surface.gridOf(x, z));
  return Number.isNaN(height) ? null : height;
}
