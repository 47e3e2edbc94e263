/** Colours buildings by the water at them; touches only those whose colour step changes. */

import type { Map as MapLibreMap } from "maplibre-gl";
import type { LegendStep } from "./api";
import { BUILDINGS } from "./style";

const NOT_KNOWN = 65535;

export class BuildingColours {
  private shown = new Uint8Array();
  private readonly limits: number[];

  constructor(
    private readonly map: MapLibreMap,
    steps: LegendStep[],
  ) {
    this.limits = steps.map((step) => step.lower * 1000);
  }

  /** Show these depths [mm], one a building; one that is not known stays uncoloured. */
  show(depths: Uint16Array): void {
    if (this.shown.length !== depths.length) {
      this.clear();
      this.shown = new Uint8Array(depths.length);
    }
    for (let id = 0; id < depths.length; id += 1) {
      const step = this.stepOf(depths[id]);
      if (step === this.shown[id]) continue;
      this.shown[id] = step;
      this.map.setFeatureState({ ...BUILDINGS, id }, { step });
    }
  }

  clear(): void {
    this.map.removeFeatureState(BUILDINGS);
    this.shown = new Uint8Array();
  }

  private stepOf(depth: number): number {
    if (depth === NOT_KNOWN) return 0;
    let step = 0;
    while (step < this.limits.length && depth >= this.limits[step]) step += 1;
    return step;
  }
}
