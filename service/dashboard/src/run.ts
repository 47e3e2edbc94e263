/** All that is known about one run but its pictures. */

import {
  askOptional,
  type BuildingTimes,
  type District,
  type FrameList,
  type Hotspot,
  type RainInterval,
  type RainSince,
  type RunDetail,
  runPath,
} from "./api";
import { RunAge } from "./status";

export interface RunContent {
  run: RunDetail;
  age: RunAge;
  frames: FrameList | null;
  hotspots: Hotspot[] | null;
  districts: District[] | null;
  buildings: BuildingTimes | null;
  /** Null where nobody kept it: a scenario, or a run of older code. */
  rain: RainInterval[] | null;
  /** What was measured since it was issued; null for what is no forecast. */
  rainSince: RainSince | null;
  /** Ask for `rainSince` again: gauges go on. */
  hearRain: () => Promise<RainSince | null>;
}

interface RainSeries {
  intervals: RainInterval[];
  since: RainSince | null;
}

interface HotspotCollection {
  features: { geometry: { coordinates: [number, number] }; properties: Hotspot }[];
}

/** All of a run that it was made with; null when there is no such run. */
export async function loadRun(city: string, id: string): Promise<RunContent | null> {
  const base = runPath(city, id);
  const run = await askOptional<RunDetail>(base);
  if (run === null) return null;
  const files = Object.values(run.products);
  const part = <T>(file: string, path: string): Promise<T | null> =>
    files.includes(file) ? askOptional<T>(`${base}/${path}`) : Promise.resolve(null);
  const [frames, hotspots, buildings, table, rain] = await Promise.all([
    part<FrameList>("flood.zarr", "frames"),
    part<HotspotCollection>("hotspots.geojson", "hotspots"),
    part<BuildingTimes>("depths.bin", "buildings"),
    part<{ districts: District[] }>("districts.json", "districts"),
    part<RainSeries>("rain.json", "rain"),
  ]);
  const places = hotspots?.features.map(({ geometry, properties }) => ({
    ...properties,
    lon: geometry.coordinates[0],
    lat: geometry.coordinates[1],
  }));
  const districts = table?.districts ?? null;
  const age = new RunAge(run);
  const rains = { rain: rain?.intervals ?? null, rainSince: rain?.since ?? null };
  const hearRain = async () => (await part<RainSeries>("rain.json", "rain"))?.since ?? null;
  return { run, age, frames, hotspots: places ?? null, districts, buildings, ...rains, hearRain };
}

/** The step to open with: the first one with the most buildings in water. */
export function peak(content: RunContent | null): number {
  const counts = content?.buildings?.flooded ?? [0];
  return counts.indexOf(Math.max(...counts));
}
