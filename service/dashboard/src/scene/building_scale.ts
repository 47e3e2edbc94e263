/** What buildings can be coloured by, and the colour of each value. */

import type { LegendStep } from "../api";
import { MAP } from "../colours";
import type { RunContent } from "../run";
import type { Word } from "../words";

export type Colouring = "depth" | "max_depth" | "hazard" | "arrival" | "damage";

export interface BuildingScale {
  name: Colouring;
  title: Word;
  units: string;
  /** Value of the service (a whole number) for one unit of the legend. */
  perUnit: number;
  /** What says that there is no value. */
  none: number;
  steps: LegendStep[];
}

/** Lighter is worse, as in all scales of the service; readable to colour-blind eyes and in grey. */
const HEAT = ["#6b4796", "#8f58ab", "#b868a4", "#e58787", "#f6b78a", "#fde6a6"];
/** Not known, or never reached. */
const NEVER = 65535;

/** All scales that buildings can have, the one over time first. */
export function buildingScales(run: RunContent | null): BuildingScale[] {
  const depth = run?.frames?.steps ?? [];
  const scale = (
    name: Colouring, title: Word, units: string, perUnit: number, none: number, steps: LegendStep[],
  ): BuildingScale => ({ name, title, units, perUnit, none, steps });
  return [
    scale("depth", "timeLayer", "m", 1000, NEVER, depth),
    scale("max_depth", "max_depth", "m", 1000, NEVER, depth),
    scale("hazard", "hazardClass", "", 1, 0, stepped([1, 2, 3, 4, 5, 6], HEAT)),
    scale("arrival", "arrival_time", "h", 60, NEVER, stepped([0, 0.5, 1, 2, 3, 6], HEAT.toReversed())),
    scale("damage", "damageShare", "%", 10, 0, stepped([1, 5, 10, 20, 40, 60], HEAT)),
  ];
}

/** Colour (RGBA in memory order) of each value that the service can send. */
export function colourTable(scale: BuildingScale): Uint32Array {
  const table = new Uint32Array(NEVER + 1).fill(packed(MAP.building));
  for (const step of scale.steps) {
    table.fill(packed(step.colour), Math.round(step.lower * scale.perUnit));
  }
  for (const none of [scale.none, NEVER]) table[none] = packed(MAP.building);
  return table;
}

function stepped(limits: number[], colours: string[]): LegendStep[] {
  return limits.map((lower, index) => ({
    lower,
    upper: limits[index + 1] ?? null,
    colour: colours[index],
  }));
}

function packed(hex: string): number {
  const colour = Number.parseInt(hex.slice(1), 16);
  const bytes = new Uint8Array([colour >> 16, (colour >> 8) & 255, colour & 255, 255]);
  return new Uint32Array(bytes.buffer)[0];
}
