/** Words about what a storm was computed with, as all words of the page: English, Chinese of Taiwan. */

export const CONDITION_WORDS = {
  computedWith: ["Computed with", "計算條件"],
  conditionRain: ["rain", "降雨"],
  conditionLosses: ["losses", "損失"],
  conditionEdges: ["edges", "邊界"],
  conditionDrains: ["drains", "排水"],
  conditionInfiltration: ["infiltration", "入滲"],
  ofTheCase: ["of the case", "依案例檔"],
  edges_closed: ["closed", "封閉"],
  edges_free: ["free", "自由出流"],
  upTo: ["up to", "最大"],
} as const;
