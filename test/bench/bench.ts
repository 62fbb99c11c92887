/** What a benchmark is: measures side by side in one run and prints lines; a claim is a ratio, never an absolute time. */
export interface Bench {
  readonly summary: string;
  /** Numbers that may be given on the command line, by name: `--devices 5000`. */
  readonly options?: Readonly<Record<string, BenchOption>>;
  run(say: (line: string) => void, option: (name: string) => number): Promise<void>;
}

export interface BenchOption {
  readonly description: string;
  readonly default: number;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}

/** The value that the part `q` of all does not exceed. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0;
}

/** `min–max` of a row of figures. */
export function range(values: readonly number[], digits = 3): string {
  return `${Math.min(...values).toFixed(digits)}–${Math.max(...values).toFixed(digits)}`;
}
