/** Ridge regression: weights of columns that give back targets, with a price on large weights. Pure. */

/**
 * @param rows of equal length
 * @param targets one list per output, each as long as there are rows
 * @param price added to the diagonal of the normal equations; above 0, so that there is one solution
 * @returns the weights of each output
 */
export function ridge(
  rows: readonly Float64Array[],
  targets: readonly (readonly number[])[],
  price: number,
): readonly Float64Array[] {
  const size = rows[0]?.length ?? 0;
  const matrix = new Float64Array(size * size);
  const sides = targets.map(() => new Float64Array(size));
  for (const [r, row] of rows.entries()) {
    for (let i = 0; i < size; i++) {
      const value = row[i] as number;
      for (let j = 0; j <= i; j++) matrix[i * size + j] = (matrix[i * size + j] as number) + value * (row[j] as number);
      for (const [t, side] of sides.entries()) side[i] = (side[i] as number) + value * (targets[t]?.[r] ?? 0);
    }
  }
  for (let i = 0; i < size; i++) matrix[i * size + i] = (matrix[i * size + i] as number) + price;
  decompose(matrix, size);
  return sides.map((side) => solve(matrix, size, side));
}

/** Cholesky's decomposition in place: the lower triangle (Golub and Van Loan, "Matrix Computations", 4.2). */
function decompose(matrix: Float64Array, size: number): void {
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * size + j] as number;
      for (let k = 0; k < j; k++) sum -= (matrix[i * size + k] as number) * (matrix[j * size + k] as number);
      matrix[i * size + j] =
        i === j ? Math.sqrt(Math.max(sum, Number.MIN_VALUE)) : sum / (matrix[j * size + j] as number);
    }
  }
}

function solve(lower: Float64Array, size: number, side: Float64Array): Float64Array {
  const found = Float64Array.from(side);
  for (let i = 0; i < size; i++) {
    let sum = found[i] as number;
    for (let k = 0; k < i; k++) sum -= (lower[i * size + k] as number) * (found[k] as number);
    found[i] = sum / (lower[i * size + i] as number);
  }
  for (let i = size - 1; i >= 0; i--) {
    let sum = found[i] as number;
    for (let k = i + 1; k < size; k++) sum -= (lower[k * size + i] as number) * (found[k] as number);
    found[i] = sum / (lower[i * size + i] as number);
  }
  return found;
}
