/** Words about rain, as all words of the page: English, Chinese of Taiwan; `$1`, `$2` are filled in. */

export const RAIN_WORDS = {
  rainMeasured: ["Rain: $1 mm measured in $2 min", "實測雨量 $2 分鐘 $1 mm"],
  rainPartly: ["Rain: $1 mm in $2 min, partly estimated", "雨量 $2 分鐘 $1 mm（部分推估）"],
  rainExpected: ["$2 ($3–$4) mm/h expected", "預期 $2（$3–$4）mm/h"],
  rainAtMost: ["at most $2 ($3–$4) mm/h expected at $1", "$1 預期最大 $2（$3–$4）mm/h"],
  rainNow: ["$2 mm/h", "雨強 $2 mm/h"],
  rainNotKnown: ["Rain not known", "雨量不明"],
  rainMeaning: [
    "Mean over the city. Solid bars: measured. Dashed: estimated for want of readings. Boxes: expected, 10 to 90 % of the members, with the median as a line.",
    "全市平均雨強。實心：實測；虛線：缺讀數時的推估；方框：預期（系集成員 10 至 90%），橫線為中位數。",
  ],
  rainHeard: ["measured to $1: $2 mm/h", "實測至 $1：$2 mm/h"],
  rainHeardBy: ["$1 of $2 gauges", "$1／$2 站"],
  rainBeyond: ["above $1–$2 expected", "高於預期 $1–$2"],
  rainBelow: ["below $1–$2 expected", "低於預期 $1–$2"],
  rainSinceMeaning: [
    "Mean over the rain gauges that were heard, not over the ground. A forecast is beaten where it lies above the 90 % expected by 2 mm/h and by a quarter.",
    "有回報雨量站的平均，並非面積平均。高於預期 90% 分位達 2 mm/h 且達四分之一者，視為超出預報。",
  ],
  rainComma: [", ", "，"],
  rainBeaten: ["Gauges exceed this forecast:", "實測雨量已超出本次預報："],
  rainBeatenBy: [
    "$1 mm/h measured, $2–$3 expected ($4–$5); flooding may come sooner and deeper.",
    "$4–$5 實測 $1 mm/h，預期 $2–$3 mm/h；淹水可能提早發生且更深。",
  ],
  rainHighest: ["wettest place", "最大處"],
  kindMeasured: ["measured", "實測"],
  kindEstimated: ["estimated", "推估"],
  kindExpected: ["expected", "預期"],
  fromGauges: ["gauges", "雨量站"],
  fromRadar: ["radar", "雷達"],
  fromMerged: ["gauges and radar", "雨量站與雷達合併"],
  fromExtrapolated: ["radar carried on", "雷達外推"],
  fromNumerical: ["numerical forecast", "數值預報"],
  fromBlended: ["radar carried on, numerical forecast", "雷達外推與數值預報"],
  fromPersistence: ["persistence", "持續法"],
} as const;
