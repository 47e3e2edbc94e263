/** Places that matter in a flood: hospitals, shelters, stations, pumps. */

import type { Map as MapLibreMap } from "maplibre-gl";
import { ask, type CityDetail, cityPath } from "./api";
import { MAP } from "./colours";

const LETTERS: [string, string, string][] = [
  ["hospital", "H", "#ff8d84"],
  ["shelter", "S", "#8fe0a2"],
  ["school", "E", "#8fe0a2"],
  ["fire_station", "F", "#ffb58a"],
  ["police", "P", "#9fc2ff"],
  ["substation", "⚡", "#ffe08a"],
  ["pump_depot", "M", "#9fc2ff"],
];

/** Add the places of a city, where it has that layer. */
export async function addPlaces(map: MapLibreMap, city: CityDetail): Promise<void> {
  if (!city.layers.some((layer) => layer.name === "places")) return;
  const answer = await ask(`${cityPath(city.name)}/layers/places?v=${city.version}`);
  const data = await answer.json();
  if (!map.style) return; // closed meanwhile
  map.addSource("places", { type: "geojson", data });
  map.addLayer({
    id: "places",
    type: "circle",
    source: "places",
    minzoom: 13,
    paint: {
      "circle-radius": 8,
      "circle-color": MAP.outside,
      "circle-stroke-width": 1.5,
      "circle-stroke-color": matched(2, MAP.label) as never,
    },
  });
  map.addLayer({
    id: "place-letters",
    type: "symbol",
    source: "places",
    minzoom: 13,
    layout: {
      "text-field": matched(1, "•") as never,
      "text-font": ["sans-serif"],
      "text-size": 10,
    },
    paint: { "text-color": matched(2, MAP.label) as never },
  });
  map.addLayer({
    id: "place-names",
    type: "symbol",
    source: "places",
    minzoom: 15.5,
    layout: {
      "text-field": ["get", "name"],
      "text-font": ["sans-serif"],
      "text-size": 11,
      "text-offset": [0, 1.1],
      "text-anchor": "top",
    },
    paint: { "text-color": MAP.place, "text-halo-color": MAP.outside, "text-halo-width": 1.4 },
  });
}

function matched(column: 1 | 2, otherwise: string): unknown[] {
  return ["match", ["get", "kind"], ...LETTERS.flatMap((row) => [row[0], row[column]]), otherwise];
}
