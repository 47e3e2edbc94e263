/** The base map: the city's own layers in the calm colours of a room at night. */

import type { ExpressionSpecification, LayerSpecification, StyleSpecification } from "maplibre-gl";
import { type CitySummary, cityPath, type LegendStep } from "./api";
import { MAP } from "./colours";
import type { Language } from "./words";

export const WATER_LAYER = "water-over-time";
export const BUILDING_LAYER = "buildings";
export const RIVERS = "rivers";
export const BUILDINGS = { source: "city", sourceLayer: "buildings" } as const;
const FONT = ["Noto Sans TC", "Noto Sans", "Microsoft JhengHei", "PingFang TC", "sans-serif"];

export function baseStyle(city: CitySummary, language: Language): StyleSpecification {
  const address = `${location.origin}${cityPath(city.name)}/tiles/{z}/{x}/{y}.mvt?v=${city.version}`;
  return {
    version: 8,
    sources: {
      city: {
        type: "vector",
        tiles: [address],
        minzoom: city.tile_zooms[0],
        maxzoom: city.tile_zooms[1],
        bounds: city.bounds,
      },
    },
    light: { anchor: "viewport", position: [1.3, 200, 40], intensity: 0.28 },
    layers: [
      { id: "outside", type: "background", paint: { "background-color": MAP.outside } },
      ...land(),
      ...overWater(),
      buildingLayer(),
      ...labelLayers(language),
    ],
  };
}

function land(): LayerSpecification[] {
  const source = "city";
  return [
    {
      id: "ground",
      type: "fill",
      source,
      "source-layer": "districts",
      paint: { "fill-color": MAP.ground, "fill-antialias": false },
    },
    {
      id: "land-cover",
      type: "fill",
      source,
      "source-layer": "land_cover",
      paint: {
        "fill-antialias": false,
        "fill-color": [
          "match",
          ["get", "kind"],
          ["park", "grass", "forest", "green", "trees", "woods", "farmland", "field", "wetland"],
          MAP.green,
          ["water", "river", "pond", "sea"],
          MAP.river,
          MAP.built,
        ],
      },
    },
    roads("roads", ["!=", ["coalesce", ["get", "is_underpass"], false], true]),
    {
      ...roads("underpasses", ["==", ["get", "is_underpass"], true]),
      paint: { "line-color": MAP.underpass, "line-width": roadWidth(), "line-dasharray": [2, 1] },
    } as LayerSpecification,
  ];
}

/** What lies over the flood: rivers and ponds, which are never a flood, and their bridges. */
function overWater(): LayerSpecification[] {
  const source = "city";
  return [
    {
      id: RIVERS,
      type: "fill",
      source,
      "source-layer": "water",
      paint: { "fill-color": MAP.river, "fill-outline-color": MAP.riverEdge },
    },
    roads("bridges", ["==", ["get", "is_bridge"], true]),
    {
      id: "districts",
      type: "line",
      source,
      "source-layer": "districts",
      paint: { "line-color": MAP.district, "line-opacity": 0.5, "line-dasharray": [4, 3] },
    },
  ];
}

function roads(id: string, filter: ExpressionSpecification): LayerSpecification {
  return {
    id,
    type: "line",
    source: "city",
    "source-layer": "roads",
    filter,
    paint: {
      "line-color": [
        "match",
        ["get", "kind"],
        "motorway",
        MAP.motorway,
        "main",
        MAP.main,
        "path",
        MAP.path,
        MAP.street,
      ],
      "line-width": roadWidth(),
    },
  };
}

function roadWidth(): ExpressionSpecification {
  const wide = ["match", ["get", "kind"], "motorway", 3, "main", 2, "path", 0.5, 1];
  const scaled = (factor: number) => ["*", factor, wide];
  return [
    "interpolate",
    ["exponential", 1.7],
    ["zoom"],
    11,
    scaled(0.4),
    14,
    scaled(1.1),
    18,
    scaled(9),
  ] as unknown as ExpressionSpecification;
}

function buildingLayer(): LayerSpecification {
  return {
    id: BUILDING_LAYER,
    type: "fill-extrusion",
    source: BUILDINGS.source,
    "source-layer": BUILDINGS.sourceLayer,
    minzoom: 12,
    paint: {
      "fill-extrusion-color": MAP.building,
      "fill-extrusion-height": ["coalesce", ["get", "height"], 6],
      "fill-extrusion-vertical-gradient": true,
    },
  };
}

/** Colour of a building by its feature state `step` (0: dry). */
export function buildingColour(steps: LegendStep[]): ExpressionSpecification {
  const colours = steps.flatMap((step, index) => [index + 1, step.colour]);
  return [
    "match",
    ["coalesce", ["feature-state", "step"], 0],
    ...colours,
    MAP.building,
  ] as unknown as ExpressionSpecification;
}

/** Names, above everything; drawn with fonts of this machine, so no server is asked. */
export function labelLayers(language: Language): LayerSpecification[] {
  const name: ExpressionSpecification =
    language === "en"
      ? ["coalesce", ["get", "name"], ["get", "name_zh"], ""]
      : ["coalesce", ["get", "name_zh"], ["get", "name"], ""];
  const halo = { "text-halo-color": MAP.outside, "text-halo-width": 1.6 };
  return [
    {
      id: "road-names",
      type: "symbol",
      source: "city",
      "source-layer": "roads",
      minzoom: 15.5,
      layout: {
        "symbol-placement": "line",
        "text-field": name,
        "text-font": FONT,
        "text-size": 11,
        "symbol-spacing": 320,
      },
      paint: { "text-color": MAP.label, ...halo },
    },
    {
      id: "district-names",
      type: "symbol",
      source: "city",
      "source-layer": "district_labels",
      maxzoom: 17,
      layout: {
        "text-field": name,
        "text-font": FONT,
        "text-size": ["interpolate", ["linear"], ["zoom"], 10, 11, 15, 15],
        "text-letter-spacing": 0.08,
      },
      paint: { "text-color": MAP.label, ...halo },
    },
  ];
}
