/** The map with the pictures of one run, as the page uses it. */

import type { Access } from "./access";
import type { CityDetail, CitySummary, Hotspot, RasterField } from "./api";
import { drawn } from "./drawn";
import { pictureSteps, type Step, StepStore } from "./frames";
import { type AccessDoors, CityMap } from "./map";
import type { RunContent } from "./run";
import type { CityView, Place } from "./view";

export class MapView implements CityView {
  private readonly city: CityMap;
  private steps: StepStore<Step> | null = null;
  private newest = 0;

  constructor(container: HTMLElement, chosen: CitySummary, doors: AccessDoors) {
    this.city = new CityMap(container, chosen, doors);
  }

  get map(): CityMap["map"] {
    return this.city.map;
  }

  async open(run: RunContent | null, index: number): Promise<boolean> {
    const turn = ++this.newest;
    this.steps?.close();
    this.steps = this.storeOf(run);
    // On its way while the map takes the run.
    const picture = this.steps?.get(index);
    picture?.catch(() => undefined);
    await this.city.open(run?.run.run_id ?? "", run?.frames ?? null);
    const step = await picture;
    if (turn !== this.newest) return false;
    if (step) this.city.show(step);
    await this.city.loaded();
    await drawn(this.city.map);
    return turn === this.newest;
  }

  hurry(city: CityDetail): void {
    void this.city.places(city);
    this.steps?.hurry();
  }

  async show(index: number): Promise<boolean> {
    const [turn, from] = [++this.newest, this.steps];
    const step = await from?.get(index);
    if (!step || turn !== this.newest) return false;
    this.city.show(step);
    await drawn(this.city.map);
    return true;
  }

  showField(field: RasterField | null): void {
    this.city.showField(field);
  }

  mark(hotspots: Hotspot[], open: (hotspot: Hotspot) => void): void {
    this.city.mark(hotspots, open);
  }

  choose(rank: number | null): void {
    this.city.choose(rank);
  }

  showAccess(known: Access): void {
    void this.city.showAccess(known);
  }

  fly(place: Place, covered: number): void {
    this.city.fly(place, covered);
  }

  home(): void {
    this.city.home();
  }

  tilt(): boolean {
    return this.city.tilt();
  }

  translate(): void {
    this.city.translate();
  }

  close(): void {
    this.newest += 1;
    this.steps?.close();
    this.city.close();
  }

  private storeOf(run: RunContent | null): StepStore<Step> | null {
    if (!run?.frames) return null;
    const { frames, buildings } = run;
    const many = (buildings?.count ?? 0) > 0;
    const { name } = this.city.city;
    return new StepStore(pictureSteps(name, run.run.run_id, frames, many, this.city));
  }
}
