/** Every word of the page, in English and in Chinese as Taiwan writes it. */

export type Language = "en" | "zh-TW";

const WORDS = {
  city: ["City", "城市"],
  run: ["Run", "預報"],
  latest: ["Latest", "最新"],
  layer: ["Layer", "圖層"],
  hotspots: ["Hotspots", "淹水熱點"],
  about: ["About this run", "本次預報資訊"],
  mapLabel: ["Map of the city and the water", "城市淹水地圖"],
  timeLabel: ["Time of the forecast", "預報時間"],
  slider: ["Valid time", "預報有效時間"],
  card: ["Hotspot", "淹水熱點"],
  home: ["Show the whole city", "顯示全市"],
  tilt: ["Tilted view", "立體視角"],
  viewSwitch: ["View", "檢視方式"],
  view2d: ["Map", "平面地圖"],
  view3d: ["Three dimensions", "三維立體"],
  sceneLabel: ["The city in three dimensions", "城市三維場景"],
  sceneLegend: ["Legend and layers", "圖例與圖層"],
  sceneKeys: [
    "Arrow keys move, Shift and arrow keys turn and tilt, plus and minus zoom, Home shows the whole city, Enter opens what is in the middle, Escape closes it.",
    "方向鍵移動，Shift 加方向鍵旋轉與傾斜，加減鍵縮放，Home 顯示全市，Enter 開啟畫面中央的物件，Escape 關閉。",
  ],
  colourBy: ["Buildings by", "建物著色"],
  hazardClass: ["Hazard class", "危險等級"],
  hazard1: ["safe for all", "一般安全"],
  hazard2: ["small cars", "小車危險"],
  hazard3: ["children, all cars", "兒童與車輛危險"],
  hazard4: ["all people", "所有人危險"],
  hazard5: ["weak buildings", "建物可能受損"],
  hazard6: ["all buildings", "建物可能倒塌"],
  damageShare: ["Damage", "損害程度"],
  waterDepth: ["Water depth", "水深"],
  waterAndBuildings: ["Depth of the water, and at buildings", "水深（含建物旁水深）"],
  sewers: ["Sewers", "下水道"],
  sensorsShown: ["Sensors", "感測器"],
  spotsShown: ["Flood spots", "易淹點"],
  compare: ["Comparison", "比較"],
  compareWith: ["Compare with", "比較對象"],
  noCompare: ["nothing", "不比較"],
  noComparison: ["No numbers for this pair of runs.", "這兩次執行沒有比較數據。"],
  baseRun: ["shown run", "目前執行"],
  swipe: ["Divider between the two runs", "兩次執行的分隔線"],
  swipeLeft: ["left", "左側"],
  peopleIn: ["People in over", "受影響人數，水深超過"],
  damage: ["Damage", "損失"],
  relieved: ["Buildings relieved", "解除淹水建物"],
  newlyFlooded: ["Buildings newly flooded", "新增淹水建物"],
  tilesPending: ["The buildings of this city are still being made.", "此城市的建物模型製作中。"],
  tryAgainIn: ["Trying again in", "將於以下時間後重試："],
  seconds: ["s", "秒"],
  sceneFailed: ["Part of this view could not be loaded.", "部分場景無法載入。"],
  deviceLost: ["The graphics device was lost; restoring the view.", "顯示裝置中斷，正在恢復畫面。"],
  noGraphics3d: [
    "This browser cannot draw in three dimensions (WebGL 2 is missing). The 2D map, list and times still work.",
    "此瀏覽器無法繪製三維場景（缺少 WebGL 2）。平面地圖、清單與時間仍可使用。",
  ],
  noRecord: ["Nothing more is known of it.", "沒有更多資料。"],
  building: ["Building", "建物"],
  drain: ["Drain", "排水管"],
  spot: ["Flood-prone spot", "易淹點"],
  sensor: ["Sensor", "感測器"],
  station: ["Station", "測站"],
  measuredAt: ["Measured", "量測時間"],
  quality: ["Quality", "資料品質"],
  flagPass: ["good", "良好"],
  flagUnjudged: ["not judged", "未判定"],
  flagSuspect: ["suspect", "可疑"],
  flagFail: ["bad", "不良"],
  flagMissing: ["missing", "缺漏"],
  groundPoint: ["Place", "地點"],
  groundHeight: ["Height of the ground", "地面高程"],
  observed: ["observed", "觀測"],
  simulated: ["simulated", "模擬"],
  confidence: ["confidence", "信心度"],
  accessCut: ["Access is cut", "道路通行中斷"],
  accessOpen: ["Access is open", "道路可通行"],
  water_depth: ["Water depth", "水深"],
  water_level: ["Water level", "水位"],
  rainfall_rate: ["Rain", "雨量"],
  discharge: ["Flow", "流量"],
  velocity: ["Speed of the water", "流速"],
  arrival: ["Arrival of the water", "淹水到達"],
  hazard_class: ["Hazard class", "危險等級"],
  yes: ["yes", "是"],
  no: ["no", "否"],
  pace: ["Playback speed", "播放速度"],
  play: ["Play", "播放"],
  pause: ["Pause", "暫停"],
  close: ["Close", "關閉"],
  loading: ["Loading", "載入中"],
  forecast: ["Forecast", "預報"],
  scenario: ["Scenario", "情境模擬"],
  stale: ["STALE", "資料過時"],
  ahead: ["Issued in the future: check clocks", "發布時間在未來，請檢查時鐘"],
  exercise: ["EXERCISE", "演習"],
  level: ["Level", "孿生等級"],
  old: ["old", "前發布"],
  made: ["ago", "前完成"],
  minutes: ["min", "分鐘"],
  hours: ["h", "小時"],
  days: ["d", "天"],
  justNow: ["just now", "剛剛"],
  issued: ["Issued", "發布時間"],
  madeAt: ["Made", "完成時間"],
  now: ["now", "現在"],
  valid: ["Valid from", "有效期起"],
  until: ["Valid to", "有效期迄"],
  runId: ["Run id", "執行編號"],
  members: ["Members", "系集成員"],
  ofRequested: ["of", "／"],
  degraded: ["Degraded inputs", "輸入資料異常"],
  lateData: ["Readings after it was issued", "發布後才到的資料"],
  cameLate: ["late", "筆遲到"],
  wereCorrected: ["corrected", "筆更正"],
  none: ["none", "無"],
  inputs: ["Newest input", "最新輸入"],
  model: ["Model", "模式版本"],
  age: ["Age", "資料時效"],
  data: ["Data", "資料來源"],
  people: ["people", "人"],
  peopleLong: ["People affected", "影響人數"],
  lead: ["lead", "前置時間"],
  noLead: ["no lead time left", "已無前置時間"],
  alreadyWet: ["already in water", "發布時已淹水"],
  clockIsSet: ["The clock of this page is set; it is not the real time. It reads", "本頁時鐘為設定時間，並非真實時間，目前為"],
  leadLong: ["Effective lead", "有效前置時間"],
  from: ["from", "起於"],
  firstTime: ["Deeper than 30 cm", "水深超過 30 公分"],
  probability: ["Probability", "機率"],
  depthMedian: ["Depth, median", "水深（中位數）"],
  depthRange: ["Range (10–90 %)", "範圍（10–90%）"],
  district: ["District", "行政區"],
  cause: ["Cause", "成因"],
  river: ["river", "溪水溢淹"],
  "surface water": ["surface water", "地表逕流"],
  "not diagnosed": ["not diagnosed", "未判定"],
  kind: ["Spot", "地點類型"],
  known: ["known flood spot", "已知易淹點"],
  new: ["not known before", "新出現地點"],
  noHotspots: ["No place is expected to flood.", "目前沒有預期淹水地點。"],
  noHotspotProduct: ["This run ranked no hotspots.", "本次執行未產生熱點。"],
  flooded: ["buildings in water", "棟建物浸水"],
  deeperThan: ["deeper than", "水深超過"],
  timeLayer: ["Depth over time", "隨時間變化的水深"],
  max_depth: ["Largest depth", "最大水深"],
  max_speed: ["Largest speed", "最大流速"],
  max_hazard: ["Depth × speed", "水深×流速"],
  arrival_time: ["Arrival after start", "淹水到達時間"],
  wet_duration: ["Time under water", "淹水持續時間"],
  probabilityLayer: ["Probability over", "超越機率："],
  noServer: [
    "The server does not answer. What you see is from before; its age keeps counting.",
    "伺服器沒有回應。畫面為先前資料，時效持續計算。",
  ],
  noServerYet: ["The server does not answer. Trying again.", "伺服器沒有回應，重試中。"],
  noCity: ["There is no city yet.", "目前沒有城市資料。"],
  noRun: ["This city has no run yet.", "此城市尚無執行結果。"],
  noSuchRun: ["That run is not there any more.", "找不到此執行結果。"],
  frameMissing: [
    "This time step could not be loaded; the map still shows the one before.",
    "此時間步無法載入，地圖仍顯示前一張。",
  ],
  noGraphics: [
    "This browser cannot draw the map (WebGL 2 is missing). List and times still work.",
    "此瀏覽器無法繪製地圖（缺少 WebGL 2）。清單與時間仍可使用。",
  ],
  serverSays: ["The server says", "伺服器訊息"],
  feeds: ["Feeds", "資料來源狀態"],
  feedsKnown: ["known", "個已登錄"],
  feedsOn: ["switched on", "個已啟用"],
  feedsAsOf: ["as of", "更新於"],
  feedState: ["State", "狀態"],
  feed: ["Feed", "資料來源"],
  feedAge: ["Age", "資料年齡"],
  feedEvery: ["Every", "更新週期"],
  feedAnswered: ["Answered", "最後回應"],
  feedStations: ["Stations", "測站數"],
  feedLate: ["late", "逾時"],
  feedContract: ["Adapter written by", "介接依據"],
  feedLicence: ["Licence", "授權條款"],
  feedOk: ["ok", "正常"],
  feedEmpty: ["nothing to report", "正常（無事件）"],
  feedStale: ["stale", "資料過時"],
  feedUnreachable: ["not answering", "無回應"],
  feedDead: ["dead", "中斷"],
  feedOff: ["off", "未啟用"],
  feedNotAsked: ["not asked yet", "尚未查詢"],
  feedNoAdapter: ["not read yet", "尚未介接"],
  feedClosed: ["closed to the public", "未對外開放"],
  feedGone: ["gone", "已停止服務"],
  feedNoLicence: ["not known", "未知"],
  feedByPayload: ["real payloads", "實際資料"],
  feedByDocumentation: ["documentation", "文件說明"],
  verification: ["Verification", "預報校驗"],
  allScores: ["All scores", "所有評分"],
  against: ["Against", "對照"],
  sensors: ["sensors", "感測器"],
  truth: ["true flood, at known spots", "真實淹水（易淹點）"],
  "truth at sensors": ["true flood, at sensors", "真實淹水（感測器）"],
  "true cells": ["true flood, cell by cell", "真實淹水（網格）"],
  reports: ["citizen reports", "民眾通報"],
  "flood points": ["recorded flood points", "淹水紀錄點"],
  notVerified: ["Not verified yet.", "尚未校驗。"],
  verificationFailed: ["The scores could not be read.", "無法讀取評分資料。"],
  forecastsScored: ["forecasts scored", "次預報已評分"],
  warningFrom: ["A warning is a probability from", "警示門檻機率"],
  intervalNote: [
    "In brackets: the interval of 90 %, whole events, runs or places drawn again; none where they are too few or all alike.",
    "括號內為 90% 信賴區間（以事件、執行或地點重新抽樣）；樣本過少或全部相同時不提供。",
  ],
  depthScores: ["Depth over time", "隨時間變化的水深"],
  byPlace: ["By place", "各地點"],
  score: ["Score", "評分"],
  allHorizons: ["all", "全部"],
  events: ["wet", "件有水"],
  place: ["Place", "地點"],
  hits: ["Hits", "命中"],
  misses: ["Misses", "漏報"],
  falseAlarms: ["False alarms", "誤報"],
  floods: ["Warned / floods", "已警示／淹水"],
  leadShort: ["Lead", "前置時間"],
  leadAchieved: ["Lead time achieved before each flood", "各地點實際前置時間"],
  noWarning: ["no warning in time", "未及時警示"],
  reliability: ["Reliability", "可靠度"],
  forecastProbability: ["forecast probability", "預報機率"],
  observedFrequency: ["observed frequency", "觀測頻率"],
  over: ["over", "優於"],
  ensemble: ["ensemble", "系集"],
  persistence: ["persistence", "持續法"],
  uncorrected: ["without assimilation", "未經資料同化"],
  csi: ["Critical success index (CSI)", "臨界成功指數 (CSI)"],
  hit_rate: ["Hit rate", "命中率"],
  false_alarm_ratio: ["False alarm ratio", "誤報比"],
  false_alarm_rate: ["False alarm rate", "誤報率"],
  frequency_bias: ["Frequency bias", "頻率偏差"],
  brier: ["Brier score", "布萊爾評分"],
  brier_skill: ["Brier skill", "布萊爾技術得分"],
  roc_area: ["ROC area", "ROC 曲線面積"],
  crps_m: ["CRPS [m]", "連續排序機率評分 CRPS（公尺）"],
  crps_skill: ["CRPS skill", "CRPS 技術得分"],
  spread_skill: ["Spread / skill", "離散度／誤差"],
  onset_hit_rate: ["Onsets warned of", "淹水起始命中率"],
  lead_time_minutes: ["Lead time achieved", "實際前置時間"],
} as const;

