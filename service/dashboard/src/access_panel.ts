/** Closed roads and shelters on the page: lists, cards, and what the view draws of them. */

import { type Access, AccessFollower, type Shelter, VEHICLES, type Vehicle } from "./access";
import type { CityDetail } from "./api";
import { fillSelect, find } from "./dom";
import { clock } from "./times";
import { type NamedRoad, namedRoads, nameOf, showRoadCard, showRoads, writeCard } from "./roads_panel";
import { showShelterCard, showShelters } from "./shelters_panel";
import type { RunContent } from "./run";
import type { CityView, Place } from "./view";
import { word } from "./words";

/** What the panel asks of the page around it. */
export interface AroundAccess {
  view(): CityView | null;
  closeCard(): void;
  /** The card shows something of this place: bring that into view. */
  visit(place: Place | null): void;
}

type Carded = { road: string } | { shelter: string };

export class AccessPanel {
  private readonly follower = new AccessFollower((known) => this.take(known));
  private known: Access = { time: "", roads: null, shelters: null };
  private carded: Carded | null = null;

  constructor(private readonly page: AroundAccess) {
    find("vehicle").addEventListener("change", (event) => {
      this.follower.choose((event.target as HTMLSelectElement).value as Vehicle);
    });
    this.nameVehicles("car");
  }

  /** Take a run; nothing is asked before its first picture is drawn. */
  open(city: CityDetail, run: RunContent | null, index: number): void {
    const has = (layer: string) => run !== null && city.layers.some(({ name }) => name === layer);
    find("roads-box").hidden = !has("roads");
    find("shelters-box").hidden = !has("roads") || !has("places");
    const times = has("roads") ? (run?.frames?.times ?? []) : [];
    showKey("roads", has("roads"));
    showKey("shelters", has("roads") && has("places"));
    this.carded = null;
    this.follower.open(city.name, run?.run.run_id ?? "", times, index);
  }

  hurry(): void {
    this.follower.hurry();
  }

  show(index: number): void {
    this.follower.show(index);
  }

  translate(): void {
    this.nameVehicles(find<HTMLSelectElement>("vehicle").value);
    this.take(this.known);
  }

  /** From the map, by the row of the layer. */
  readonly openRow = (row: number): void => {
    const { roads } = this.known;
    if (roads === null || typeof roads === "string") return;
    const part = roads.closed.find((each) => each.row === row);
    const road = part && namedRoads(roads).find((each) => each.name === nameOf(part));
    if (road) this.openRoad(road);
  };

  readonly openId = (id: string): void => {
    const { shelters } = this.known;
    if (shelters === null || typeof shelters === "string") return;
    const shelter = shelters.shelters.find((each) => each.id === id);
    if (shelter) this.openShelter(shelter);
  };

  private nameVehicles(chosen: string): void {
    fillSelect(find("vehicle"), VEHICLES.map((each) => [each, word(each)]), chosen);
  }

  private take(known: Access): void {
    this.known = known;
    const { shelters } = known;
    const isTold = shelters !== null && typeof shelters !== "string";
    if (isTold) showKey("shelters", !find("shelters-box").hidden && shelters.shelters.length > 0);
    showRoads(known, (road) => this.openRoad(road));
    showShelters(known, (shelter) => this.openShelter(shelter));
    this.page.view()?.showAccess?.(known);
    if (this.carded && find("card").querySelector(".access-told")) this.writeCard(this.carded);
  }

  private openRoad(road: NamedRoad): void {
    this.carded = { road: road.name };
    this.writeCard(this.carded);
    this.page.visit(road.parts[0]);
  }

  private openShelter(shelter: Shelter): void {
    this.carded = { shelter: shelter.id };
    this.writeCard(this.carded);
    const { lon, lat } = shelter;
    this.page.visit(lon === null || lat === null ? null : { lon, lat });
  }

  private writeCard(carded: Carded): void {
    const { roads, shelters } = this.known;
    const close = this.page.closeCard;
    if ("road" in carded) {
      if (roads === null || typeof roads === "string") return close();
      const road = namedRoads(roads).find((each) => each.name === carded.road);
      if (road) return showRoadCard(road, roads, close);
      const told = `${word("notClosed")} ${word(roads.vehicle)} · ${clock(roads.time)}`;
      return writeCard(carded.road, told, "open", [], word("cautious"), close);
    }
    if (shelters === null || typeof shelters === "string") return close();
    const shelter = shelters.shelters.find((each) => each.id === carded.shelter);
    if (shelter) showShelterCard(shelter, shelters, close);
  }
}

/** The legend explains only what this city can show. */
function showKey(of: "roads" | "shelters", isShown: boolean): void {
  for (const entry of document.querySelectorAll<HTMLElement>(`.access-key [data-of="${of}"]`)) {
    entry.hidden = !isShown;
  }
}
