/** What stands on the city and changes: hotspots of the run, readings of sensors, known flood spots, sites. */

import type { Access } from "../access";
import { type CityDetail, type CitySummary, cityPath, type Hotspot, type RunDetail, runPath } from "../api";
import { present } from "../exercise";
import { accessMarks, type OpenAccess } from "./access_marks";
import { askIfThere, type Collection, type Placed, type Reading } from "./answers";
import { hotspotMarks, sensorMarks, type Spot, spotMarks } from "./live_marks";
import type { Marks } from "./marks";
import { loadSites, type Site, siteMarks } from "./sites";
import type { Surface } from "./surface";

const CALM_DOWN_MS = 250;

export interface Opened {
  hotspot(hotspot: Hotspot): void;
  reading(reading: Reading): void;
  spot(spot: Spot): void;
  site(site: Site): void;
  access: OpenAccess;
}

export class LiveLayers {
  private readings: Placed<Reading>[] = [];
  private spots: Collection<Spot> = { features: [] };
  private hotspots: Hotspot[] = [];
  private sites: Site[] = [];
  private access: Access = { time: "", roads: null, shelters: null };
  private shows = { sensors: true, spots: false, sites: false };
  private chosen: number | null = null;
  private timer = 0;
  private asked = new AbortController();

  constructor(
    private readonly city: CitySummary,
    private readonly marks: Marks,
    private readonly opened: Opened,
    private readonly redraw: () => void,
  ) {}

  get counts(): { sensors: number; spots: number; sites: number } {
    return { sensors: this.readings.length, spots: this.spots.features.length, sites: this.sites.length };
  }

  show(what: keyof LiveLayers["shows"], isShown: boolean, surface: Surface): void {
    this.shows[what] = isShown;
    this.write(surface);
  }

  setHotspots(hotspots: Hotspot[], surface: Surface | null): void {
    this.hotspots = hotspots;
    if (surface) this.write(surface);
  }

  setAccess(known: Access, surface: Surface | null): void {
    this.access = known;
    if (surface) this.write(surface);
  }

  choose(rank: number | null, surface: Surface | null): void {
    this.chosen = rank;
    if (surface) this.write(surface);
  }

  /** Pumps, gates and shelters of the city. */
  async loadSites(surface: Surface): Promise<void> {
    this.sites = await loadSites(this.city);
    this.write(surface);
  }

  /** The known spots: of the run with its forecast, or else of the city. */
  async loadSpots(city: CityDetail, run: RunDetail | null, surface: Surface): Promise<void> {
    const ofCity = `${cityPath(this.city.name)}/layers/flood_spots?v=${city.version}`;
    const paths = city.layers.some((layer) => layer.name === "flood_spots") ? [ofCity] : [];
    if (run?.products.spots) paths.unshift(`${runPath(this.city.name, run.run_id)}/spots`);
    let found: Collection<Spot> | null = null;
    for (const path of paths) found ??= await askIfThere<Collection<Spot>>(path);
    this.spots = found ?? { features: [] };
    this.write(surface);
  }

  /** What the sensors read at a time, or now if that is to come; asked when the slider rests. */
  readAt(time: string | null, surface: Surface, read: () => void): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.read(time, surface).then(read), CALM_DOWN_MS);
  }

  /** Put all marks anew, in the language of the page. */
  write(surface: Surface): void {
    const marks = hotspotMarks(this.hotspots, surface, this.opened.hotspot);
    for (const mark of marks) {
      const isChosen = mark.element.dataset.rank === String(this.chosen);
      mark.element.classList.toggle("chosen", isChosen);
      if (isChosen) mark.weight = Number.POSITIVE_INFINITY;
    }
    this.marks.set("hotspots", marks);
    const { sensors, spots, sites } = this.shows;
    this.marks.set("sensors", sensors ? sensorMarks(this.readings, surface, this.opened.reading) : []);
    this.marks.set("spots", spots ? spotMarks(this.spots, surface, this.opened.spot) : []);
    this.marks.set("access", accessMarks(this.access, surface, this.opened.access));
    this.marks.set("sites", sites ? siteMarks(this.sites, surface, this.opened.site) : []);
    this.redraw();
  }

  close(): void {
    clearTimeout(this.timer);
    this.asked.abort();
    this.marks.close();
  }

  private async read(time: string | null, surface: Surface): Promise<void> {
    this.asked.abort();
    this.asked = new AbortController();
    const { signal } = this.asked;
    const at = new Date(Math.min(time ? Date.parse(time) : Number.POSITIVE_INFINITY, present())).toISOString();
    const path = `${cityPath(this.city.name)}/sensors?at=${encodeURIComponent(at)}`;
    const found = await askIfThere<Collection<Reading>>(path, signal).catch(() => undefined);
    if (found === undefined || signal.aborted) return;
    // Several stations may have a place in the list without a place on the ground.
    this.readings = (found?.features ?? []).filter((feature) => feature.geometry?.type === "Point");
    this.write(surface);
  }
}
