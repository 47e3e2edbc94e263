/** What a tile says of its buildings: EXT_mesh_features and EXT_structural_metadata. */

import { BufferAttribute, type BufferGeometry, type Mesh, type Object3D } from "three";

/** What 3DTilesRendererJS puts beside a mesh, as far as it is used here. */
interface FeatureIds {
  getFeatureInfo(): { attribute?: number; propertyTable: number | null; nullFeatureId: number | null }[];
}
interface TableAccessor {
  count: number;
  properties: Record<string, unknown>;
  getPropertyValue(name: string, row: number): unknown;
}
interface Metadata {
  tableAccessors: TableAccessor[];
  getPropertyTableData(table: number, row: number): Record<string, unknown>;
}

export const ROW = "row";
const NO_ROW = -1;
/** What lies on the ground: it would hide the water that our own ground shows. */
const ON_GROUND = [
  "LandUse", "PlantCover", "Railway", "Road", "Square", "TINRelief", "TransportSquare", "WaterBody", "WaterSurface", "Waterway",
];

/** Give each vertex the row of its building in the layer of the city (-1: none). */
export function addRows(mesh: Mesh): void {
  const ids = idsOf(mesh);
  const geometry = mesh.geometry as BufferGeometry;
  const rows = new Float32Array(geometry.getAttribute("position").count).fill(NO_ROW);
  if (ids) {
    const ofFeature = column(ids.table);
    for (let vertex = 0; vertex < rows.length; vertex += 1) {
      rows[vertex] = ofFeature[ids.attribute.getX(vertex)] ?? NO_ROW;
    }
  }
  geometry.setAttribute(ROW, new BufferAttribute(rows, 1));
}

/** Leave out the triangles of what lies on the ground. */
export function leaveOutGround(mesh: Mesh): void {
  const ids = idsOf(mesh);
  const index = mesh.geometry.index;
  if (!ids || !index || !("type" in ids.table.properties)) return;
  const isFlat = Array.from({ length: ids.table.count }, (_, feature) =>
    ON_GROUND.includes(String(ids.table.getPropertyValue("type", feature))),
  );
  if (!isFlat.includes(true)) return;
  const kept = index.array.filter((_, corner, all) => !isFlat[ids.attribute.getX(all[corner - (corner % 3)])]);
  mesh.geometry.setIndex(new BufferAttribute(kept, 1));
}

/** All that the tile knows of the building at a vertex; null where it says nothing. */
export function propertiesAt(object: Object3D, vertex: number): Record<string, unknown> | null {
  const ids = idsOf(object as Mesh);
  if (!ids) return null;
  const feature = ids.attribute.getX(vertex);
  if (feature === ids.missing) return null;
  return ids.metadata.getPropertyTableData(ids.tableNumber, feature);
}

function idsOf(mesh: Mesh) {
  const features = mesh.userData.meshFeatures as FeatureIds | undefined;
  const metadata = mesh.userData.structuralMetadata as Metadata | undefined;
  const info = features?.getFeatureInfo().find((each) => each.attribute !== undefined);
  if (!metadata || !info || info.propertyTable === null) return null;
  const attribute = mesh.geometry.getAttribute(`_feature_id_${info.attribute}`);
  const table = metadata.tableAccessors[info.propertyTable];
  if (!attribute || !table) return null;
  return { attribute, table, metadata, tableNumber: info.propertyTable, missing: info.nullFeatureId };
}

/** The rows of all buildings of a table, read once a tile. */
function column(table: TableAccessor): Int32Array {
  if (!(ROW in table.properties)) return new Int32Array();
  return Int32Array.from({ length: table.count }, (_, feature) =>
    Number(table.getPropertyValue(ROW, feature) ?? NO_ROW),
  );
}
