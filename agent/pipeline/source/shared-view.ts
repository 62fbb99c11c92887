/** Sources that two processes may look at at once, and see the same. */

import { sourceKindOf } from '../../../shared/contract/config/source.ts';
import type { StreamConfig } from '../../../shared/contract/config/stream.ts';

/**
 * False for what one process alone can have (a device, standard input) and for a recording that is read as fast as it is
 * analysed, which a second reader would only begin anew.
 */
export function isShareable(config: StreamConfig): boolean {
  if (config.kind === 'sensor') return /^(mqtts?|wss?):/i.test(config.source.url);
  if (config.kind === 'audio') return /^(rtsps?|https?):/i.test(config.source.url);
  const kind = sourceKindOf(config.source.url);
  return kind !== 'device' && kind !== 'stdin' && config.source.pace === 'pts';
}
