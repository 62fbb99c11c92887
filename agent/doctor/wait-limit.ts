/** How long a stream may take before it counts as dead. Pure. */
import type { StreamConfig } from '../../shared/contract/config/stream.ts';
import { isWindowInput, type ModelInput } from '../../shared/contract/model-manifest.ts';

/** Milliseconds from the start. */
export interface WaitLimits {
  /** To the first frame or sample. */
  readonly sampleMs: number;
  /** To the first result; not shorter than `sampleMs`. */
  readonly resultMs: number;
  /** The first result would take too long: that samples come is enough to know. */
  readonly samplesSuffice: boolean;
}

/** Loading a model and connecting to a camera. */
const OPEN_MS = 15_000;
/** Nobody said how often a sensor at a broker speaks: most do once a minute or more often. */
const SENSOR_MS = 120_000;
/** Waiting for a longer window would show no more than that samples come. */
const LONGEST_WINDOW_MS = 60_000;
/** A sensor may be so many times as slow as its model expects it. */
const SLACK = 1.5;

/**
 * @param input of the stream's model; undefined where it has none, or none that can be read
 * @param waitMs what a person asked for instead, to the first frame or sample
 */
export function waitLimitFor(
  config: StreamConfig,
  input: ModelInput | undefined,
  waitMs: number | undefined,
): WaitLimits {
  const sampleMs = waitMs ?? OPEN_MS + (isLiveSensor(config) ? SENSOR_MS : openingMs(config));
  const windowMs = config.kind === 'sensor' ? windowMsOf(input) * SLACK : 0;
  const samplesSuffice = windowMs > LONGEST_WINDOW_MS;
  return { sampleMs, resultMs: sampleMs + (samplesSuffice ? 0 : windowMs), samplesSuffice };
}

/** How long a model needs samples before its first answer; 0 where one is enough. */
export function windowMsOf(input: ModelInput | undefined): number {
  return input && isWindowInput(input) ? (1000 * input.window) / input.rateHz : 0;
}

/** A sensor that speaks when it likes, and no file. */
function isLiveSensor({ kind, source }: StreamConfig): boolean {
  return kind === 'sensor' && 'topic' in source && source.topic !== undefined;
}

/** How long the configuration lets a camera sleep before it answers, where it says so. */
function openingMs({ source }: StreamConfig): number {
  return 'openS' in source && source.openS !== undefined ? source.openS * 1000 : 0;
}
