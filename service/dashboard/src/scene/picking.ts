/** What lies under a point of the screen: a building, a drain, or a place on the ground. */

import { type PerspectiveCamera, Raycaster, Vector2, Vector3 } from "three";
import type { Buildings } from "./buildings";
import { propertiesAt, ROW } from "./features";
import type { Ground } from "./ground";
import type { Drain, Sewers } from "./sewers";

export type Picked =
  | { kind: "building"; row: number; properties: Record<string, unknown>; point: Vector3 }
  | { kind: "drain"; id: string; point: Vector3 }
  | { kind: "ground"; point: Vector3 };

const DRAIN_PIXELS = 9;

export class Picker {
  private readonly ray = new Raycaster();

  constructor(private readonly camera: PerspectiveCamera) {
    // Ends at the first building: the tiles renderer knows this sign.
    Object.assign(this.ray, { firstHitOnly: true });
  }

  /** `x` and `y` from -1 (left, bottom) to 1; `size` of the canvas [pixels]. */
  pick(at: Vector2, size: Vector2, ground: Ground, buildings: Buildings | null, sewers: Sewers | null): Picked | null {
    if (sewers?.group.visible) {
      const drain = this.nearest(at, size, sewers.drains);
      if (drain) return { kind: "drain", id: drain.id, point: drain.ends[0] };
    }
    this.ray.setFromCamera(at, this.camera);
    const wall = buildings ? this.ray.intersectObject(buildings.tiles.group)[0] : undefined;
    const floor = this.ray.intersectObject(ground.mesh)[0];
    if (wall?.face && (!floor || wall.distance <= floor.distance)) {
      const properties = propertiesAt(wall.object, wall.face.a);
      if (properties) {
        return { kind: "building", row: Number(properties[ROW] ?? -1), properties, point: wall.point };
      }
    }
    return floor ? { kind: "ground", point: floor.point } : null;
  }

  /** The drain that is drawn nearest to a point, if it is near enough. */
  private nearest(at: Vector2, size: Vector2, drains: Drain[]): Drain | null {
    const [from, to] = [new Vector3(), new Vector3()];
    const pixel = (point: Vector3) => new Vector2(point.x, point.y).sub(at).multiply(size).multiplyScalar(0.5);
    let [best, least]: [Drain | null, number] = [null, DRAIN_PIXELS];
    for (const drain of drains) {
      from.copy(drain.ends[0]).project(this.camera);
      to.copy(drain.ends[1]).project(this.camera);
      if (from.z > 1 || to.z > 1) continue;
      const [a, b] = [pixel(from), pixel(to)];
      const along = b.clone().sub(a);
      const share = Math.min(Math.max(-a.dot(along) / (along.lengthSq() || 1), 0), 1);
      const away = a.addScaledVector(along, share).length();
      if (away < least) [best, least] = [drain, away];
    }
    return best;
  }
}
