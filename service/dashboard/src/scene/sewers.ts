/** Drains and manholes below the ground, thick enough to be seen from above. */

import { BufferAttribute, BufferGeometry, GLSL3, Group, Mesh, type RawShaderMaterial, Vector3 } from "three";
import { MAP } from "../colours";
import { asShader, screenColour } from "./materials";
import type { Surface } from "./surface";

export interface Drain {
  id: string;
  ends: [Vector3, Vector3];
}

interface LineFeature {
  geometry: { type: string; coordinates: [number, number][] };
  properties: { drain_id?: string; from_node?: string; to_node?: string; diameter?: number };
}

interface NodeFeature {
  geometry: { type: string; coordinates: [number, number] };
  properties: { node_id?: string; ground?: number; invert?: number };
}

const UNKNOWN_DEPTH = 2;
/** Pipes are drawn this much thicker, and at least so thick [m, share of the city], to be seen from far. */
const THICKER = 1.6;
const THINNEST = 1.2;
const THINNEST_SHARE = 0.0024;
const SHAFT = 1.3;
const VERTEX = `
uniform vec3 own;
out vec3 lit;
void main() {
  vec3 face = normalize(mat3(modelMatrix) * normal);
  lit = own * (0.75 + 0.3 * face.y);
  gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0);
}`;
const FRAGMENT = `
precision mediump float;
in vec3 lit;
out vec4 colour;
void main() { colour = vec4(lit, 1.0); }`;

export class Sewers {
  readonly group = new Group();
  readonly drains: Drain[] = [];

  constructor(lines: LineFeature[], nodes: NodeFeature[], surface: Surface) {
    this.group.visible = false;
    const inverts = new Map(nodes.map(({ properties: p }) => [p.node_id ?? "", p]));
    const width = surface.place(0, 0.5, 0).distanceTo(surface.place(1, 0.5, 0));
    const thinnest = Math.max(THINNEST, THINNEST_SHARE * width);
    const pipes = new Boxes();
    for (const { geometry, properties } of lines) {
      if (geometry.type !== "LineString") continue;
      const radius = Math.max((properties.diameter ?? 0) * THICKER, thinnest) / 2;
      const ends = [inverts.get(properties.from_node ?? ""), inverts.get(properties.to_node ?? "")];
      const places = geometry.coordinates.map(([lon, lat], index, all) => {
        const ground = surface.onGround(lon, lat);
        const share = all.length > 1 ? index / (all.length - 1) : 0;
        const [from, to] = ends.map((end) => below(end));
        return ground.setY(ground.y - (from * (1 - share) + to * share) + radius);
      });
      for (let part = 0; part + 1 < places.length; part += 1) {
        pipes.add(places[part], places[part + 1], radius);
        this.drains.push({ id: properties.drain_id ?? "", ends: [places[part], places[part + 1]] });
      }
    }
    const shafts = new Boxes();
    for (const { geometry, properties } of nodes) {
      const top = surface.onGround(...geometry.coordinates);
      shafts.add(top.clone().setY(top.y - below(properties)), top, (SHAFT * thinnest) / 2);
    }
    this.group.add(pipes.mesh(MAP.drain), shafts.mesh(MAP.manhole));
  }

  dispose(): void {
    for (const part of this.group.children as Mesh[]) {
      part.geometry.dispose();
      (part.material as RawShaderMaterial).dispose();
    }
  }
}

/** Depth of a node below its ground [m]. */
function below(node: { ground?: number; invert?: number } | undefined): number {
  if (node?.ground === undefined || node.invert === undefined) return UNKNOWN_DEPTH;
  return Math.max(node.ground - node.invert, 0);
}

/** Bars with four sides between two points, gathered into one mesh. */
class Boxes {
  private readonly places: number[] = [];
  private readonly normals: number[] = [];
  private readonly triangles: number[] = [];

  add(from: Vector3, to: Vector3, radius: number): void {
    const along = to.clone().sub(from);
    if (along.lengthSq() === 0) return;
    const upright = Math.abs(along.y) > 0.9 * along.length();
    const side = new Vector3().crossVectors(along, new Vector3(upright ? 1 : 0, upright ? 0 : 1, 0)).normalize();
    const over = new Vector3().crossVectors(side, along).normalize();
    for (const [face, across] of [[over, side], [side, over]] as const) {
      for (const sign of [1, -1]) this.side(from, to, face.clone().multiplyScalar(sign), across, radius);
    }
  }

  mesh(colour: string): Mesh {
    const geometry = new BufferGeometry();
    geometry.setAttribute("position", new BufferAttribute(new Float32Array(this.places), 3));
    geometry.setAttribute("normal", new BufferAttribute(new Float32Array(this.normals), 3));
    geometry.setIndex(this.triangles);
    const material = asShader({
      vertexShader: VERTEX,
      fragmentShader: FRAGMENT,
      glslVersion: GLSL3,
      side: 2,
      uniforms: { own: { value: screenColour(colour) } },
    });
    const mesh = new Mesh(geometry, material);
    mesh.frustumCulled = false;
    return mesh;
  }

  private side(from: Vector3, to: Vector3, face: Vector3, across: Vector3, radius: number): void {
    const first = this.places.length / 3;
    for (const end of [from, to]) {
      for (const sign of [1, -1]) {
        const corner = end.clone().addScaledVector(face, radius).addScaledVector(across, sign * radius);
        this.places.push(corner.x, corner.y, corner.z);
        this.normals.push(face.x, face.y, face.z);
      }
    }
    this.triangles.push(first, first + 1, first + 2, first + 2, first + 1, first + 3);
  }
}
