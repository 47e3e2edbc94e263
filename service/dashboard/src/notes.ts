/** What the service says of inputs, age and alerts in English lines, as people read them here. */

import { both, clock } from "./times";
import { language, word } from "./words";

/** Why a forecast is stale that is only too old, as the service says it. */
export const OLD = "older than two cycles of ten minutes";

/** What a line is about: the word before its colon, in English and in Chinese. */
const KINDS: Record<string, [string, string]> = {
  rain: ["Rain", "雨量"],
  gauges: ["Gauges", "雨量站"],
  boundaries: ["Boundaries", "邊界條件"],
  sensors: ["Sensors", "感測器"],
  members: ["Members", "系集成員"],
  state: ["Start", "初始狀態"],
  model: ["Model", "模式"],
};

/** Sentence of the service, with what stands in it as `$1`, `$2`; `rest` is a sentence itself. */
const CHINESE: [RegExp, string][] = [
  // rain of gauges
  [/^(\d+) of (\d+) (?:rain )?gauges silent \((.*)\)$/, "$2 個雨量站中 $1 個無資料（$3）"],
  [/^(\d+) of (\d+) (?:rain )?gauges silent for (\d+) min(?:utes)? \((.*)\)$/, "$2 個雨量站中 $1 個已 $3 分鐘無資料（$4）"],
  [/^(\S+) of the gauge readings missing$/, "雨量站讀數缺漏 $1"],
  [/^field held over (\d+) of (\d+) intervals without readings$/, "$2 個時段中 $1 個無讀數，沿用前一雨量分布"],
  [/^a single gauge stands for the whole city at times$/, "部分時段僅以單一雨量站代表全市"],
  [/^gauge (.+) is reported by (.+); (.+) is taken$/, "雨量站 $1 由 $2 重複提供，採用 $3"],
  [/^it rained when the readings begin, (.+)$/, "讀數開始時（$1）已在下雨"],
  [/^newest readings are (\d+) minutes old$/, "最新讀數已是 $1 分鐘前"],
  [/^none of (\d+) gauges reported in the last hour$/, "過去一小時 $1 個雨量站均無資料"],
  [/^(\d+) gauges? ahead of all others, up to (.+) \((.+)\), not followed \(check the clock\)$/, "$1 個雨量站時間超前（至 $2，$3），未採用，請檢查其時鐘"],
  // rain of radar and numerical forecasts
  [/^ahead, the latest rain persists and dies away$/, "未來雨量以最近降雨持續並遞減推估"],
  [
    /^the storm is still growing, rain ahead may be under-forecast \((\S+) mm\/h, then (\S+) mm\/h over the last half hour\)$/,
    "雨勢仍在增強，未來雨量可能低估（前半小時 $1 mm/h，最近半小時 $2 mm/h）",
  ],
  [/^ahead, a numerical forecast without a nowcast$/, "未來雨量僅用數值預報，無即時外推"],
  [/^no nowcast, the radar sees nothing where gauges rain$/, "雨量站有雨處雷達無回波，未做即時外推"],
  [/^no nowcast \((?<rest>.+)\)$/, "未做即時外推（$rest）"],
  [/^radar not used \((?<rest>.+)\)$/, "未使用雷達（$rest）"],
  [/^no radar field of the last hours that knows the city$/, "近數小時雷達資料未涵蓋本市"],
  [/^the radar is too old to be followed, readings are newer$/, "雷達資料過舊，無法外推，讀數較新"],
  [/^radar shows (\S+) mm in an hour where all gauges are dry$/, "雨量站均無雨，雷達卻顯示一小時 $1 mm"],
  [/^(\d+) of (\d+) radar fields not believed: gauges rain, the radar sees nothing there$/, "$2 張雷達圖中 $1 張不採信：雨量站有雨而雷達無回波"],
  [/^(\d+) radar values beyond belief left out$/, "剔除 $1 個不合理的雷達值"],
  [/^(\d+) payloads of (.+) cannot be read$/, "$2 有 $1 筆資料無法解讀"],
  [/^(\S+) comes from beyond the radar's reach: persistence there$/, "$1 的雨來自雷達範圍之外，該處以持續法推估"],
  [/^(\S+) comes from beyond the radar's reach: the numerical forecast there$/, "$1 的雨來自雷達範圍之外，該處用數值預報"],
  [/^nowcast of (\S+) h, persistence beyond$/, "即時外推 $1 小時，其後以持續法推估"],
  [/^nowcast of (\S+) h, the numerical forecast beyond$/, "即時外推 $1 小時，其後用數值預報"],
  [/^too little for a STEPS ensemble, members are shifted$/, "降雨太少，無法產生 STEPS 系集，成員以位移代替"],
  [/^motion seen in two radar fields only$/, "僅由兩張雷達圖估計移動"],
  [/^gauges show (\S+) times the radar, corrected by (\S+) only$/, "雨量站為雷達的 $1 倍，僅修正 $2 倍"],
  [/^no gauges came$/, "未收到雨量站資料"],
  [/^no radar came$/, "未收到雷達資料"],
  [/^no numerical came$/, "未收到數值預報"],
  [/^hours spread over ten minutes \((.*)\)$/, "時雨量分配為十分鐘雨量（$1）"],
  [/^newest radar is (\d+) minutes old$/, "最新雷達資料已是 $1 分鐘前"],
  [/^the numerical forecast is (\d+) hours old$/, "數值預報已是 $1 小時前"],
  [/^the last radar field carried on in (\d+) of (\d+) intervals$/, "$2 個時段中 $1 個以最後一張雷達圖外推"],
  [/^a numerical forecast instead of observations in (\d+) of (\d+) intervals$/, "$2 個時段中 $1 個以數值預報代替觀測"],
  [/^the field before held in (\d+) of (\d+) intervals$/, "$2 個時段中 $1 個沿用前一雨量分布"],
  [/^a single gauge for the whole city in (\d+) of (\d+) intervals$/, "$2 個時段中 $1 個僅以單一雨量站代表全市"],
  [/^gauges without radar in (\d+) of (\d+) intervals$/, "$2 個時段中 $1 個只有雨量站、無雷達"],
  [/^radar without gauges in (\d+) of (\d+) intervals$/, "$2 個時段中 $1 個只有雷達、無雨量站"],
  // boundaries
  [/^no gauge is named, (\S+) has its steady value$/, "$1 未指定水位站，採用固定值"],
  [/^the gauge (\S+) is not in the layer sensors, (\S+) has its steady value$/, "圖層 sensors 中無測站 $1，$2 採用固定值"],
  [/^the gauge (\S+) sends a level and no rating is given, (\S+) has its steady value$/, "測站 $1 只有水位、無率定曲線，$2 採用固定值"],
  [/^(\S+) says (\S+) m, too far from (\S+) m, (\S+) has its steady value$/, "測站 $1 量得 $2 m，與 $3 m 相差過大，$4 採用固定值"],
  [/^nothing usable came from the gauge (\S+) in (\S+) h, (\S+) has its steady value$/, "測站 $1 已 $2 小時無可用資料，$3 採用固定值"],
  [/^(\S+) is held at (\S+), as (\S+) saw it until (.+)$/, "$1 維持 $2（測站 $3 至 $4 的觀測）"],
  [/^no gauge is named, (\S+) follows the tide forecast$/, "$1 未指定水位站，採用潮汐預報"],
  [/^the gauge (\S+) is not in the layer sensors, (\S+) follows the tide forecast$/, "圖層 sensors 中無測站 $1，$2 採用潮汐預報"],
  [/^(\S+) says (\S+) m, too far from (\S+) m, (\S+) follows the tide forecast$/, "測站 $1 量得 $2 m，與 $3 m 相差過大，$4 採用潮汐預報"],
  [/^nothing usable came from the gauge (\S+) in (\S+) h, (\S+) follows the tide forecast$/, "測站 $1 已 $2 小時無可用資料，$3 採用潮汐預報"],
  [/^the tide forecast has no place (\S+)$/, "潮汐預報中無地點 $1"],
  [/^a payload of (\S+) cannot be read$/, "$1 有一筆資料無法讀取"],
  // sensors
  [/^nothing usable of (\d+) level and depth sensors in the last hour$/, "過去一小時 $1 個水位與水深感測器均無可用資料"],
  [/^(\d+) of (\d+) level and depth sensors silent$/, "$2 個水位與水深感測器中 $1 個無資料"],
  [/^(\d+) of (\d+) level and depth sensors silent \((.*)\)$/, "$2 個水位與水深感測器中 $1 個無資料（$3）"],
  [/^(\d+) of (\d+) level and depth sensors silent for (\d+) min(?:utes)? \((.*)\)$/, "$2 個水位與水深感測器中 $1 個已 $3 分鐘無資料（$4）"],
  [/^(\S+) saw (\S+) m at (.+), the members (\S+) m; (\S+) standard deviations from what the other sensors say$/, "$1 於 $3 量得 $2 m，系集成員為 $4 m，與其他感測器相差 $5 個標準差，未採用"],
  // members, start and model
  [/^(\d+) of (\d+) failed$/, "$2 個中 $1 個失敗"],
  [/^(\d+) of (\d+) were finished within (\S+) s$/, "$2 個中 $1 個在 $3 秒內完成"],
  [/^member (\d+) failed before (.+?): (?<rest>.+)$/, "成員 $1 於 $2 前失敗：$rest"],
  [/^the last cycle's is not gone on from, (?<rest>.+)$/, "未接續上一週期，$rest"],
  [/^the last cycle's cannot be read \((?<rest>.+)\)$/, "無法讀取上一週期的狀態（$rest）"],
  [/^it has another (\S+)$/, "其 $1 不同"],
  [/^it has (\d+) members$/, "其成員數為 $1"],
  [/^it is newer than the rain$/, "其時間比雨量新"],
  [/^it is of (.+)$/, "其時間為 $1"],
  [/^cells of (\S+) m for those of (\S+) m$/, "以 $1 m 網格代替 $2 m 網格"],
  // why it is stale
  [/^older than two cycles of ten minutes$/, "已超過兩個預報週期（每週期 10 分鐘）"],
  [/^the cycle of (.+?) had no inputs$/, "$1 的預報週期無輸入資料"],
  [/^the cycle of (.+?) had no inputs: (?<rest>.+)$/, "$1 的預報週期無輸入資料：$rest"],
  [/^none of (\d+) rain gauges reported in the hour before (.+), the last reading is of (.+); check the feed.*$/, "$2 前一小時 $1 個雨量站均無資料，最後讀數為 $3；請檢查資料來源"],
  [/^none of (\d+) rain gauges reported in the hour before (.+); check the feed.*$/, "$2 前一小時 $1 個雨量站均無資料；請檢查資料來源"],
  [/^neither gauges, radar nor a numerical forecast know the rain before (.+), expected one of them.*$/, "$1 前的雨量，雨量站、雷達與數值預報均無資料；請檢查資料來源（無資料不視為無雨）"],
  [/^the rain before (.+) is not known over the whole city.*$/, "$1 前全市雨量資料不全；請檢查資料來源"],
  // why no alert may be drafted
  [/^it is no forecast$/, "非預報"],
  [/^no forecast was ever published$/, "尚無任何預報發布"],
  [/^forecast (\S+) holds instead$/, "現行預報為 $1"],
  [/^it does not say how many members came through$/, "未註明完成的系集成員數"],
  [/^it was not published$/, "尚未發布"],
  [/^it is an exercise$/, "本次為演習"],
  [/^it is stale$/, "資料過時"],
  [/^it is ahead$/, "發布時間在未來"],
  [/^(\d+) of (\d+) members came through, expected at least half$/, "$2 個系集成員僅 $1 個完成，至少需半數"],
  [/^it does not say how new its rain is$/, "未註明雨量資料時間"],
  [/^its newest rain was (\d+) minutes old, expected at most (\d+)$/, "發布時最新雨量已是 $1 分鐘前，上限 $2 分鐘"],
  [/^its newest rain was not observed \((.*)\)$/, "最新雨量並非觀測值（$1）"],
  [/^(\d+) of (\d+) rain gauges reported, expected at least a quarter$/, "$2 個雨量站僅 $1 個回報，至少需四分之一"],
];

const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?Z?/g;
const KIND = /^([a-z]+): (.+)$/s;

/** A line of the service: what it is about, what it says here, and what it said. */
export interface Note {
  kind: string;
  text: string;
  /** Whether the text is in the language of the page. */
  isOwn: boolean;
  original: string;
}

/** A line with its times by the clock of this screen, in the language of the page where it can. */
export function noteIn(line: string): Note {
  const [, kind, body] = KIND.exec(line) ?? [];
  const known = KINDS[kind ?? ""];
  const said = local(known ? body : line);
  const [english, chinese] = known ?? ["", ""];
  if (language() === "en") return { kind: english, text: said, isOwn: true, original: line };
  const own = inChinese(said);
  return { kind: chinese, text: own ?? said, isOwn: own !== null, original: line };
}

/** Why a forecast is stale, as short as a badge: what comes before the explanation. */
export function briefly(reason: string): string {
  if (reason === OLD) return word("overTwoCycles");
  return inLanguage(local(reason.split(": ")[0], clock)).replace(/^the /, "");
}

/** Several reasons in one line. */
export function reasonsIn(line: string): string {
  const said = local(line);
  if (language() === "en" || inChinese(said) !== null) return inLanguage(said);
  return said.split("; ").map(inLanguage).join("；");
}

function inLanguage(said: string): string {
  return language() === "en" ? said : (inChinese(said) ?? said);
}

function inChinese(said: string): string | null {
  for (const [form, chinese] of CHINESE) {
    const found = form.exec(said);
    if (found === null) continue;
    const rest = found.groups?.rest ?? "";
    return chinese
      .replace(/\$(\d)/g, (_, number) => listed(found[Number(number)]))
      .replace("$rest", () => inChinese(rest) ?? rest);
  }
  return null;
}

/** Names with the time since which they are silent: "A, B since ...; C and 3 more". */
function listed(names: string): string {
  return names
    .replace(/ since (.+?)(; |(?= and \d+ more$)|$)/g, (_, time, after) => ` 自 ${time} 起${after ? "；" : ""}`)
    .replace(/ and (\d+) more$/, "，另 $1 個");
}

/** The service writes UTC, with or without saying so. */
function local(text: string, write: (iso: string) => string = both): string {
  return text.replace(TIME, (time) => write(`${time.slice(0, 16)}Z`));
}
