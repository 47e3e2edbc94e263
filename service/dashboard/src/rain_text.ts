/** Rain in words and numbers. */

import { type Word, word } from "./words";

/** A rate [mm/h] as people read it. */
export function number(rate: number): string {
  return rate < 10 ? rate.toFixed(1) : String(Math.round(rate));
}

/** Words with their `$1`, `$2` filled in. */
export function withParts(name: Word, parts: string[]): string {
  return word(name).replace(/\$(\d)/g, (_, index) => parts[Number(index) - 1]);
}
