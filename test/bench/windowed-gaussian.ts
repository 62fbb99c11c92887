/**
 * The benchmark's reference `windowedGaussian`: how far a value lies out of a normal distribution with mean and deviation of the last 6,400
 * values, anew after each 100.
 */

const WINDOW = 6400;
const STEP = 100;
const LEAST = 1e-6;

/** @returns of each value its distance from the mean in deviations; in the order of their probabilities, which is what counts here */
export function windowedGaussian(values: readonly number[]): number[] {
  let [mean, deviation] = [0, 1];
  return values.map((value, i) => {
    const distance = i === 0 ? 0 : Math.abs(value - mean) / deviation;
    if (i < STEP || i % STEP === 0) {
      const window = values.slice(Math.max(0, i + 1 - WINDOW), i + 1);
      mean = window.reduce((sum, one) => sum + one, 0) / window.length;
      const variance = window.reduce((sum, one) => sum + (one - mean) ** 2, 0) / window.length;
      deviation = Math.max(LEAST, Math.sqrt(variance));
    }
    return distance;
  });
}
