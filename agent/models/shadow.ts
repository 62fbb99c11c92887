/** A candidate beside its incumbent on live frames, in a process of their own, and the verdict by the policy. */
import type { ShadowResult } from '../../shared/contract/messages/model-report.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import { isShareable } from '../pipeline/source/shared-view.ts';
import { askChild, type Errand, NoAnswer } from './ask-child.ts';
import { Refusal } from './outcome.ts';
import { judgeShadow } from './shadow/tally.ts';
import type { ShadowOrder, ShadowSaid } from './shadow-child.ts';

/** More streams than this would tell no more, and cost a decoder each. */
const MOST_STREAMS = 4;
/** Loading both models, beside the time for the frames. */
const LOADING_MS = 120_000;
/** A process may end for another reason than the candidate (memory that ran out): once. */
const TRIES = 2;

/**
 * @param onProgress what has been compared so far
 * @throws Refusal `shadow`, with the figures
 */
export async function runBeside(
  order: ShadowOrder,
  errand: Omit<Errand, 'patienceMs'>,
  onProgress: (result: ShadowResult) => void,
): Promise<ShadowResult> {
  const streams = order.streams.filter(({ config }) => isShareable(config)).slice(0, MOST_STREAMS);
  if (streams.length === 0) {
    const why = 'no stream with this model has a source that a second process could look at';
    throw new Refusal('shadow', `${why}; give \`proof.shadowFrames: 0\` to do without`);
  }
  let last: ShadowResult | undefined;
  const hear = (said: ShadowSaid) => {
    if (said.type === 'refused') return true;
    last = said.result;
    onProgress(said.result);
    return said.type === 'done';
  };
  const patience = { ...errand, patienceMs: LOADING_MS + order.policy.shadowTimeoutS * 1000 };
  for (let tries = 1; ; tries++) {
    try {
      const said = await askChild<ShadowOrder, ShadowSaid>({ ...order, streams }, patience, hear);
      if (said.type === 'refused') throw new Refusal('shadow', said.reason);
      const reason = judgeShadow(said.result, order.policy);
      if (reason !== undefined) throw new Refusal('shadow', reason, { shadow: said.result });
      return said.result;
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      if (tries < TRIES) continue;
      const findings = last ? { shadow: last } : {};
      throw new Refusal(
        'shadow',
        `it does not get through live frames (${tries} tries): ${messageOf(error)}`,
        findings,
      );
    }
  }
}
