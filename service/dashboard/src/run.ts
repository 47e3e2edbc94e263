/** All that is known about one run but its pictures. */

import {
  askOptional,
  type BuildingTimes,
  type FrameList,
  type Hotspot,
  type RunDetail,
  runPath,
} from "./api";
import { RunAge } from "./status";

export interface RunContent {
  run: RunDetail;
  age: RunAge;
  frames: FrameList | null;
  hotspots: Hotspot[] | null;
  buildings: BuildingTimes | null;
}

interface HotspotCollection {
  features: { geometry: { coordinates: [number, number] }; properties: Hotspot }[];
}

/** Ask for everything at once; null when there is no such run. */
export async function loadRun(city: string, id: string): Promise<RunContent | null> {
  const base = runPath(city, id);
  const [run, frames, hotspots, buildings] = await Promise.all([
    askOptional<RunDetail>(base),
    askOptional<FrameList>(`${base}/frames`),
    askOptional<HotspotCollection>(`${base}/hotspots`),
    askOptional<BuildingTimes>(`${base}/buildings`),
  ]);
  if (run === null) return null;
  const places = hotspots?.features.map(({ geometry, properties }) => ({
    ...properties,
    lon: geometry.coordinates[0],
    lat: geometry.coordinates[1],
  }));
  return { run, age: new RunAge(run), frames, hotspots: places ?? null, buildings };
}

/** The step to open with: the first one with the most buildings in water. */
export function peak(content: RunContent | null): number {
  const counts = content?.buildings?.flooded ?? [0];
  return counts.indexOf(Math.max(...counts));
}
