/** Opens Draco-compressed tiles; the decoder comes with the page, and only when a tile needs it. */

import { DRACOLoader } from "three/addons/loaders/DRACOLoader.js";

const WORKERS = 2;

export function tileDecoder(): DRACOLoader {
  return new DRACOLoader().setWorkerLimit(WORKERS);
}
