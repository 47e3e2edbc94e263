/** What the service says of a value in English sentences, in Chinese. */

import { language } from "../words";

/** Sentence of the service, with what stands in it as `$1`, `$2`. */
const CHINESE: [RegExp, string][] = [
  [/^deeper than (\S+) m$/, "水深超過 $1 m"],
  [/^of more than (\S+) m$/, "水深超過 $1 m"],
  [/^limit (\S+) m$/, "水深界限 $1 m"],
  [/^after the start of the run, first deeper than (\S+) m$/, "自執行起始算起，首次超過 $1 m"],
  [/^never deeper than (\S+) m in this run$/, "全期水深未超過 $1 m"],
  [/^people in it if the water is deeper than (\S+) m$/, "水深超過 $1 m 時屋內人數"],
  [/^highest of the sensors in the district$/, "區內感測器最高值"],
  [/^no sensor of .* within (\S+) m$/, "$1 m 內無此類感測器"],
  [/^flag \S+: the reading has no value$/, "讀數無數值"],
  [/^the city has no readings$/, "此城市無觀測資料"],
  [/^runs keep no water level inside drains$/, "執行未保存管內水位"],
  [/^the run keeps no probabilities$/, "此執行未保存機率"],
  [/^the run keeps no speed$/, "此執行未保存流速"],
  [/^no speed is known here$/, "此處流速不明"],
  [/^the run covers (\S+) to (\S+)$/, "此執行涵蓋 $1 至 $2"],
  [/^the model has no dry ground under it.*$/, "模式於此處無陸地（水面、橋梁或市界外）"],
  [/^a bridge: the water of the model runs under it$/, "橋梁：模式的水由下方流過"],
  [/^nobody says how many people are in it$/, "無人數資料"],
  [/^nobody says what it is worth$/, "無價值資料"],
  [/^footprint that is wholly lost: .*$/, "等同全損之樓地板面積（JRC 水深損害曲線）"],
  [/^share of its value lost; .*$/, "損失佔價值比例（JRC 水深損害曲線）"],
  [/^serious$/, "嚴重"],
  [/^moderate$/, "中等"],
  [/^minor$/, "輕微"],
];

/** The sentence in the language of the page; null where it is not known in that one. */
export function meaningIn(text: string): string | null {
  if (language() === "en") return text;
  for (const [english, chinese] of CHINESE) {
    if (english.test(text)) return text.replace(english, chinese);
  }
  return null;
}
