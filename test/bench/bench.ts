/** What a benchmark is: measures side by side in one run and prints lines; a claim is a ratio, never an absolute time. */
export interface Bench {
  readonly summary: string;
  run(say: (line: string) => void): Promise<void>;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}

/** `min–max` of a row of figures. */
export function range(values: readonly number[], digits = 3): string {
  return `${Math.min(...values).toFixed(digits)}–${Math.max(...values).toFixed(digits)}`;
}
