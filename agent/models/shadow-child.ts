/**
 * Entry of the process that runs a candidate beside its incumbent on live frames. Both run here, on the same frames, beside
 * the runner that answers: a candidate that crashes ends this process and nothing else.
 */
import { setPriority } from 'node:os';
import type { StreamConfig } from '../../shared/contract/config/stream.ts';
import type { ProofPolicy } from '../../shared/contract/messages/desired.ts';
import type { ShadowResult } from '../../shared/contract/messages/model-report.ts';
import { type Engine, openEngine } from '../../shared/engine/engine.ts';
import { systemClock } from '../../shared/kit/clock.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import type { Runtime } from '../runner/messages.ts';
import { type Look, lookAt } from './shadow/look.ts';
import { createPair, incomparable } from './shadow/pair.ts';
import { createTally, isHopeless } from './shadow/tally.ts';

export interface ShadowSide {
  readonly modelDir: string;
  readonly variant: string;
}

export interface ShadowOrder {
  readonly incumbent: ShadowSide;
  readonly candidate: ShadowSide;
  readonly runtime: Runtime;
  readonly streams: readonly { readonly stream: string; readonly config: StreamConfig }[];
  readonly policy: ProofPolicy;
}

export type ShadowSaid =
  | { readonly type: 'progress' | 'done'; readonly result: ShadowResult }
  | { readonly type: 'refused'; readonly reason: string };

const TELL_MS = 500;
/** Live streams go first; both models are slowed alike, so that their ratio holds. */
const NICE = 10;

async function beside({ incumbent, candidate, runtime, streams, policy }: ShadowOrder): Promise<ShadowSaid> {
  const open = ({ modelDir, variant }: ShadowSide): Promise<Engine> =>
    openEngine({ dir: modelDir, variant, ...runtime }, systemClock);
  const [a, b] = [await open(incumbent), await open(candidate)];
  const reason = incomparable(a, b);
  if (reason !== undefined) return { type: 'refused', reason };
  const tally = createTally(policy.shadowFrames);
  const pair = createPair(a, b, tally);
  const looks: Look[] = [];
  await new Promise<void>((resolve) => {
    let open = streams.length;
    systemClock.after(policy.shadowTimeoutS * 1000, resolve);
    systemClock.every(TELL_MS, () => {
      const result = tally.result();
      process.send?.({ type: 'progress', result } satisfies ShadowSaid, () => undefined);
      if (result.frames >= policy.shadowFrames || isHopeless(result, policy)) resolve();
    });
    for (const { stream, config } of streams) {
      looks.push(
        lookAt(stream, config, pair, systemClock, () => {
          if (--open === 0) resolve();
        }),
      );
    }
  });
  const result = tally.result();
  await Promise.all(looks.map((look) => look.close()));
  return { type: 'done', result };
}

process.once('message', (order: ShadowOrder) => {
  setPriority(NICE);
  const answer = (said: ShadowSaid) => process.send?.(said, () => process.exit(0));
  beside(order).then(answer, (error: unknown) => answer({ type: 'refused', reason: messageOf(error) }));
});
process.once('disconnect', () => process.exit(0));
