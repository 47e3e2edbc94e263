/** The feeds of the city: how each is, how old, and under which licence. */

import "./feeds.css";
import { askJson, ServiceError } from "./api";
import { find, make } from "./dom";
import { present } from "./exercise";
import { clock, duration, seconds } from "./times";
import { type Word, word } from "./words";

const LOOK_AGAIN_MS = 20_000;
const FIRST_LOOK_MS = 1500;
const NOTHING = "–";

type State = "ok" | "empty" | "stale" | "unreachable" | "unreadable" | "dead" | "off";

interface Feed {
  name: string;
  title: string;
  owner: string;
  licence: string;
  evidence: string;
  contract: "read" | "known" | "closed" | "gone";
  note: string;
  cadence_seconds: number;
  on: boolean;
  state: State;
  reason: string;
  age_seconds: number | null;
  stations: number;
  stations_late: number;
  last_success: string | null;
}

interface FeedList {
  feeds: Feed[];
  states: Partial<Record<State, number>>;
}

const STATE_WORDS: Record<State, Word> = {
  ok: "feedOk",
  empty: "feedEmpty",
  stale: "feedStale",
  unreachable: "feedUnreachable",
  unreadable: "feedUnreadable",
  dead: "feedDead",
  off: "feedOff",
};
const WORST_FIRST: State[] = ["dead", "unreachable", "unreadable", "stale", "off", "ok", "empty"];

let answer: FeedList | null = null;
let answered = "";
let failure = "";

/** Show the button, and look at the feeds now and again. */
export function startFeeds(): void {
  const dialog = find<HTMLDialogElement>("feeds");
  find("feeds-open").addEventListener("click", () => {
    dialog.showModal();
    void look();
  });
  find("feeds-shut").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  showFeeds();
  setTimeout(look, FIRST_LOOK_MS);
  setInterval(look, LOOK_AGAIN_MS);
}

async function look(): Promise<void> {
  try {
    answer = await askJson<FeedList>("/api/feeds");
    answered = new Date(present()).toISOString();
    failure = "";
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    failure = error.status === 0 ? word("noServer") : `${word("serverSays")}: ${error.message}`;
  }
  showFeeds();
}

/** Write the button and the table, in the language of the page. */
export function showFeeds(): void {
  const on = answer?.feeds.filter((feed) => feed.on) ?? [];
  const healthy = on.filter((feed) => feed.state === "ok" || feed.state === "empty").length;
  const worst = WORST_FIRST.find((state) => on.some((feed) => feed.state === state));
  const button = find("feeds-open");
  button.textContent = on.length > 0 ? `${word("feeds")} ${healthy}/${on.length}` : word("feeds");
  button.dataset.state = failure ? "unreachable" : (worst ?? "off");
  button.title = worst ? stateWord(worst, true) : "";
  find("feeds-summary").textContent = summary(on);
  find("feeds-trouble").textContent = failure;
  find("feeds-trouble").hidden = failure === "";
  const off = answer?.feeds.filter((feed) => !feed.on) ?? [];
  const rank = (feed: Feed) => WORST_FIRST.indexOf(feed.state);
  on.sort((a, b) => rank(a) - rank(b));
  find("feeds-rows").replaceChildren(...[...on, ...off].map(row));
}

/** A feed that is switched on is never "off": nobody has asked it yet. */
function stateWord(state: State, on: boolean): string {
  return word(on && state === "off" ? "feedNotAsked" : STATE_WORDS[state]);
}

function summary(on: Feed[]): string {
  if (answer === null) return word("loading");
  const parts = [`${answer.feeds.length} ${word("feedsKnown")}`, `${on.length} ${word("feedsOn")}`];
  for (const state of WORST_FIRST) {
    const count = answer.states[state] ?? 0;
    if (count > 0) parts.push(`${count} ${stateWord(state, true)}`);
  }
  return `${parts.join(" · ")} · ${word("feedsAsOf")} ${clock(answered)}:${seconds(answered)}`;
}

function row(feed: Feed): HTMLTableRowElement {
  const state = make("span", `feed-state ${feed.state}`, stateWord(feed.state, feed.on));
  const name = make("td", "feed-name", make("strong", "", feed.title));
  name.append(make("span", "quiet-text", [feed.name, feed.owner].filter(Boolean).join(" · ")));
  if (feed.note) name.append(make("span", "quiet-text", feed.note));
  if (feed.reason) name.append(make("span", "feed-reason", feed.reason));
  const line = make("tr", feed.on ? "" : "feed-off", make("td", "", state), name);
  line.append(
    cell("feedAge", feed.age_seconds === null ? NOTHING : duration(feed.age_seconds)),
    cell("feedEvery", feed.cadence_seconds > 0 ? duration(feed.cadence_seconds) : NOTHING),
    cell("feedAnswered", feed.last_success === null ? NOTHING : clock(feed.last_success)),
    cell("feedStations", stations(feed)),
    cell("feedContract", word(contract(feed))),
    cell("feedLicence", feed.licence || word("feedNoLicence")),
  );
  return line;
}

function cell(head: Word, text: string): HTMLTableCellElement {
  const made = make("td", "", text);
  made.dataset.head = word(head);
  return made;
}

function stations(feed: Feed): string {
  if (feed.stations === 0) return NOTHING;
  const late = feed.stations_late > 0 ? ` (${feed.stations_late} ${word("feedLate")})` : "";
  return `${feed.stations}${late}`;
}

function contract(feed: Feed): Word {
  if (feed.contract === "closed") return "feedClosed";
  if (feed.contract === "gone") return "feedGone";
  if (feed.contract === "known") return "feedNoAdapter";
  return feed.evidence === "payload" ? "feedByPayload" : "feedByDocumentation";
}
