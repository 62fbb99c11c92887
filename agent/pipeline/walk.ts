/** The walk of a stream, by its kind. */
import type { StreamConfig } from '../../shared/contract/config/stream.ts';
import { isImageInput } from '../../shared/contract/model-manifest.ts';
import { CodedError } from '../../shared/kit/errors.ts';
import type { WalkOutputs } from './outputs.ts';
import { startSensorWalk } from './sensor-stream.ts';
import { startWalk as startPictureWalk, type Walk, type WalkParts } from './stream.ts';

/** @throws CodedError `config-invalid` for a stream whose model takes something else */
export function startWalk(id: string, config: StreamConfig, parts: WalkParts, out: WalkOutputs): Walk {
  if (config.kind === 'sensor' || config.kind === 'audio') return startSensorWalk(id, config, parts, out);
  const { manifest } = parts.engine;
  if (!isImageInput(manifest.input)) {
    const message = `${manifest.name} takes no pictures; a stream with it needs \`kind: sensor\` or \`kind: audio\``;
    throw new CodedError('config-invalid', message);
  }
  return startPictureWalk(id, config, parts, out);
}
