/** The walk of a stream: source → engine → rules ⇒ records, by the kind of the stream. */
import { namedLabels, type StreamConfig } from '../../shared/contract/config/stream.ts';
import { CodedError } from '../../shared/kit/errors.ts';
import type { WalkOutputs } from './outputs.ts';
import { startPictureWalk } from './picture-walk.ts';
import { createReport } from './report.ts';
import { startSeriesWalk } from './series-walk.ts';
import { requireSuited } from './suits.ts';
import { hasModel, type Walk, type WalkParts } from './walk-parts.ts';

/** @throws CodedError `config-invalid` for a stream whose model takes something else, or whose rules do not suit it */
export function startWalk(id: string, config: StreamConfig, parts: WalkParts, outputs: WalkOutputs): Walk {
  requireSuited(config.rules, modelOf(parts), namedLabels(config));
  const askedFps = 'fps' in config ? config.fps : undefined;
  const report = createReport(id, { summaryS: config.summaryS, askedFps }, parts, outputs);
  if (config.kind === 'sensor' || config.kind === 'audio') return startSeriesWalk(id, config, parts, report);
  if (!hasModel(parts)) throw new CodedError('config-invalid', 'an online detector is for streams of kind sensor');
  return startPictureWalk(id, config, parts, report);
}

function modelOf(parts: WalkParts): Parameters<typeof requireSuited>[1] {
  if (!hasModel(parts)) return { name: parts.engine.model.name, task: 'anomaly', labels: [] };
  const { manifest, labels } = parts.engine;
  return { name: manifest.name, task: manifest.task, labels };
}
