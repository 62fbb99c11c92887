/** A candidate beside its incumbent on live frames, in a process of their own, and the verdict by the policy. */
import type { DesiredModel } from '../../shared/contract/messages/desired.ts';
import type { ShadowResult } from '../../shared/contract/messages/model-report.ts';
import { type AskOptions, askChild, NoAnswer } from '../../shared/kit/ask-child.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import { isShareable } from '../pipeline/source/shared-view.ts';
import { Refusal } from './outcome.ts';
import type { ShadowMessage, ShadowOrder } from './shadow/beside.ts';
import { judgeShadow } from './shadow/tally.ts';

/** Each stream costs a decoder; more of them would not change the verdict. */
const MOST_STREAMS = 4;
/** Loading both models, beside the time for the frames. */
const LOADING_MS = 120_000;
/** The first death may have another cause than the candidate, such as a lack of memory. */
const TRIES = 2;

/** @returns `runBeside` with what this device has. @param maxMb most memory of the process, asked at each try */
export function createShadow(
  runtime: ShadowOrder['runtime'],
  child: Pick<AskOptions, 'entry' | 'workDir' | 'clock'>,
  maxMb: () => number,
) {
  return (
    sides: Pick<ShadowOrder, 'incumbent' | 'candidate'>,
    streams: ShadowOrder['streams'],
    { proof }: Pick<DesiredModel, 'proof'>,
    onProgress: (result: ShadowResult) => void,
    signal: AbortSignal,
  ) => runBeside({ ...sides, runtime, streams, policy: proof }, { ...child, maxMb: maxMb(), signal }, onProgress);
}

/**
 * @param onProgress what has been compared so far
 * @throws Refusal `shadow`, with the figures
 */
export async function runBeside(
  order: ShadowOrder,
  askOptions: Omit<AskOptions, 'waitLimitMs'>,
  onProgress: (result: ShadowResult) => void,
): Promise<ShadowResult> {
  const streams = order.streams.filter(({ config }) => isShareable(config)).slice(0, MOST_STREAMS);
  if (streams.length === 0) {
    const why = 'no stream with this model has a source that two processes can open';
    throw new Refusal('shadow', `${why}; set \`proof.shadowFrames: 0\` to skip the comparison`);
  }
  let last: ShadowResult | undefined;
  const receive = (message: ShadowMessage) => {
    if (message.type === 'refused') return true;
    last = message.result;
    onProgress(message.result);
    return message.type === 'done';
  };
  const waitLimit = { ...askOptions, waitLimitMs: LOADING_MS + order.policy.shadowTimeoutS * 1000 };
  for (let tries = 1; ; tries++) {
    try {
      const message = await askChild<ShadowOrder, ShadowMessage>({ ...order, streams }, waitLimit, receive);
      if (message.type === 'refused') throw new Refusal('shadow', message.reason);
      const reason = judgeShadow(message.result, order.policy);
      if (reason !== undefined) throw new Refusal('shadow', reason, { shadow: message.result });
      return message.result;
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      if (tries < TRIES) continue;
      const findings = last ? { shadow: last } : {};
      throw new Refusal(
        'shadow',
        `the process that compared it on live frames ${messageOf(error)} (${tries} tries)`,
        findings,
      );
    }
  }
}
