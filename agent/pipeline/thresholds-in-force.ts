/** From which scores on objects of a stream count now: as the stream says, and of labels that were tuned for its model as tuned. */
import type { PictureStream } from '../../shared/contract/config/stream.ts';
import type { TunedThresholds } from '../../shared/contract/messages/desired.ts';
import type { ModelRef } from '../../shared/contract/messages/record.ts';
import type { Thresholds } from '../../shared/contract/thresholds.ts';

/** What the stream says, and for the rest its model. */
export function ownThresholds(
  { threshold, thresholds }: Pick<PictureStream, 'threshold' | 'thresholds'>,
  model: { readonly threshold: number },
): Thresholds {
  return { threshold: threshold ?? model.threshold, ...(thresholds ? { thresholds } : {}) };
}

/**
 * @param own of the stream
 * @param model that answers; scores of another one mean something else
 * @param tuned asked each time: what the hub says now
 */
export function thresholdsInForce(
  own: Thresholds,
  { name, version }: Pick<ModelRef, 'name' | 'version'>,
  tuned: () => TunedThresholds | undefined = () => undefined,
): () => Thresholds {
  const model = `${name}@${version}`;
  return () => {
    const said = tuned();
    return said?.model === model && Object.keys(said.labels).length > 0
      ? { ...own, thresholds: { ...own.thresholds, ...said.labels } }
      : own;
  };
}
