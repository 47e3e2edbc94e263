/** The run that is shown and, while two are compared, the one beside it: their water and colours. */

import { ask, runPath } from "../api";
import type { RunContent } from "../run";
import { askIfThere, type WaterInfo } from "./answers";
import { type BuildingScale, type Colouring, buildingScales, colourTable } from "./building_scale";
import { RunLayer, type WaterStep, waterPath } from "./run_layer";

const DRY: WaterInfo = { times: [], rows: 1, columns: 1, url: "" };

export class ShownRuns {
  base: RunLayer;
  other: RunLayer | null = null;
  scales: BuildingScale[] = buildingScales(null);
  readonly recolourMilliseconds: number[] = [];
  private chosen: Colouring = "depth";
  private tables = new Map<Colouring, Uint32Array>();
  private values = new Map<string, Promise<Uint16Array>>();
  private content: RunContent | null = null;

  constructor(private readonly city: string) {
    this.base = new RunLayer(city, "", DRY, 0);
  }

  get scale(): BuildingScale {
    return this.scales.find((scale) => scale.name === this.chosen) ?? this.scales[0];
  }

  get all(): RunLayer[] {
    return this.other ? [this.base, this.other] : [this.base];
  }

  /** Ask for the water of a run, without showing it yet. */
  async prepare(content: RunContent | null): Promise<RunLayer> {
    return this.layerOf(content?.run.run_id ?? "", content?.buildings?.count ?? 0);
  }

  /** Show this run from now on, alone. */
  take(content: RunContent | null, layer: RunLayer): void {
    this.compare(null);
    this.base.close();
    this.base = layer;
    this.content = content;
    this.values.clear();
    this.tables.clear();
    this.scales = buildingScales(content);
  }

  /** Lay another run of the same city beside it (null: none). */
  compare(layer: RunLayer | null): void {
    this.other?.close();
    this.other = layer;
  }

  async layerOf(run: string, buildings: number): Promise<RunLayer> {
    if (run === "") return new RunLayer(this.city, run, DRY, buildings);
    const water = await askIfThere<WaterInfo>(waterPath(this.city, run));
    return new RunLayer(this.city, run, water ?? DRY, buildings);
  }

  /** The steps of all shown runs at a step of the first one; the other's is the nearest in time. */
  steps(index: number): Promise<WaterStep | null>[] {
    const time = Date.parse(this.base.water.times[index] ?? "");
    return this.all.map((layer) => {
      if (layer.water.times.length === 0) return Promise.resolve(null);
      return layer.get(layer === this.base ? index : nearest(layer.water.times, time, this.base.water.times[0]));
    });
  }

  /** Show these steps, one a run. */
  show(steps: (WaterStep | null)[], keeps: boolean): void {
    this.all.forEach((layer, number) => {
      const step = steps[number];
      if (step) layer.show(step, keeps);
    });
    if (this.chosen === "depth") this.recolourNow(this.all.map((layer) => layer.shown?.depths ?? null));
  }

  /** Colour all buildings by something else. */
  async colour(by: Colouring): Promise<void> {
    this.chosen = by;
    await this.recolour();
  }

  /** Colour all buildings as chosen. */
  async recolour(): Promise<void> {
    const { chosen, all } = this;
    const values = await Promise.all(
      all.map((layer) => (chosen === "depth" ? (layer.shown?.depths ?? null) : this.valuesOf(layer, chosen))),
    );
    if (chosen === this.chosen) this.recolourNow(values);
  }

  close(): void {
    for (const layer of this.all) layer.close();
  }

  private recolourNow(values: (Uint16Array | null)[]): void {
    const begun = performance.now();
    const table = this.table();
    this.all.forEach((layer, number) => layer.colour(values[number] ?? new Uint16Array(), table));
    this.recolourMilliseconds.push(performance.now() - begun);
    if (this.recolourMilliseconds.length > 100) this.recolourMilliseconds.shift();
  }

  /** Colour of each value of what buildings are coloured by. */
  table(): Uint32Array {
    let table = this.tables.get(this.chosen);
    if (!table) {
      table = colourTable(this.scale);
      this.tables.set(this.chosen, table);
    }
    return table;
  }

  /** One value of each building for the whole run; all dry where the run has none. */
  private valuesOf(layer: RunLayer, by: Colouring): Promise<Uint16Array | null> {
    if (!this.content || layer.run === "") return Promise.resolve(null);
    const key = `${layer.run}/${by}`;
    let values = this.values.get(key);
    if (!values) {
      values = ask(`${runPath(this.city, layer.run)}/buildings/attributes.bin?field=${by}`)
        .then((answer) => answer.arrayBuffer())
        .then((bytes) => new Uint16Array(bytes));
      values.catch(() => this.values.delete(key));
      this.values.set(key, values);
    }
    return values;
  }
}

/** The step at a time; runs of other hours are laid beside each other from their first step on. */
function nearest(times: string[], wanted: number, begin: string | undefined): number {
  const all = times.map((time) => Date.parse(time));
  const meet = wanted >= all[0] && Date.parse(begin ?? "") <= all[all.length - 1];
  const target = meet ? wanted : all[0] + (wanted - Date.parse(begin ?? ""));
  const away = all.map((time) => Math.abs(time - target));
  return away.indexOf(Math.min(...away));
}
