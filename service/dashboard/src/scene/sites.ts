/** Pumps, gates and shelters: marks in the scene that open the record of each. */

import { cityPath, type CitySummary } from "../api";
import { make } from "../dom";
import { language } from "../words";
import { askIfThere } from "./answers";
import type { Mark } from "./marks";
import { quantityName } from "./quantities";
import type { Surface } from "./surface";

/** Letters and colours as on the map. */
const CLASSES = { shelter: "S", pump: "M", gate: "G" } as const;
const SITE_WEIGHT = 30;
const LIFT = 2;

export interface Site {
  kind: keyof typeof CLASSES;
  id: string;
  name: string | null;
  name_zh: string | null;
  lon: number;
  lat: number;
}

export async function loadSites(city: CitySummary): Promise<Site[]> {
  const kinds = Object.keys(CLASSES) as Site["kind"][];
  const lists = await Promise.all(
    kinds.map(async (kind) => {
      const path = `${cityPath(city.name)}/objects?class=${kind}`;
      const found = await askIfThere<{ objects: Omit<Site, "kind">[] }>(path);
      return (found?.objects ?? []).map((site) => ({ ...site, kind }));
    }),
  );
  return lists.flat();
}

export function siteMarks(sites: Site[], surface: Surface, open: (site: Site) => void): Mark[] {
  return sites.map((site) => {
    const element = make("button", "site", CLASSES[site.kind]);
    element.type = "button";
    element.dataset.kind = site.kind;
    const name = (language() === "en" ? site.name : (site.name_zh ?? site.name)) ?? site.id;
    element.setAttribute("aria-label", `${quantityName(site.kind)}: ${name}`);
    element.title = element.getAttribute("aria-label") ?? "";
    element.addEventListener("click", () => open(site));
    return { element, place: surface.onGround(site.lon, site.lat, LIFT), weight: SITE_WEIGHT };
  });
}
