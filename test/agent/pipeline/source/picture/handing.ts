import { expect, onTestFinished } from 'vitest';
import { createHandover } from '../../../../../agent/pipeline/source/picture/handover.ts';
import type { SourceMessage, SourceRequest } from '../../../../../agent/pipeline/source/picture/source.ts';
import type { Gate } from '../../../../../agent/pipeline/stage.ts';
import type { ImageInput } from '../../../../../shared/contract/model-manifest.ts';
import { openVideo } from '../../../../../shared/engine/frames/reader.ts';
import { createRedactor, NOTHING_HIDDEN } from '../../../../../shared/engine/frames/redact.ts';
import { writeClip } from '../../../../support/clip.ts';
import { tinyInput } from '../../../../support/inputs.ts';
import { ManualClock } from '../../../../support/manual-clock.ts';
import { tempFolder } from '../../../../support/temp.ts';

export type FrameMessage = Extract<SourceMessage, { type: 'frame' }>;

/** A handover that real frames are offered to, one by one, and a walk that gives them back when the test says so. */
export async function start(gate: Gate | undefined, inFlight: number, also?: ImageInput) {
  const url = await writeClip(tempFolder());
  const reader = await openVideo(
    { from: 'file', url, shown: url, waits: false },
    { onUndecodable: (why) => expect.fail(why) },
  );
  const sent: FrameMessage[] = [];
  const pictures: Extract<SourceMessage, { type: 'picture' }>[] = [];
  const complaints: string[] = [];
  const queued: SourceRequest[] = [];
  let received: (request: SourceRequest) => void = () => undefined;
  const clock = new ManualClock();
  const redactor = createRedactor(NOTHING_HIDDEN);
  const handover = createHandover({
    input: tinyInput,
    also,
    inFlight,
    gate,
    redactor,
    port: {
      send(message) {
        if (message.type === 'frame') sent.push(message);
        if (message.type === 'picture') pictures.push(message);
      },
      receive: () => queued.shift(),
      onRequest(listener) {
        received = listener;
      },
      blocking: () => undefined,
    },
    clock,
    complain: (why) => complaints.push(why),
  });
  onTestFinished(() => {
    handover.close();
    reader.close();
    redactor.close();
  });
  let frame = 0;
  return {
    ...{ sent, pictures, complaints, handover, redactor, clock, queued },
    receive: (request: SourceRequest) => received(request),
    async offer(count: number) {
      for (let i = 0; i < count; i++) {
        const picture = handover.take();
        await reader.next(picture);
        handover.count(1);
        handover.offer({ picture: redactor.redact(picture), frame, ptsMs: frame * 100, decodeMs: 0, startedAt: 0 });
        frame++;
      }
    },
    release(index: number, quietMs = 0) {
      const { frame: number, tensor } = sent[index] ?? expect.fail(`frame ${index} has not been handed over`);
      received({ type: 'release', frame: number, tensor, quietMs });
    },
  };
}

/** A gate that analyses each `every`th frame that it is asked about, and decides nothing while an answer is owed. */
export function everyNth(every: number): Gate {
  let asked = 0;
  let isDue = false;
  return {
    plane: undefined,
    decide() {
      isDue = asked++ % every === 0;
      return isDue ? 'analyse' : 'coast';
    },
    ready: () => !isDue,
    feedBack() {
      isDue = false;
    },
  };
}

/** A gate that answers every frame so. */
export const always = (decision: ReturnType<Gate['decide']>): Gate & { readonly received: number[] } => {
  const received: number[] = [];
  return {
    plane: undefined,
    decide: () => decision,
    ready: () => true,
    feedBack: (quietMs) => void received.push(quietMs),
    received,
  };
};

/** `[frame, how it was gated, dropped before it]` of each. */
export const brief = (sent: readonly FrameMessage[]) =>
  sent.map(({ frame, gated, dropped }) => [frame, gated, dropped]);
