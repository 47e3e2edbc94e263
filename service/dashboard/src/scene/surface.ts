/** The ground of a city: heights on a grid, and where each of its points is in the scene. */

import { Vector3 } from "three";
import type { SceneInfo, SurfaceInfo } from "./answers";

/** WGS 84. */
const EQUATOR_RADIUS = 6378137;
const FLATTENING = 1 / 298.257223563;
const ECCENTRICITY_2 = FLATTENING * (2 - FLATTENING);

/**
 * The scene has x to the east, y up and z to the south, in metres from the middle of the city.
 * `u` and `v` go from 0 at the first cell's centre (north-west) to 1 at the last one's.
 */
export class Surface {
  readonly rows: number;
  readonly columns: number;
  /** Height of each cell [m]; NaN outside of the city. */
  readonly heights: Float32Array;
  readonly lowest: number;
  readonly highest: number;
  private readonly info: SurfaceInfo;
  private readonly toGrid: Affine;

  constructor(
    private readonly scene: SceneInfo,
    values: Uint16Array,
  ) {
    this.info = scene.surface;
    this.rows = this.info.rows;
    this.columns = this.info.columns;
    const { offset, scale, nodata } = this.info;
    this.heights = Float32Array.from(values, (v) => (v === nodata ? Number.NaN : offset + scale * v));
    this.lowest = this.heights.reduce((least, h) => (h < least ? h : least), Number.POSITIVE_INFINITY);
    this.highest = this.heights.reduce((most, h) => (h > most ? h : most), Number.NEGATIVE_INFINITY);
    this.toGrid = fitted(this.info);
  }

  /** Where a point of the grid is at a height [m]. */
  place(u: number, v: number, height: number, target = new Vector3()): Vector3 {
    const { control, control_rows: rows, control_columns: columns } = this.info;
    const [x, y] = [clamped(u) * (columns - 1), clamped(v) * (rows - 1)];
    const [left, top] = [Math.min(Math.floor(x), columns - 2), Math.min(Math.floor(y), rows - 2)];
    const [a, b] = [x - left, y - top];
    const [first, below] = [3 * (top * columns + left), 3 * ((top + 1) * columns + left)];
    let [east, north, up] = [0, 0, height];
    for (const [start, share] of [
      [first, (1 - a) * (1 - b)],
      [first + 3, a * (1 - b)],
      [below, (1 - a) * b],
      [below + 3, a * b],
    ]) {
      east += share * control[start];
      north += share * control[start + 1];
      up += share * control[start + 2];
    }
    return target.set(east, up, -north);
  }

  /** u and v of a point of the scene. */
  gridOf(x: number, z: number): [number, number] {
    const { u, v } = this.toGrid;
    return [u[0] * x + u[1] * -z + u[2], v[0] * x + v[1] * -z + v[2]];
  }

  /** Height of the ground between the cells [m]; NaN outside. */
  heightAt(u: number, v: number): number {
    const [x, y] = [clamped(u) * (this.columns - 1), clamped(v) * (this.rows - 1)];
    const [left, top] = [Math.min(Math.floor(x), this.columns - 2), Math.min(Math.floor(y), this.rows - 2)];
    const [a, b] = [x - left, y - top];
    const at = (row: number, column: number) => this.heights[(top + row) * this.columns + left + column];
    const value = (at(0, 0) * (1 - a) + at(0, 1) * a) * (1 - b) + (at(1, 0) * (1 - a) + at(1, 1) * a) * b;
    if (!Number.isNaN(value)) return value;
    return at(Math.round(b), Math.round(a));
  }

  /** Number of the cell that a point of the scene lies in, -1 outside. */
  cellOf(x: number, z: number): number {
    const [u, v] = this.gridOf(x, z);
    const column = Math.round(u * (this.columns - 1));
    const row = Math.round(v * (this.rows - 1));
    if (column < 0 || row < 0 || column >= this.columns || row >= this.rows) return -1;
    return row * this.columns + column;
  }

  /** A point on the ground by longitude and latitude, lifted by so many metres. */
  onGround(lon: number, lat: number, lift = 0): Vector3 {
    const [east, north] = this.eastNorth(lon, lat);
    const [u, v] = this.gridOf(east, -north);
    const height = this.heightAt(u, v);
    return this.place(u, v, (Number.isNaN(height) ? this.lowest : height) + lift);
  }

  /** u and v of a longitude and latitude. */
  gridOfLonLat(lon: number, lat: number): [number, number] {
    const [east, north] = this.eastNorth(lon, lat);
    return this.gridOf(east, -north);
  }

  /** Longitude and latitude to metres east and north of the middle. */
  eastNorth(lon: number, lat: number): [number, number] {
    const [phi, lambda] = [(lat * Math.PI) / 180, (lon * Math.PI) / 180];
    const radius = EQUATOR_RADIUS / Math.sqrt(1 - ECCENTRICITY_2 * Math.sin(phi) ** 2);
    const m = this.scene.transform;
    const x = radius * Math.cos(phi) * Math.cos(lambda) - m[12];
    const y = radius * Math.cos(phi) * Math.sin(lambda) - m[13];
    const z = radius * (1 - ECCENTRICITY_2) * Math.sin(phi) - m[14];
    return [m[0] * x + m[1] * y + m[2] * z, m[4] * x + m[5] * y + m[6] * z];
  }
}

interface Affine {
  u: [number, number, number];
  v: [number, number, number];
}

/** Least squares of u and v on east and north: the grid is flat to a hand over a whole city. */
function fitted({ control, control_rows: rows, control_columns: columns }: SurfaceInfo): Affine {
  const normal = new Float64Array(9);
  const [right, down] = [new Float64Array(3), new Float64Array(3)];
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      const start = 3 * (row * columns + column);
      const terms = [control[start], control[start + 1], 1];
      for (let i = 0; i < 3; i += 1) {
        for (let j = 0; j < 3; j += 1) normal[3 * i + j] += terms[i] * terms[j];
        right[i] += (terms[i] * column) / (columns - 1);
        down[i] += (terms[i] * row) / (rows - 1);
      }
    }
  }
  return { u: solved(normal, right), v: solved(normal, down) };
}

/** Solution of three linear equations by Cramer's rule. */
function solved(matrix: Float64Array, right: Float64Array): [number, number, number] {
  const whole = determinant(matrix);
  const column = (index: number) => {
    const replaced = Float64Array.from(matrix);
    for (let row = 0; row < 3; row += 1) replaced[3 * row + index] = right[row];
    return determinant(replaced) / whole;
  };
  return [column(0), column(1), column(2)];
}

function determinant(m: Float64Array): number {
  return (
    m[0] * (m[4] * m[8] - m[5] * m[7]) -
    m[1] * (m[3] * m[8] - m[5] * m[6]) +
    m[2] * (m[3] * m[7] - m[4] * m[6])
  );
}

function clamped(share: number): number {
  return Math.min(Math.max(share, 0), 1);
}
