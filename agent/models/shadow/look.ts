/** Shows the frames or windows of one stream to a pair of models, as the stream's own runner sees them, and says nothing. */
import { isDeepStrictEqual } from 'node:util';
import { sourceKindOf } from '../../../shared/contract/config/source.ts';
import type { PictureStream, StreamConfig } from '../../../shared/contract/config/stream.ts';
import { imageInputOf } from '../../../shared/contract/model-manifest.ts';
import type { Clock } from '../../../shared/kit/clock.ts';
import type { openSource } from '../../pipeline/source/picture/open.ts';
import type { SourceFrame } from '../../pipeline/source/picture/source.ts';
import { startWalk } from '../../pipeline/walk.ts';
import type { Pair } from './pair.ts';

export interface Look {
  close(): Promise<void>;
}

const IN_FLIGHT = 2;

export interface LookParts {
  readonly clock: Clock;
  readonly openSource: typeof openSource;
}

/** @param onEnd the source gives no more */
export function lookAt(stream: string, config: StreamConfig, pair: Pair, parts: LookParts, onEnd: () => void): Look {
  if (config.kind !== 'sensor' && config.kind !== 'audio') return lookAtPictures(config, pair, parts, onEnd);
  const ignore = () => undefined;
  return startWalk(
    stream,
    { ...config, rules: [] },
    { engine: pair.windows, ...parts },
    { onOpened: ignore, onRecord: ignore, onPreview: ignore, onProblem: ignore, onEnd: () => onEnd() },
  );
}

function lookAtPictures(config: PictureStream, pair: Pair, parts: LookParts, onEnd: () => void): Look {
  const [input, other] = [imageInputOf(pair.incumbent.manifest), imageInputOf(pair.candidate.manifest)];
  const queue: SourceFrame[] = [];
  let walking = false;

  const walkOn = async () => {
    walking = true;
    for (let frame = queue.shift(); frame; frame = queue.shift()) {
      await pair.look(frame, frame.also ?? frame, config.threshold);
      source.release(frame, 0);
    }
    walking = false;
  };

  // A recording is a stand-in for a camera here: it goes on, at its own pace.
  const recording = sourceKindOf(config.source.url) === 'path' ? ({ pace: 'pts', loop: true } as const) : {};
  const source = parts.openSource(
    {
      source: { ...config.source, ...recording },
      input,
      ...(isDeepStrictEqual(input, other) ? {} : { also: other }),
      gate: { gate: false, active: config.active },
      ...(config.privacy ? { privacy: config.privacy } : {}),
      inFlight: IN_FLIGHT,
      reconnect: true,
      ...(config.fps === undefined ? {} : { fps: config.fps }),
    },
    {
      onOpened: () => undefined,
      onProblem: () => undefined,
      onFrame(frame) {
        queue.push(frame);
        if (!walking) void walkOn();
      },
      onEnd: () => onEnd(),
    },
    parts.clock,
  );
  return { close: source.close };
}
