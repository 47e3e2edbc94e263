/** Closed roads on the map: lines over all others, by the state of each line in the tiles. */

import type { ExpressionSpecification, GeoJSONSource, Map as MapLibreMap } from "maplibre-gl";
import type { ClosedRoad } from "./access";
import { MAP } from "./colours";

const ROADS = { source: "city", sourceLayer: "roads" } as const;
const LAYER = "closed-roads";
const EDGE = "closed-roads-edge";
const DOTS = "closed-road-dots";
/** From this zoom on the tiles carry every street. */
const LINES_FROM = 13;

export class RoadLines {
  private closed = new Map<number, ClosedRoad>();

  /** Add the layers below those of names; `open` is called with the road that was clicked. */
  constructor(
    private readonly map: MapLibreMap,
    below: string,
    open: (row: number) => void,
  ) {
    map.addLayer(line(EDGE, MAP.outside, 2.4), below);
    map.addLayer(line(LAYER, MAP.closed, 0), below);
    map.addSource(DOTS, { type: "geojson", data: points([]) });
    map.addLayer(
      {
        id: DOTS,
        type: "circle",
        source: DOTS,
        maxzoom: LINES_FROM,
        paint: {
          "circle-color": MAP.closed,
          "circle-radius": 3.5,
          "circle-stroke-color": MAP.outside,
          "circle-stroke-width": 1,
        },
      },
      below,
    );
    map.on("click", LAYER, (event) => {
      const row = event.features?.map((each) => Number(each.id)).find((id) => this.closed.has(id));
      if (row !== undefined) open(row);
    });
  }

  /** Show these as closed; touches only those that change. */
  show(roads: ClosedRoad[]): void {
    const next = new Map(roads.map((road) => [road.row, road]));
    for (const id of this.closed.keys()) {
      if (!next.has(id)) this.map.setFeatureState({ ...ROADS, id }, { closed: false });
    }
    for (const id of next.keys()) {
      if (!this.closed.has(id)) this.map.setFeatureState({ ...ROADS, id }, { closed: true });
    }
    const isSame = next.size === this.closed.size && [...next.keys()].every((id) => this.closed.has(id));
    this.closed = next;
    if (!isSame) this.map.getSource<GeoJSONSource>(DOTS)?.setData(points(roads));
  }
}

function line(id: string, colour: string, more: number) {
  const isClosed = ["boolean", ["feature-state", "closed"], false];
  const width = (pixels: number) => ["case", isClosed, pixels + more, 0];
  return {
    id,
    type: "line",
    source: ROADS.source,
    "source-layer": ROADS.sourceLayer,
    layout: { "line-cap": "butt" },
    paint: {
      "line-color": colour,
      "line-width": [
        "interpolate", ["exponential", 1.6], ["zoom"], 11, width(2.5), 15, width(5), 18, width(12),
      ] as unknown as ExpressionSpecification,
    },
  } as never;
}

function points(roads: ClosedRoad[]) {
  return {
    type: "FeatureCollection" as const,
    features: roads.map(({ row, lon, lat }) => ({
      type: "Feature" as const,
      id: row,
      properties: {},
      geometry: { type: "Point" as const, coordinates: [lon, lat] },
    })),
  };
}
