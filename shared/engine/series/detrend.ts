/**
 * Takes the straight line of least squares out of one channel of a window, in place: its mean and its slope.
 * @param values the window; the channel's samples are at `start`, `start + stride`, …
 * @param count samples of the channel, at least 2
 */
export function detrend(values: Float64Array, start: number, stride: number, count: number): void {
  const middle = (count - 1) / 2;
  let sum = 0;
  let moment = 0;
  let spread = 0;
  for (let i = 0, at = start; i < count; i++, at += stride) {
    const value = values[at] as number;
    sum += value;
    moment += (i - middle) * value;
    spread += (i - middle) ** 2;
  }
  const mean = sum / count;
  const slope = spread > 0 ? moment / spread : 0;
  for (let i = 0, at = start; i < count; i++, at += stride)
    values[at] = (values[at] as number) - mean - slope * (i - middle);
}
