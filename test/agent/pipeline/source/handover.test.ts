import { expect, onTestFinished, test } from 'vitest';
import { createHandover } from '../../../../agent/pipeline/source/handover.ts';
import type { SourceMessage, SourceRequest } from '../../../../agent/pipeline/source/source.ts';
import type { Gate } from '../../../../agent/pipeline/stage.ts';
import { openVideo } from '../../../../shared/engine/frames/reader.ts';
import { systemClock } from '../../../../shared/kit/clock.ts';
import { writeClip } from '../../../support/clip.ts';
import { tinyInput } from '../../../support/inputs.ts';
import { tempFolder } from '../../../support/temp.ts';

type FrameMessage = Extract<SourceMessage, { type: 'frame' }>;

/** A handover that real frames are offered to, one by one, and a walk that gives them back when the test says so. */
async function start(gate: Gate | undefined, inFlight: number) {
  const url = await writeClip(tempFolder());
  const reader = await openVideo({ url, shown: url, waits: false }, { onUndecodable: (why) => expect.fail(why) });
  const sent: FrameMessage[] = [];
  let heard: (request: SourceRequest) => void = () => undefined;
  const handover = createHandover({
    input: tinyInput,
    also: undefined,
    inFlight,
    gate,
    port: {
      send: (message) => message.type === 'frame' && sent.push(message),
      receive: () => undefined,
      onRequest(listener) {
        heard = listener;
      },
    },
    clock: systemClock,
    complain: (why) => expect.fail(why),
  });
  onTestFinished(() => {
    handover.close();
    reader.close();
  });
  let frame = 0;
  return {
    sent,
    async offer(count: number) {
      for (let i = 0; i < count; i++) {
        const picture = handover.take();
        await reader.next(picture);
        handover.count(1);
        handover.offer({ picture, frame, ptsMs: frame * 100, decodeMs: 0, startedAt: 0 });
        frame++;
      }
    },
    release(index: number) {
      const { frame: number, tensor } = sent[index] ?? expect.fail(`frame ${index} has not been handed over`);
      heard({ type: 'release', frame: number, tensor, quietMs: 0 });
    },
  };
}

/** A gate that analyses each `every`th frame that it is asked about, and decides nothing while an answer is owed. */
function everyNth(every: number): Gate {
  let asked = 0;
  let owed = false;
  return {
    plane: undefined,
    decide() {
      owed = asked++ % every === 0;
      return owed ? 'analyse' : 'coast';
    },
    ready: () => !owed,
    hear() {
      owed = false;
    },
  };
}

const brief = (sent: readonly FrameMessage[]) => sent.map(({ frame, gated, dropped }) => [frame, gated, dropped]);

test('frames that come while the gate is owed an answer wait for it, and are decided in order', async () => {
  const { sent, offer, release } = await start(everyNth(4), 2);
  await offer(5);
  expect(brief(sent)).toEqual([[0, undefined, 0]]);
  release(0);
  expect(brief(sent).slice(1)).toEqual([
    [1, 'coast', 0],
    [2, 'coast', 0],
    [3, 'coast', 0],
    [4, undefined, 0],
  ]);
  // Here the gate is owed the next answer.
  await offer(1);
  expect(sent.length).toBe(5);
  release(4);
  expect(brief(sent).slice(5)).toEqual([[5, 'coast', 0]]);
});

test('of more than wait for the gate the oldest are dropped and counted', async () => {
  const { sent, offer, release } = await start(everyNth(8), 2);
  await offer(8);
  release(0);
  expect(brief(sent)).toEqual([
    [0, undefined, 0],
    [4, 'coast', 3],
    [5, 'coast', 0],
    [6, 'coast', 0],
    [7, 'coast', 0],
  ]);
  expect(sent.reduce((sum, { decoded }) => sum + decoded, 0)).toBe(8);
});

test('without a gate the newest frame waits for a tensor, and the one that it replaces is dropped', async () => {
  const { sent, offer, release } = await start(undefined, 1);
  await offer(4);
  release(0);
  expect(brief(sent)).toEqual([
    [0, undefined, 0],
    [3, undefined, 2],
  ]);
});
