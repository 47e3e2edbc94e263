/** How runs are told apart in the list: by kind and time, and where that is equal, by more. */

import type { RunSummary } from "./api";
import { short } from "./times";
import { word } from "./words";

const SHORT_ID = 4;

/** Value and label of each run, no two labels alike; and how the latest one is told. */
export function runLabels(
  runs: RunSummary[],
  latestId: string | null,
): { labels: [string, string][]; latest: string | null } {
  const kind = (run: RunSummary) => word(run.kind === "forecast" ? "forecast" : "scenario");
  const issued = (run: RunSummary) => `${kind(run)} ${short(run.issue_time ?? run.created)}`;
  const made = (run: RunSummary) => `${issued(run)} · ${word("runMade")} ${short(run.created)}`;
  const named = (run: RunSummary) => `${made(run)} · ${run.run_id.slice(-SHORT_ID)}`;
  const label = (run: RunSummary) =>
    [issued, made].find((of) => runs.filter((other) => of(other) === of(run)).length === 1)?.(run) ??
    named(run);
  const latest = runs.find((run) => run.run_id === latestId);
  return {
    labels: runs.map((run) => [run.run_id, label(run)]),
    latest: latest ? label(latest).slice(kind(latest).length + 1) : null,
  };
}
