/** A candidate beside its incumbent on live frames, until enough have been compared. In a process of its own (`shadow-child.ts`). */
import { namedLabels, type StreamConfig } from '../../../shared/contract/config/stream.ts';
import type { ProofPolicy } from '../../../shared/contract/messages/desired.ts';
import type { ShadowResult } from '../../../shared/contract/messages/model-report.ts';
import { type Engine, openEngine } from '../../../shared/engine/engine.ts';
import { type Complaint, describeComplaints } from '../../../shared/kit/schema.ts';
import { unsuited } from '../../pipeline/suits.ts';
import type { Runtime } from '../../runner/messages.ts';
import { type Look, type LookParts, lookAt } from './look.ts';
import { createPair, incomparable } from './pair.ts';
import { createTally, isHopeless } from './tally.ts';

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

export type ShadowMessage =
  | { readonly type: 'progress' | 'done'; readonly result: ShadowResult }
  | { readonly type: 'refused'; readonly reason: string };

const REPORT_MS = 500;

/** Ends when the frames that are wanted have come, their time is over, no stream gives more, or the candidate cannot pass any more. */
export async function compareLive(
  { incumbent, candidate, runtime, streams, policy }: ShadowOrder,
  report: (message: ShadowMessage) => void,
  parts: LookParts,
): Promise<ShadowMessage> {
  const { clock } = parts;
  const open = ({ modelDir, variant }: ShadowSide) => openEngine({ dir: modelDir, variant, ...runtime }, clock);
  const [a, b] = [await open(incumbent), await open(candidate)];
  const reason = incomparable(a, b) ?? takenAway(a, b, streams);
  if (reason !== undefined) return { type: 'refused', reason };
  const tally = createTally(policy.shadowFrames);
  const pair = createPair(a, b, tally);
  const looks: Look[] = [];
  const cancels: (() => void)[] = [];
  await new Promise<void>((resolve) => {
    let open = streams.length;
    cancels.push(clock.after(policy.shadowTimeoutS * 1000, resolve));
    cancels.push(
      clock.every(REPORT_MS, () => {
        const result = tally.result();
        report({ type: 'progress', result });
        if (result.frames >= policy.shadowFrames || isHopeless(result, policy)) resolve();
      }),
    );
    for (const { stream, config } of streams) {
      looks.push(
        lookAt(stream, config, pair, parts, () => {
          if (--open === 0) resolve();
        }),
      );
    }
  });
  for (const cancel of cancels) cancel();
  const result = tally.result();
  await Promise.all(looks.map((look) => look.close()));
  return { type: 'done', result };
}

/** What rules and `privacy.labels` of the streams find in the incumbent, and would not find in the candidate, each by its path. */
function takenAway(incumbent: Engine, candidate: Engine, streams: ShadowOrder['streams']): string | undefined {
  const lost = streams.flatMap(({ stream, config }) => {
    const complaints = ({ manifest: { name, task }, labels }: Engine): Complaint[] =>
      unsuited(config.rules, { name, task, labels }, namedLabels(config));
    const before = new Set(complaints(incumbent).map(({ path }) => path));
    return complaints(candidate).flatMap((one) =>
      before.has(one.path) ? [] : [{ ...one, path: `streams.${stream}.${one.path}` }],
    );
  });
  return lost.length > 0 ? describeComplaints(lost) : undefined;
}
