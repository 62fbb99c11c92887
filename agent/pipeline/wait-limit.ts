/** How long a stream that is well may give no sign. Pure. */
import type { StreamConfig } from '../../shared/contract/config/stream.ts';
import { isWindowInput, type ModelInput } from '../../shared/contract/model-manifest.ts';

/** A shorter silence is nothing: disks, networks and garbage collectors have their moments. */
const LEAST_MS = 10_000;
/** So many frames or samples in a row may be missing. */
const MISSING = 5;
const UNKNOWN_MS = 900_000;

/**
 * Milliseconds without a frame or sample after which a stream counts as stalled: ten seconds, or five times what lies between
 * two frames or samples where they are meant to be that far apart; a camera and a sensor at least twice what they are allowed.
 * @param input of its model; undefined: an online detector, which is not told how often samples come
 */
export function waitLimitMs(config: StreamConfig, input: ModelInput | undefined): number {
  if (config.kind === 'audio') return LEAST_MS;
  if (config.kind === 'sensor') {
    if (!input) return Math.max(UNKNOWN_MS, 2000 * (config.maxGapS ?? 0));
    const sampleMs = isWindowInput(input) ? 1000 / input.rateHz : 0;
    return Math.max(LEAST_MS, MISSING * sampleMs, 2000 * (config.maxGapS ?? 0));
  }
  const fps = Math.min(config.fps ?? Number.POSITIVE_INFINITY, config.source.fps ?? Number.POSITIVE_INFINITY);
  return Math.max(LEAST_MS, (MISSING * 1000) / fps, 2000 * (config.source.stallS ?? 0));
}
