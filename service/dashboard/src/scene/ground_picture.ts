/** What is painted on the ground: hills in light and shade, land cover, rivers and streets. */

import { DataTexture, LinearFilter, RGBAFormat, type Texture, Vector3 } from "three";
import { type CityDetail, cityPath } from "../api";
import { MAP } from "../colours";
import { askIfThere } from "./answers";
import { Brush, type Shape } from "./ground_brush";
import type { Surface } from "./surface";

/** Light comes from the north-west, as on maps (east, up, south). */
const LIGHT = new Vector3(-0.5, 0.78, -0.4).normalize();
/** Slopes are shaded as if the city were this much steeper, as most are nearly flat. */
const STEEPER = 3;
const CONTRAST = 0.9;
/** Lighter than on the map, as the sky around the city is dark here. */
const BRIGHTER = 1.35;
const GREEN = ["park", "grass", "forest", "green", "trees", "woods", "farmland", "field", "wetland"];
const WATER = ["water", "river", "pond", "sea"];
const ROADS: Record<string, [colour: string, width: number]> = {
  motorway: [MAP.motorway, 18],
  main: [MAP.main, 13],
  path: [MAP.path, 2.5],
};
const STREET: [string, number] = [MAP.street, 7];

/** The bare ground, at once: shaded heights. */
export function bareGround(surface: Surface): Texture {
  const brush = new Brush(surface, Math.max(surface.rows, surface.columns), MAP.ground);
  return finish(brush, surface, null);
}

/** The ground with what lies on it, `side` texels on its longer side. */
export async function paintedGround(city: CityDetail, surface: Surface, side: number): Promise<Texture> {
  const [cover, roads, rivers] = await Promise.all(
    ["land_cover", "roads", "water"].map((name) => shapesOf(city, name)),
  );
  const brush = new Brush(surface, side, MAP.ground);
  for (const shape of cover) brush.fill(shape, coverColour(shape.properties.kind ?? ""));
  for (const road of roads) {
    const [colour, width] = ROADS[road.properties.kind ?? ""] ?? STREET;
    const { is_underpass: below, is_bridge: above } = road.properties;
    if (!above) brush.line(road, below ? MAP.underpass : colour, road.properties.width ?? width);
  }
  const isRiver = new Brush(surface, side, "#000");
  for (const river of rivers) {
    brush.fill(river, MAP.river);
    isRiver.fill(river, "#fff");
  }
  for (const bridge of roads.filter((road) => road.properties.is_bridge)) {
    const [colour, width] = ROADS[bridge.properties.kind ?? ""] ?? STREET;
    brush.line(bridge, colour, bridge.properties.width ?? width);
  }
  return finish(brush, surface, isRiver);
}

async function shapesOf(city: CityDetail, name: string): Promise<Shape[]> {
  if (!city.layers.some((layer) => layer.name === name)) return [];
  const path = `${cityPath(city.name)}/layers/${name}?v=${city.version}`;
  return (await askIfThere<{ features: Shape[] }>(path))?.features ?? [];
}

function coverColour(kind: string): string {
  if (GREEN.includes(kind)) return MAP.green;
  return WATER.includes(kind) ? MAP.river : MAP.built;
}

/** Light and shade over the picture; in alpha what is a river, so never a flood. */
function finish(brush: Brush, surface: Surface, isRiver: Brush | null): Texture {
  const [width, height] = brush.size;
  const texels = brush.texels;
  const river = isRiver?.texels;
  const shade = shades(surface);
  for (let texel = 0; texel < width * height; texel += 1) {
    const row = Math.floor(((Math.floor(texel / width) + 0.5) * surface.rows) / height);
    const column = Math.floor((((texel % width) + 0.5) * surface.columns) / width);
    const light = shade[row * surface.columns + column];
    for (let channel = 0; channel < 3; channel += 1) texels[4 * texel + channel] *= light;
    texels[4 * texel + 3] = river ? river[4 * texel] : 0;
  }
  const texture = new DataTexture(new Uint8Array(texels.buffer), width, height, RGBAFormat);
  texture.minFilter = texture.magFilter = LinearFilter;
  texture.needsUpdate = true;
  return texture;
}

/** How light each cell is, `BRIGHTER` on the flat. */
function shades(surface: Surface): Float32Array {
  const { rows, columns, heights } = surface;
  const wide = surface.place(0, 0.5, 0).distanceTo(surface.place(1, 0.5, 0)) / (columns - 1);
  const high = surface.place(0.5, 0, 0).distanceTo(surface.place(0.5, 1, 0)) / (rows - 1);
  const normal = new Vector3();
  return Float32Array.from(heights, (height, cell) => {
    if (Number.isNaN(height)) return BRIGHTER;
    const [row, column] = [Math.floor(cell / columns), cell % columns];
    const east = heights[column + 1 < columns ? cell + 1 : cell];
    const south = heights[row + 1 < rows ? cell + columns : cell];
    normal.set((-STEEPER * (east - height)) / wide, 1, (-STEEPER * (south - height)) / high).normalize();
    const light = 1 + CONTRAST * (normal.dot(LIGHT) - LIGHT.y);
    return BRIGHTER * (Number.isNaN(light) ? 1 : Math.min(Math.max(light, 0.55), 1.6));
  });
}
