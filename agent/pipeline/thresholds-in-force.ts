/** From which scores on objects of a stream count now: as the stream says, or as they were tuned for its model. */
import type { TunedThresholds } from '../../shared/contract/messages/desired.ts';
import type { ModelRef } from '../../shared/contract/messages/record.ts';
import type { Thresholds } from '../../shared/contract/thresholds.ts';

/**
 * @param threshold of the stream, for all labels
 * @param model that answers; scores of another one mean something else
 * @param tuned asked each time: what the hub says now
 */
export function thresholdsInForce(
  threshold: number,
  { name, version }: Pick<ModelRef, 'name' | 'version'>,
  tuned: () => TunedThresholds | undefined = () => undefined,
): () => Thresholds {
  const model = `${name}@${version}`;
  return () => {
    const said = tuned();
    return said?.model === model && Object.keys(said.labels).length > 0
      ? { threshold, thresholds: said.labels }
      : { threshold };
  };
}
