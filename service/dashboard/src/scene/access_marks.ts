/** Closed roads and the state of shelters, as marks in the scene. */

import type { Access, ClosedRoad, Shelter } from "../access";
import { make } from "../dom";
import { nameOf } from "../roads_panel";
import { shelterName, STATES, stateName } from "../shelters_panel";
import { word } from "../words";
import type { Mark } from "./marks";
import type { Surface } from "./surface";

const SHELTER_WEIGHT = 60;
const ROAD_WEIGHT = 20;
const LIFT = 1;

/** Opens the card of a closed road by its row, or of a shelter by its id. */
export interface OpenAccess {
  openRow(row: number): void;
  openId(id: string): void;
}

/** All marks of what is known; none of what is not. */
export function accessMarks({ roads, shelters }: Access, surface: Surface, open: OpenAccess): Mark[] {
  const closed = roads !== null && typeof roads !== "string" ? roads.closed : [];
  const plan = shelters !== null && typeof shelters !== "string" ? shelters.shelters : [];
  return [
    ...closed.map((road) => roadMark(road, surface, open)),
    ...plan.flatMap((shelter) => shelterMark(shelter, surface, open)),
  ];
}

function roadMark(road: ClosedRoad, surface: Surface, open: OpenAccess): Mark {
  const element = marked("closed-road", "✕", `${word("closedRoad")}: ${nameOf(road)}`);
  element.addEventListener("click", () => open.openRow(road.row));
  const weight = ROAD_WEIGHT + (road.depth_mm ?? 0) / 1000;
  return { element, place: surface.onGround(road.lon, road.lat, LIFT), weight };
}

function shelterMark(shelter: Shelter, surface: Surface, open: OpenAccess): Mark[] {
  if (shelter.lon === null || shelter.lat === null) return [];
  const state = STATES[shelter.state];
  const element = marked("site", "S", `${word("shelter")}: ${shelterName(shelter)}, ${stateName(shelter)}`);
  element.style.background = state.colour;
  element.addEventListener("click", () => open.openId(shelter.id));
  return [{ element, place: surface.onGround(shelter.lon, shelter.lat, LIFT), weight: SHELTER_WEIGHT }];
}

function marked(kind: string, sign: string, label: string): HTMLButtonElement {
  const element = make("button", kind, sign);
  element.type = "button";
  element.title = label;
  element.setAttribute("aria-label", label);
  return element;
}
