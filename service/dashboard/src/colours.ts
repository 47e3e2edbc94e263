/** Colours of the map. Water over time has its own, which come from the service. */

export const MAP = {
  ground: "#151e2c",
  outside: "#0b121d",
  green: "#19292b",
  built: "#182232",
  river: "#12405f",
  riverEdge: "#1d5c85",
  path: "#2a3749",
  street: "#324258",
  main: "#455a78",
  motorway: "#5d7496",
  underpass: "#8a6fb0",
  building: "#46556d",
  buildingFlat: "#2b3850",
  district: "#6f86a6",
  label: "#b9c8dc",
  place: "#e8eef7",
  wall: "#131d2c",
  chosen: "#ff9d3c",
  drain: "#e0b64f",
  manhole: "#ffe3a1",
} as const;
