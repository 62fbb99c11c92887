/** What a benchmark is: measures side by side in one run and prints lines; a claim is a ratio, never an absolute time. */
export interface Bench {
  readonly summary: string;
  /** Numbers that may be given on the command line, by name: `--devices 5000`. */
  readonly options?: Readonly<Record<string, BenchOption>>;
  run(print: (line: string) => void, option: (name: string) => number): Promise<void>;
}

export { median, quantile } from '../../shared/kit/quantile.ts';

export interface BenchOption {
  readonly description: string;
  readonly default: number;
}

/** `min–max` of a row of figures. */
export function range(values: readonly number[], digits = 3): string {
  return `${Math.min(...values).toFixed(digits)}–${Math.max(...values).toFixed(digits)}`;
}
