/** Shapes as GeoJSON has them. */

export interface Geometry {
  type: string;
  coordinates: unknown;
}

/** The parts of a geometry of one kind, single or multiple. */
export function parts<T>(geometry: Geometry, kind: string): T[] {
  if (geometry.type === kind) return [geometry.coordinates as T];
  return geometry.type === `Multi${kind}` ? (geometry.coordinates as T[]) : [];
}
