/** The ground as triangles, thinned where the grid is finer than the screen needs, with walls at its edge. */

import { BufferAttribute, BufferGeometry, Vector3 } from "three";
import type { Surface } from "./surface";

/** How far the walls go below the lowest ground, as a share of the width of the city. */
const WALL_SHARE = 0.012;

interface Grid {
  rows: number;
  columns: number;
  /** Number of the vertex of each point; -1 outside of the city. */
  vertices: Int32Array;
}

/** Triangles with `uv` for the textures and `edge` = 1 at the foot of the walls. */
export function groundMesh(surface: Surface, most: number): BufferGeometry {
  const rows = Math.min(surface.rows, most);
  const columns = Math.min(surface.columns, most);
  const grid: Grid = { rows, columns, vertices: new Int32Array(rows * columns).fill(-1) };
  const places: number[] = [];
  const texels: number[] = [];
  const edges: number[] = [];
  const at = new Vector3();
  const add = (point: Vector3, texel: [number, number], edge: number) => {
    places.push(point.x, point.y, point.z);
    texels.push(...texel);
    edges.push(edge);
    return edges.length - 1;
  };
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      const [u, v] = [column / (columns - 1), row / (rows - 1)];
      const height = surface.heightAt(u, v);
      if (Number.isNaN(height)) continue;
      const texel = texelOf(surface, u, v);
      grid.vertices[row * columns + column] = add(surface.place(u, v, height, at), texel, 0);
    }
  }
  const triangles = floor(grid);
  const width = surface.place(1, 1, 0).distanceTo(surface.place(0, 0, 0));
  const foot = surface.lowest - Math.max(4, WALL_SHARE * width);
  for (const [a, b] of rim(grid)) {
    const corners = [a, b].flatMap((vertex) => {
      const texel: [number, number] = [texels[2 * vertex], texels[2 * vertex + 1]];
      at.fromArray(places, 3 * vertex);
      const top = add(at, texel, 1);
      at.y = foot;
      return [top, add(at, texel, 1)];
    });
    triangles.push(corners[0], corners[1], corners[2], corners[2], corners[1], corners[3]);
  }
  const mesh = new BufferGeometry();
  mesh.setAttribute("position", new BufferAttribute(new Float32Array(places), 3));
  mesh.setAttribute("uv", new BufferAttribute(new Float32Array(texels), 2));
  mesh.setAttribute("edge", new BufferAttribute(new Float32Array(edges), 1));
  mesh.setIndex(triangles);
  mesh.computeBoundingSphere();
  return mesh;
}

/** The middle of a cell is the middle of its texel. */
function texelOf({ rows, columns }: Surface, u: number, v: number): [number, number] {
  return [(u * (columns - 1) + 0.5) / columns, (v * (rows - 1) + 0.5) / rows];
}

function floor({ rows, columns, vertices }: Grid): number[] {
  const triangles: number[] = [];
  for (let row = 0; row + 1 < rows; row += 1) {
    for (let column = 0; column + 1 < columns; column += 1) {
      const first = row * columns + column;
      const [a, b] = [vertices[first], vertices[first + 1]];
      const [c, d] = [vertices[first + columns], vertices[first + columns + 1]];
      if (a >= 0 && c >= 0 && b >= 0) triangles.push(a, c, b);
      if (b >= 0 && c >= 0 && d >= 0) triangles.push(b, c, d);
    }
  }
  return triangles;
}

/** Neighbours that have ground on one side only. */
function rim({ rows, columns, vertices }: Grid): [number, number][] {
  const found: [number, number][] = [];
  const isThere = (row: number, column: number) =>
    row >= 0 && column >= 0 && row < rows && column < columns && vertices[row * columns + column] >= 0;
  const along = (row: number, column: number, down: number, right: number) => {
    if (!isThere(row, column) || !isThere(row + down, column + right)) return;
    // The row or column to either side of this pair.
    const before = isThere(row - right, column - down) && isThere(row + down - right, column + right - down);
    const after = isThere(row + right, column + down) && isThere(row + down + right, column + right + down);
    if (before === after) return;
    found.push([
      vertices[row * columns + column],
      vertices[(row + down) * columns + column + right],
    ]);
  };
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      along(row, column, 0, 1);
      along(row, column, 1, 0);
    }
  }
  return found;
}
