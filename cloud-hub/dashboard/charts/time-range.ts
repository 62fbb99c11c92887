/** The ranges of time that charts show, up to now. */
export interface TimeRange {
  readonly id: '15m' | '1h' | '24h';
  readonly title: string;
  readonly spanMs: number;
  readonly bucketMs: number;
}

export const timeRanges: readonly [TimeRange, TimeRange, TimeRange] = [
  { id: '15m', title: '15 min', spanMs: 900_000, bucketMs: 15_000 },
  { id: '1h', title: '1 h', spanMs: 3_600_000, bucketMs: 60_000 },
  { id: '24h', title: '24 h', spanMs: 86_400_000, bucketMs: 600_000 },
];
