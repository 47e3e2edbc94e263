/** What each way to look at a city can do: the map, and the scene in three dimensions. */

import type { Access } from "./access";
import type { CityDetail, Hotspot, RasterField } from "./api";
import type { RunContent } from "./run";

export interface Place {
  lon: number;
  lat: number;
}

export interface CityView {
  /** Take a run and draw one step of it; false: something else was asked for meanwhile. */
  open(run: RunContent | null, index: number): Promise<boolean>;
  /** The run is on the screen: now fetch what will be wanted next. */
  hurry(city: CityDetail): void;
  /** Draw one step; the one before stays until this is there. False: a newer one was asked for. */
  show(index: number): Promise<boolean>;
  /** Show a field of the whole run instead of the water over time (null: the latter). */
  showField(field: RasterField | null): void;
  mark(hotspots: Hotspot[], open: (hotspot: Hotspot) => void): void;
  choose(rank: number | null): void;
  /** Draw closed roads and shelters, where this view can. */
  showAccess?(known: Access): void;
  /** Go to a place; `covered` pixels at the top are hidden by the card. */
  fly(place: Place, covered: number): void;
  home(): void;
  /** Switch between the tilted view and the one from above; returns whether it is tilted now. */
  tilt(): boolean;
  translate(): void;
  close(): void;
}
