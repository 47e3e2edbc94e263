/** What went wrong, in words, where everybody sees it. */

import { ServiceError } from "./api";
import { find } from "./dom";
import { type Word, word } from "./words";

export function showTrouble(key: Word | null, detail = ""): void {
  const box = find("trouble");
  box.hidden = key === null;
  box.textContent = key === null ? "" : [word(key), detail].filter(Boolean).join(" ");
  if (key === null) delete document.body.dataset.trouble;
  else document.body.dataset.trouble = key;
}

export function explain(error: unknown, otherwise: Word): void {
  if (error instanceof ServiceError && error.status === 0) showTrouble(otherwise);
  else if (error instanceof ServiceError) showTrouble("serverSays", `(${error.status}): ${error.message}`);
  else throw error;
}
