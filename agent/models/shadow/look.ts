/** Shows the frames or windows of one stream to a pair of models, as the stream's own runner sees them, and says nothing. */
import { isDeepStrictEqual } from 'node:util';
import { sourceKindOf } from '../../../shared/contract/config/source.ts';
import type { PictureStream, StreamConfig } from '../../../shared/contract/config/stream.ts';
import { imageInputOf } from '../../../shared/contract/model-manifest.ts';
import type { Clock } from '../../../shared/kit/clock.ts';
import { startSensorWalk } from '../../pipeline/sensor-stream.ts';
import { openSource } from '../../pipeline/source/open.ts';
import type { SourceFrame } from '../../pipeline/source/source.ts';
import type { Pair } from './pair.ts';

export interface Look {
  close(): Promise<void>;
}

const IN_FLIGHT = 2;

/** @param onEnd the source gives no more */
export function lookAt(stream: string, config: StreamConfig, pair: Pair, clock: Clock, onEnd: () => void): Look {
  if (config.kind !== 'sensor' && config.kind !== 'audio') return lookAtPictures(config, pair, clock, onEnd);
  const ignore = () => undefined;
  return startSensorWalk(
    stream,
    { ...config, rules: [] },
    { engine: pair.windows, clock },
    { onOpened: ignore, onRecord: ignore, onPreview: ignore, onTrouble: ignore, onEnd: () => onEnd() },
  );
}

function lookAtPictures(config: PictureStream, pair: Pair, clock: Clock, onEnd: () => void): Look {
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
  const source = openSource(
    {
      source: { ...config.source, ...recording },
      input,
      ...(isDeepStrictEqual(input, other) ? {} : { also: other }),
      gate: { gate: false, active: config.active },
      inFlight: IN_FLIGHT,
      reconnect: true,
      ...(config.fps === undefined ? {} : { fps: config.fps }),
    },
    {
      onOpened: () => undefined,
      onTrouble: () => undefined,
      onFrame(frame) {
        queue.push(frame);
        if (!walking) void walkOn();
      },
      onEnd: () => onEnd(),
    },
    clock,
  );
  return { close: source.close };
}
