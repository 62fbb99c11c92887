/** The inverse of a positive definite matrix, by Cholesky's decomposition (Golub and Van Loan, "Matrix Computations", 4.2). Pure. */

/** @param matrix `size` x `size`, row by row; only its lower triangle counts */
export function inverseOf(matrix: Float64Array, size: number): Float64Array {
  const lower = decomposed(matrix, size);
  // The inverse of the triangle, and then its transpose times itself.
  const half = new Float64Array(size * size);
  for (let c = 0; c < size; c++)
    for (let i = c; i < size; i++) {
      let sum = i === c ? 1 : 0;
      for (let k = c; k < i; k++) sum -= (lower[i * size + k] as number) * (half[k * size + c] as number);
      half[i * size + c] = sum / (lower[i * size + i] as number);
    }
  const inverse = new Float64Array(size * size);
  for (let i = 0; i < size; i++)
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let k = i; k < size; k++) sum += (half[k * size + i] as number) * (half[k * size + j] as number);
      inverse[i * size + j] = sum;
      inverse[j * size + i] = sum;
    }
  return inverse;
}

function decomposed(matrix: Float64Array, size: number): Float64Array {
  const lower = new Float64Array(size * size);
  for (let i = 0; i < size; i++)
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * size + j] as number;
      for (let k = 0; k < j; k++) sum -= (lower[i * size + k] as number) * (lower[j * size + k] as number);
      lower[i * size + j] =
        i === j ? Math.sqrt(Math.max(sum, Number.MIN_VALUE)) : sum / (lower[j * size + j] as number);
    }
  return lower;
}
