/** Ridge regression: weights of columns that give back others, with a price on large weights. Pure. */

/**
 * Each of the last columns out of all others: of the last `count` of each row the one that is a target has weight 0 for itself. One
 * decomposition serves them all: the weights of a column are its column of the inverse, divided by minus its place on the diagonal.
 * @param rows of equal length
 * @param price added to the diagonal of the normal equations; above 0, so that there is one solution
 * @returns the weights of each of the last columns, as long as a row
 */
export function ridgeOfEach(rows: readonly Float64Array[], count: number, price: number): readonly Float64Array[] {
  const size = rows[0]?.length ?? 0;
  const matrix = normalEquations(rows, size, price);
  decompose(matrix, size);
  return Array.from({ length: count }, (_, c) => {
    const at = size - count + c;
    const inverse = solve(
      matrix,
      size,
      Float64Array.from({ length: size }, (_v, i) => (i === at ? 1 : 0)),
    );
    const own = inverse[at] as number;
    return inverse.map((value, i) => (i === at ? 0 : -value / own));
  });
}

function normalEquations(rows: readonly Float64Array[], size: number, price: number): Float64Array {
  const matrix = new Float64Array(size * size);
  for (const row of rows)
    for (let i = 0; i < size; i++) {
      const value = row[i] as number;
      for (let j = 0; j <= i; j++) matrix[i * size + j] = (matrix[i * size + j] as number) + value * (row[j] as number);
    }
  for (let i = 0; i < size; i++) matrix[i * size + i] = (matrix[i * size + i] as number) + price;
  return matrix;
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
