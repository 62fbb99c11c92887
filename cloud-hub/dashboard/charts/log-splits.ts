/** Where a logarithmic axis gets its lines: pure. */

/** @returns powers of ten within the bounds; where there are fewer than three, with their doubles and fives */
export function logSplits(min: number, max: number): number[] {
  const first = Math.floor(Math.log10(min));
  const powers = Array.from({ length: Math.ceil(Math.log10(max)) - first + 1 }, (_, n) => first + n);
  const within = (factors: readonly number[]) =>
    powers
      .flatMap((power) => factors.map((factor) => Number(`${factor}e${power}`)))
      .filter((v) => v >= min && v <= max);
  const tens = within([1]);
  return tens.length >= 3 ? tens : within([1, 2, 5]);
}
