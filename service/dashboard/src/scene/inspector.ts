/** Opens the card of what was picked in the scene, and says it in words. */

import { cityPath, type CitySummary } from "../api";
import { find, make } from "../dom";
import { factRows } from "../hotspots";
import { language, word } from "../words";
import { askIfThere, type ObjectRecord, type Reading } from "./answers";
import type { GroundObject, GroundObjects } from "./ground_objects";
import { attributeList, readingParts, recordParts, showObjectCard, titleOf } from "./object_card";
import type { Picked } from "./picking";
import { quantityName, quantityText } from "./quantities";

/** What the scene shows now. */
export interface Moment {
  run: string | null;
  time: string | null;
  /** Depth of the water at a point of the scene [m]; null: not known. */
  depthAt(x: number, z: number): number | null;
  heightAt(x: number, z: number): number | null;
  /** Roads and districts; asked for when they are first needed. */
  ground(): Promise<GroundObjects>;
}

export class Inspector {
  private asked = new AbortController();

  constructor(
    private readonly city: CitySummary,
    private readonly close: () => void,
  ) {}

  async open(picked: Picked, moment: Moment): Promise<void> {
    if (picked.kind === "ground") return this.ground(picked.point.x, picked.point.z, moment);
    if (picked.kind === "drain") return this.object("drain", picked.id, { id: picked.id }, moment);
    const { row, properties } = picked;
    const id = row >= 0 ? `row:${row}` : String(properties.id ?? "");
    return this.object("building", id, properties, moment);
  }

  reading(reading: Reading): void {
    this.forget();
    const title = reading.name || reading.station_id || "";
    this.show(word("sensor"), title, readingParts(reading));
    this.say(`${title}: ${quantityName(reading.property)} ${quantityText(reading.property, reading.value, reading.unit)}`);
  }

  /** A known flood-prone spot, or anything else that has a record. */
  async object(kind: string, id: string, properties: Record<string, unknown>, moment: Moment): Promise<void> {
    this.forget();
    const { signal } = this.asked;
    const name = quantityName(kind);
    const title = String(properties.name ?? properties.id ?? id);
    // What the tile knows is there at once; the record comes a moment later.
    this.show(name, title, [make("p", "quiet-text", word("loading")), attributeList(properties)]);
    const asked = new URLSearchParams({ run: moment.run ?? "latest" });
    if (moment.time) asked.set("at", moment.time);
    const path = `${cityPath(this.city.name)}/objects/${kind}/${encodeURIComponent(id)}?${asked}`;
    const record = await askIfThere<ObjectRecord>(path, signal).catch((error) => {
      if (signal.aborted) return undefined;
      throw error;
    });
    if (record === undefined) return;
    if (record === null) {
      this.show(name, title, [make("p", "quiet-text", word("noRecord")), attributeList(properties)]);
      this.say(`${name} ${title}`);
      return;
    }
    this.show(name, titleOf(record), recordParts(record));
    const first = record.values.find((value) => value.quantity === "water_depth" && typeof value.value === "number");
    const depth = first ? `: ${quantityName(first.quantity)} ${quantityText(first.quantity, Number(first.value), first.unit)}` : "";
    this.say(`${name} ${titleOf(record)}${depth}`);
  }

  /** A road where there is one; else what is known of the point, and the way to its district. */
  private async ground(x: number, z: number, moment: Moment): Promise<void> {
    this.forget();
    const { signal } = this.asked;
    this.point(x, z, moment, null);
    const objects = await moment.ground();
    if (signal.aborted) return;
    const road = objects.roadAt(x, z);
    if (road) return this.object(road.kind, road.id, road.properties, moment);
    const district = objects.districtAt(x, z);
    if (district) this.point(x, z, moment, district);
  }

  private point(x: number, z: number, moment: Moment, district: GroundObject | null): void {
    const rows: [string, string][] = [];
    const add = (name: string, value: number | null) => {
      if (value !== null) rows.push([name, quantityText("", value, "m")]);
    };
    add(word("water_depth"), moment.depthAt(x, z));
    add(word("groundHeight"), moment.heightAt(x, z));
    if (rows.length === 0) return;
    const list = make("dl", "facts");
    list.append(...factRows(rows.slice(1)));
    this.show(word("groundPoint"), rows[0].join(" "), [list, district && this.way(district, moment)]);
    this.say(`${rows[0][0]} ${rows[0][1]}`);
  }

  /** A button that opens another object. */
  private way({ kind, id, properties }: GroundObject, moment: Moment): HTMLElement {
    const named = language() === "en" ? properties.name : (properties.name_zh ?? properties.name);
    const button = make("button", "button way", `${quantityName(kind)}: ${named ?? id}`);
    button.type = "button";
    button.addEventListener("click", () => void this.object(kind, id, properties, moment));
    return button;
  }

  private show(kind: string, title: string, parts: (HTMLElement | null)[]): void {
    showObjectCard(kind, title, parts, this.close);
  }

  private say(text: string): void {
    find("scene-words").textContent = text;
  }

  /** What was asked before is not wanted any more. */
  forget(): void {
    this.asked.abort();
    this.asked = new AbortController();
  }
}
