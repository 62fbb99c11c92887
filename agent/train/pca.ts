/**
 * Principal component analysis (Jolliffe, "Principal Component Analysis", 2002) by orthogonal iteration (Golub and Van Loan,
 * "Matrix Computations", 8.2): only the strongest components are wanted, and deterministic from a fixed start.
 */

export interface Pca {
  /** Mean of the rows. */
  readonly mean: Float64Array;
  /** Orthonormal directions, strongest first. */
  readonly components: readonly Float64Array[];
  /** Variance along each. */
  readonly variances: readonly number[];
  /** Variance of the rows over all directions. */
  readonly total: number;
}

const MAX_ROUNDS = 300;
const CONVERGED = 1e-7;

/**
 * @param rows at least two, of equal length
 * @param count how many components; fewer come back where the rows span fewer directions
 */
export function principalComponents(rows: readonly Float32Array[], count: number): Pca {
  const size = rows[0]?.length ?? 0;
  const mean = meanOf(rows, size);
  const covariance = covarianceOf(rows, mean);
  let total = 0;
  for (let i = 0; i < size; i++) total += covariance[i * size + i] as number;
  let basis = orthonormal(startOf(Math.min(count, size), size));
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const next = orthonormal(basis.map((v) => times(covariance, v)));
    // Up to sign, and within groups of equal variance: what counts is the space they span.
    const turned = Math.max(0, ...basis.map((v) => 1 - spanOf(next, v)));
    basis = next;
    if (turned < CONVERGED) break;
  }
  const found = basis
    .map((direction) => ({ direction, variance: dot(direction, times(covariance, direction)) }))
    .filter(({ variance }) => variance > total * 1e-12)
    .toSorted((a, b) => b.variance - a.variance);
  return { mean, components: found.map((f) => f.direction), variances: found.map((f) => f.variance), total };
}

export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

function meanOf(rows: readonly Float32Array[], size: number): Float64Array {
  const mean = new Float64Array(size);
  for (const row of rows) for (let i = 0; i < size; i++) mean[i] = (mean[i] as number) + (row[i] as number);
  return mean.map((sum) => sum / rows.length);
}

function covarianceOf(rows: readonly Float32Array[], mean: Float64Array): Float64Array {
  const size = mean.length;
  const sums = new Float64Array(size * size);
  const centred = new Float64Array(size);
  for (const row of rows) {
    for (let i = 0; i < size; i++) centred[i] = (row[i] as number) - (mean[i] as number);
    for (let i = 0; i < size; i++) {
      const value = centred[i] as number;
      for (let j = i, at = i * size + i; j < size; j++, at++)
        sums[at] = (sums[at] as number) + value * (centred[j] as number);
    }
  }
  for (let i = 0; i < size; i++) {
    for (let j = i; j < size; j++) {
      const value = (sums[i * size + j] as number) / Math.max(1, rows.length - 1);
      sums[i * size + j] = value;
      sums[j * size + i] = value;
    }
  }
  return sums;
}

/** Any start will do that no component is orthogonal to; a sequence without structure is one. */
function startOf(count: number, size: number): Float64Array[] {
  let state = 1;
  const next = () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647 - 0.5;
  };
  return Array.from({ length: count }, () => Float64Array.from({ length: size }, next));
}

/** Gram and Schmidt, twice for the sake of rounding; directions that vanish are left out. */
function orthonormal(vectors: readonly Float64Array[]): Float64Array[] {
  const basis: Float64Array[] = [];
  for (const vector of vectors) {
    const v = Float64Array.from(vector);
    const before = Math.sqrt(dot(v, v));
    for (let pass = 0; pass < 2; pass++) {
      for (const b of basis) {
        const part = dot(v, b);
        for (let i = 0; i < v.length; i++) v[i] = (v[i] as number) - part * (b[i] as number);
      }
    }
    const length = Math.sqrt(dot(v, v));
    if (length > 1e-12 && length > before * 1e-10) basis.push(v.map((x) => x / length));
  }
  return basis;
}

function times(matrix: Float64Array, vector: Float64Array): Float64Array {
  const size = vector.length;
  const product = new Float64Array(size);
  for (let i = 0; i < size; i++) product[i] = dot(matrix.subarray(i * size, (i + 1) * size), vector);
  return product;
}

/** How much of a unit vector lies in the space of an orthonormal basis, 0 to 1. */
function spanOf(basis: readonly Float64Array[], vector: Float64Array): number {
  return basis.reduce((sum, b) => sum + dot(b, vector) ** 2, 0);
}