export type Word = keyof typeof WORDS;

const REMEMBERED = "floodtwin.language";
let current: Language = remembered();

function remembered(): Language {
  const wished = new URLSearchParams(location.search).get("lang") ?? read();
  if (wished === "en" || wished === "zh-TW") return wished;
  return navigator.language.toLowerCase().startsWith("zh") ? "zh-TW" : "en";
}

function read(): string | null {
  try {
    return localStorage.getItem(REMEMBERED);
  } catch {
    return null; // storage may be switched off; the page works without it
  }
}

export function language(): Language {
  return current;
}

export function setLanguage(next: Language): void {
  current = next;
  try {
    localStorage.setItem(REMEMBERED, next);
  } catch {
    // not remembered then
  }
}

export function word(key: Word): string {
  return WORDS[key][current === "en" ? 0 : 1];
}

export function isWord(key: string): key is Word {
  return key in WORDS;
}

/** Put the words of the chosen language into all elements that carry a key. */
export function translatePage(): void {
  document.documentElement.lang = current;
  for (const element of document.querySelectorAll<HTMLElement>("[data-word]")) {
    element.textContent = word(element.dataset.word as Word);
  }
  for (const element of document.querySelectorAll<HTMLElement>("[data-label]")) {
    element.setAttribute("aria-label", word(element.dataset.label as Word));
  }
}
