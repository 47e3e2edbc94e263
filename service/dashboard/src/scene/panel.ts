/** The controls of the scene: what buildings are coloured by, what is shown, and what is compared. */

import type { LegendStep } from "../api";
import { fillSelect, find, make } from "../dom";
import { isWord, word } from "../words";
import type { BuildingScale, Colouring } from "./building_scale";
import type { Pair } from "./compare";

export const SHOWN = ["sewers", "sensors", "spots", "sites"] as const;
export type Shown = (typeof SHOWN)[number];

export interface Wishes {
  colour(by: Colouring): void;
  show(what: Shown, isShown: boolean): void;
  compare(key: string): void;
  /** From the base of a scenario to what was shown before it. */
  back(): void;
}

export class Panel {
  private readonly listening = new AbortController();
  private readonly colourBy = find<HTMLSelectElement>("colour-by");
  private readonly compareWith = find<HTMLSelectElement>("compare");

  constructor(wishes: Wishes) {
    const { signal } = this.listening;
    this.colourBy.addEventListener(
      "change", () => wishes.colour(this.colourBy.value as Colouring), { signal },
    );
    this.compareWith.addEventListener(
      "change", () => wishes.compare(this.compareWith.value), { signal },
    );
    find("scene-back").addEventListener("click", () => wishes.back(), { signal });
    for (const what of SHOWN) {
      const button = find(`show-${what}`);
      button.addEventListener("click", () => {
        const isShown = button.getAttribute("aria-pressed") !== "true";
        button.setAttribute("aria-pressed", String(isShown));
        wishes.show(what, isShown);
      }, { signal });
    }
  }

  isShown(what: Shown): boolean {
    return find(`show-${what}`).getAttribute("aria-pressed") === "true";
  }

  /** Nothing to show there: the button says so. */
  offer(what: Shown, isThere: boolean): void {
    find<HTMLButtonElement>(`show-${what}`).disabled = !isThere;
  }

  /** The legend of the water, and of the buildings where theirs is another one. */
  legend(scales: BuildingScale[], chosen: BuildingScale, water: LegendStep[]): void {
    fillSelect(this.colourBy, scales.map((scale) => [scale.name, word(scale.title)]), chosen.name);
    const isOwn = !["depth", "max_depth"].includes(chosen.name);
    find("colour-steps").hidden = !isOwn;
    find("colour-steps").classList.toggle("long", chosen.name === "hazard");
    find("colour-steps").replaceChildren(...rows(chosen.steps, chosen.units, chosen.name));
    find("water-steps").replaceChildren(...rows(water, "m", "depth"));
    find("water-title").textContent = word(isOwn ? "waterDepth" : "waterAndBuildings");
  }

  /** Say that what is shown is no forecast, as a scenario brought its own base. */
  apart(isApart: boolean): void {
    find("scene-apart").hidden = !isApart;
  }

  pairs(pairs: Pair[], chosen: string): void {
    const options: [string, string][] = pairs.map((pair) => [pair.key, pair.title]);
    fillSelect(this.compareWith, [["", word("noCompare")], ...options], chosen);
    this.compareWith.disabled = pairs.length === 0;
  }

  close(): void {
    this.apart(false);
    this.listening.abort();
  }
}

/** One row a colour; a class of hazard also says what it is unsafe for. */
function rows(steps: LegendStep[], units: string, name: Colouring): HTMLLIElement[] {
  return steps.map((step) => {
    const swatch = make("i", "swatch");
    swatch.style.background = step.colour;
    const key = `hazard${step.lower}`;
    if (name === "hazard" && isWord(key)) {
      return make("li", "", swatch, make("span", "full", `H${step.lower} ${word(key)}`), make("span", "brief", `H${step.lower}`));
    }
    const text = step.upper === null ? `≥ ${step.lower}` : `${step.lower}–${step.upper}`;
    const brief = step.upper === null ? `≥ ${step.lower} ${units}` : String(step.lower);
    return make("li", "", swatch, make("span", "full", `${text} ${units}`), make("span", "brief", brief));
  });
}
