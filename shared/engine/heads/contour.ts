/**
 * Outlines of what is above zero on a grid, by marching squares with linear interpolation (Lorensen and Cline, "Marching Cubes",
 * SIGGRAPH 1987, in two dimensions): the line on which the values, interpolated between the middles of cells, are zero.
 */

/** A closed line of [x, y]; the last point is joined to the first. */
export type Ring = (readonly [x: number, y: number])[];

/** What lies around the grid: what is above zero at its edge reaches over it, nearly to the next middle. */
const OUTSIDE = -1e-9;

/**
 * @param values row by row, `width` x `height`; what is outside of the grid counts as below zero
 * @returns rings in units of cells, where the middle of the first cell is [0, 0]; clockwise (y points down) round what is above
 * zero, counter-clockwise round holes in it
 */
export function contoursOf(values: ArrayLike<number>, width: number, height: number): Ring[] {
  const at = (x: number, y: number) =>
    x < 0 || y < 0 || x >= width || y >= height ? OUTSIDE : (values[y * width + x] as number);
  const stride = width + 2;
  /** An edge between two neighbouring middles, by its left or upper one: to the right, or downwards. */
  const edge = (x: number, y: number, down: 0 | 1) => ((y + 1) * stride + (x + 1)) * 2 + down;
  const next = new Map<number, number>();
  for (let y = -1; y < height; y++) {
    for (let x = -1; x < width; x++) {
      const [tl, tr, br, bl] = [at(x, y), at(x + 1, y), at(x + 1, y + 1), at(x, y + 1)];
      const form = (tl > 0 ? 8 : 0) + (tr > 0 ? 4 : 0) + (br > 0 ? 2 : 0) + (bl > 0 ? 1 : 0);
      if (form === 0 || form === 15) continue;
      const sides = { T: edge(x, y, 0), R: edge(x + 1, y, 1), B: edge(x, y + 1, 0), L: edge(x, y, 1) };
      // Where two corners face each other across the square, its middle says whether they are one.
      const joined = (form === 5 || form === 10) && tl + tr + br + bl > 0;
      for (const [from, to] of STEPS[form + (joined ? 16 : 0)] ?? []) next.set(sides[from], sides[to]);
    }
  }
  const pointOf = (id: number): readonly [number, number] => {
    const cell = Math.floor(id / 2);
    const [x, y] = [(cell % stride) - 1, Math.floor(cell / stride) - 1];
    const down = id % 2 === 1;
    const [a, b] = [at(x, y), down ? at(x, y + 1) : at(x + 1, y)];
    const part = a === b ? 0.5 : a / (a - b);
    return down ? [x, y + part] : [x + part, y];
  };
  const rings: Ring[] = [];
  for (const [start] of next) {
    const ring: Ring = [];
    for (let id: number | undefined = start; id !== undefined; ) {
      ring.push(pointOf(id));
      const to: number | undefined = next.get(id);
      next.delete(id);
      id = to === start ? undefined : to;
    }
    rings.push(ring);
  }
  return rings;
}

type Side = 'T' | 'R' | 'B' | 'L';
type Step = readonly [from: Side, to: Side];

/** By which corners are above zero (8, 4, 2, 1: from the top left, clockwise); 16 more where two that face each other are one. */
const STEPS: Readonly<Record<number, readonly Step[]>> = {
  1: [['L', 'B']],
  2: [['B', 'R']],
  3: [['L', 'R']],
  4: [['R', 'T']],
  5: [
    ['R', 'T'],
    ['L', 'B'],
  ],
  6: [['B', 'T']],
  7: [['L', 'T']],
  8: [['T', 'L']],
  9: [['T', 'B']],
  10: [
    ['T', 'L'],
    ['B', 'R'],
  ],
  11: [['T', 'R']],
  12: [['R', 'L']],
  13: [['R', 'B']],
  14: [['B', 'L']],
  21: [
    ['L', 'T'],
    ['R', 'B'],
  ],
  26: [
    ['T', 'R'],
    ['B', 'L'],
  ],
};

/** Twice the area within a ring; positive where it runs clockwise (y points down). */
export function doubleArea(ring: Ring): number {
  return ring.reduce((sum, [x, y], i) => {
    const [nx, ny] = ring[(i + 1) % ring.length] ?? [x, y];
    return sum + x * ny - nx * y;
  }, 0);
}
