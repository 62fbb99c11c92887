type Corner = readonly [number, number];

/** Is a point in a polygon? Even-odd rule (Shimrat, "Algorithm 112: Position of point relative to polygon", CACM 1962). */
export function insidePolygon([x, y]: Corner, polygon: readonly Corner[]): boolean {
  let inside = false;
  let previous = polygon.at(-1);
  for (const corner of polygon) {
    if (previous && corner[1] > y !== previous[1] > y) {
      const crossing = corner[0] + ((previous[0] - corner[0]) * (y - corner[1])) / (previous[1] - corner[1]);
      if (x < crossing) inside = !inside;
    }
    previous = corner;
  }
  return inside;
}
