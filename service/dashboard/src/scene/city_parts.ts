/** What of a scene belongs to the city and stays as runs come and go: ground, buildings, sewers. */

import type { Scene } from "three";
import { ask, type CityDetail, cityPath } from "../api";
import { askIfThere, askPatiently, type Collection, type SceneInfo } from "./answers";
import { Buildings } from "./buildings";
import { Ground } from "./ground";
import { bareGround, paintedGround } from "./ground_picture";
import type { Painter } from "./painter";
import { Sewers } from "./sewers";
import type { Stage } from "./stage";
import { Surface } from "./surface";

/** Points of the mesh of the ground, and texels of what is painted on it, a side. */
const POINTS = { software: 96, device: 384 };
const TEXELS = { software: 1024, device: 2048 };

export interface CityParts {
  surface: Surface;
  ground: Ground;
}

/** The ground, as soon as it has come. */
export async function loadGround(info: SceneInfo, painter: Painter, signal: AbortSignal): Promise<CityParts> {
  const heights = await ask(info.surface.url, signal);
  const surface = new Surface(info, new Uint16Array(await heights.arrayBuffer()));
  const most = painter.isSoftware ? POINTS.software : POINTS.device;
  return { surface, ground: new Ground(surface, most, !painter.isSoftware, bareGround(surface)) };
}

/** The buildings, when their tiles are there; until then `waiting` is told when they are asked again. */
export async function loadBuildings(
  info: SceneInfo,
  { camera, painter }: Stage,
  signal: AbortSignal,
  waiting: (seconds: number) => void,
  failed: (error: Error) => void,
): Promise<Buildings> {
  // Read to its end, so that the tiles renderer finds it in the cache.
  await (await askPatiently(info.tileset, signal, waiting)).arrayBuffer();
  return new Buildings(info, camera.camera, painter.renderer, () => painter.request(), failed);
}

/** Paint land cover, rivers and streets on the ground. */
export async function paint(city: CityDetail, parts: CityParts, painter: Painter): Promise<void> {
  const side = painter.isSoftware ? TEXELS.software : TEXELS.device;
  parts.ground.picture = await paintedGround(city, parts.surface, side);
  painter.request();
}

/** Drains and manholes of the city; null where it has none. */
export async function loadSewers(
  city: CityDetail,
  surface: Surface,
  scene: Scene,
): Promise<Sewers | null> {
  const layer = async (name: string) => {
    if (!city.layers.some((each) => each.name === name)) return [];
    const path = `${cityPath(city.name)}/layers/${name}?v=${city.version}`;
    return (await askIfThere<Collection<never>>(path))?.features ?? [];
  };
  const [drains, manholes] = await Promise.all([layer("drains"), layer("manholes")]);
  if (drains.length === 0) return null;
  const sewers = new Sewers(drains as never, manholes as never, surface);
  scene.add(sewers.group);
  return sewers;
}
