/** Two runs side by side: which, the divider between them, their names, and what differs in numbers. */

import type { CitySummary } from "../api";
import { find } from "../dom";
import { word } from "../words";
import { comparisonParts, type Pair, pairsOf } from "./compare";
import { showObjectCard } from "./object_card";
import type { Pane } from "./painter";
import type { Panel } from "./panel";
import type { RunLayer } from "./run_layer";
import { Swipe } from "./swipe";

export class Comparing {
  readonly swipe: Swipe;
  pair: Pair | null = null;
  private pairs: Pair[] = [];
  private asked = new AbortController();

  constructor(
    private readonly city: CitySummary,
    private readonly panel: Panel,
    redraw: () => void,
  ) {
    this.swipe = new Swipe(find("swipe"), redraw);
    this.show(null);
  }

  /** Offer all that the shown run can be laid beside. */
  async offer(shown: string): Promise<void> {
    this.pairs = await pairsOf(this.city.name, shown);
    this.write();
  }

  find(key: string): Pair | null {
    return this.pairs.find((pair) => pair.key === key) ?? null;
  }

  show(pair: Pair | null): void {
    this.asked.abort();
    this.pair = pair;
    this.swipe.show(pair !== null);
    this.write();
  }

  /** Words in the language of the page. */
  write(): void {
    this.panel.pairs(this.pairs, this.pair?.key ?? "");
    find("swipe-sides").hidden = this.pair === null;
    find("swipe-base").textContent = `◀ ${word(this.pair?.key.startsWith("scenario:") ? "asToday" : "baseRun")}`;
    find("swipe-other").textContent = `${this.pair?.title ?? ""} ▶`;
  }

  /** The card with what differs. */
  async tell(pair: Pair, close: () => void): Promise<void> {
    this.asked = new AbortController();
    const parts = await comparisonParts(this.city.name, pair, this.asked.signal).catch(() => null);
    if (parts && this.pair === pair) showObjectCard(word("compare"), pair.title, parts, close);
  }

  /** What is drawn where: one run, or two beside the divider. */
  panes(runs: RunLayer[], take: (run: RunLayer) => void): Pane[] {
    const [base, other] = runs;
    if (!other) return [{ left: 0, right: 1, prepare: () => take(base) }];
    const { share } = this.swipe;
    return [
      { left: 0, right: share, prepare: () => take(base) },
      { left: share, right: 1, prepare: () => take(other) },
    ];
  }
}
