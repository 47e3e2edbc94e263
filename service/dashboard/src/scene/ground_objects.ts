/** Roads and districts, to be found at a point of the ground. */

import { type CityDetail, cityPath } from "../api";
import { askIfThere } from "./answers";
import { type Geometry, parts } from "./shapes";
import type { Surface } from "./surface";

type Point = [number, number];

interface Feature {
  id: string;
  geometry: Geometry;
  properties: Record<string, unknown> & { width?: number; is_underpass?: boolean };
}

/** How a record is asked for, and what the layer knows already. */
export interface GroundObject {
  kind: "road" | "underpass" | "district";
  id: string;
  properties: Record<string, unknown>;
}

const ROAD_WIDTH = 7;
/** A finger is not as sharp as a road is narrow [m]. */
const REACH = 2;

export class GroundObjects {
  private constructor(
    private readonly surface: Surface,
    private readonly roads: Feature[],
    private readonly districts: Feature[],
  ) {}

  static async load(city: CityDetail, surface: Surface): Promise<GroundObjects> {
    const [roads, districts] = await Promise.all(
      ["roads", "districts"].map(async (name) => {
        if (!city.layers.some((layer) => layer.name === name)) return [];
        const path = `${cityPath(city.name)}/layers/${name}?v=${city.version}`;
        return (await askIfThere<{ features: Feature[] }>(path))?.features ?? [];
      }),
    );
    return new GroundObjects(surface, roads, districts);
  }

  /** The road whose width covers a point of the scene. */
  roadAt(x: number, z: number): GroundObject | null {
    let [best, least]: [Feature | null, number] = [null, Number.POSITIVE_INFINITY];
    for (const road of this.roads) {
      const half = (road.properties.width ?? ROAD_WIDTH) / 2 + REACH;
      for (const line of parts<Point[]>(road.geometry, "LineString")) {
        const away = this.distance(line, [x, -z]);
        if (away <= half && away < least) [best, least] = [road, away];
      }
    }
    if (!best) return null;
    return asked(best.properties.is_underpass ? "underpass" : "road", best, best.properties.road_id);
  }

  /** The district around a point of the scene. */
  districtAt(x: number, z: number): GroundObject | null {
    const found = this.districts.find(({ geometry }) =>
      parts<Point[][]>(geometry, "Polygon").some((rings) => this.isWithin(rings, [x, -z])),
    );
    return found ? asked("district", found, found.properties.district_id) : null;
  }

  private distance(line: Point[], [east, north]: Point): number {
    let least = Number.POSITIVE_INFINITY;
    const places = line.map(([lon, lat]) => this.surface.eastNorth(lon, lat));
    for (let part = 0; part + 1 < places.length; part += 1) {
      const [[x, y], [toX, toY]] = [places[part], places[part + 1]];
      const [dx, dy] = [toX - x, toY - y];
      const along = ((east - x) * dx + (north - y) * dy) / (dx * dx + dy * dy || 1);
      const share = Math.min(Math.max(along, 0), 1);
      least = Math.min(least, Math.hypot(x + share * dx - east, y + share * dy - north));
    }
    return least;
  }

  /** Even-odd rule over all rings, so that a hole is outside. */
  private isWithin(rings: Point[][], [east, north]: Point): boolean {
    let isInside = false;
    for (const ring of rings) {
      const places = ring.map(([lon, lat]) => this.surface.eastNorth(lon, lat));
      for (let corner = 1; corner < places.length; corner += 1) {
        const [[x, y], [toX, toY]] = [places[corner - 1], places[corner]];
        if (y > north === toY > north) continue;
        if (east < x + ((north - y) / (toY - y)) * (toX - x)) isInside = !isInside;
      }
    }
    return isInside;
  }
}

function asked(kind: GroundObject["kind"], feature: Feature, id: unknown): GroundObject {
  return { kind, id: String(id ?? `row:${feature.id}`), properties: feature.properties };
}
