/** Paints shapes given in longitude and latitude onto a picture of the ground. */

import { type Geometry, parts } from "./shapes";
import type { Surface } from "./surface";

export interface Shape {
  geometry: Geometry;
  properties: { kind?: string; width?: number; is_underpass?: boolean; is_bridge?: boolean };
}

type Point = [number, number];
type Rings = Point[][];

export class Brush {
  readonly pen: CanvasRenderingContext2D;
  private readonly scale: number;
  private readonly texelsOfMetre: number;

  /** A picture of the ground with `side` texels on its longer side. */
  constructor(
    private readonly surface: Surface,
    side: number,
    colour: string,
  ) {
    const { rows, columns } = surface;
    this.scale = side / Math.max(rows, columns);
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(columns * this.scale);
    canvas.height = Math.round(rows * this.scale);
    this.pen = canvas.getContext("2d", { willReadFrequently: true }) as CanvasRenderingContext2D;
    this.pen.fillStyle = colour;
    this.pen.fillRect(0, 0, canvas.width, canvas.height);
    this.pen.lineCap = "round";
    this.pen.lineJoin = "round";
    const width = surface.place(0, 0.5, 0).distanceTo(surface.place(1, 0.5, 0));
    this.texelsOfMetre = (columns * this.scale) / width;
  }

  get size(): [number, number] {
    return [this.pen.canvas.width, this.pen.canvas.height];
  }

  /** Red, green, blue and alpha of each texel. */
  get texels(): Uint8ClampedArray {
    return this.pen.getImageData(0, 0, ...this.size).data;
  }

  /** Fill polygons; holes stay free. */
  fill({ geometry }: Shape, colour: string): void {
    const polygons = parts<Rings>(geometry, "Polygon");
    if (polygons.length === 0) return;
    this.pen.fillStyle = colour;
    this.pen.beginPath();
    for (const ring of polygons.flat()) this.trace(ring);
    this.pen.fill("evenodd");
  }

  /** Draw lines of a width on the ground [m], never thinner than a texel. */
  line({ geometry }: Shape, colour: string, width: number): void {
    this.pen.strokeStyle = colour;
    this.pen.lineWidth = Math.max(1, width * this.texelsOfMetre);
    this.pen.beginPath();
    for (const part of parts<Point[]>(geometry, "LineString")) this.trace(part);
    this.pen.stroke();
  }

  private trace(points: Point[]): void {
    const { rows, columns } = this.surface;
    points.forEach(([lon, lat], index) => {
      const [u, v] = this.surface.gridOfLonLat(lon, lat);
      const [x, y] = [(u * (columns - 1) + 0.5) * this.scale, (v * (rows - 1) + 0.5) * this.scale];
      if (index === 0) this.pen.moveTo(x, y);
      else this.pen.lineTo(x, y);
    });
  }
}
