/** What the Hybrid page says of the bigger model, and of a stream. Pure. */
import type { AskingStream, Hybrid, HybridModel, HybridStream } from '../../contract/opinion.ts';
import { percent, whole } from '../ui/format.ts';

export interface StateWords {
  readonly title: string;
  readonly tone: 'good' | 'warn' | 'bad' | 'off';
  readonly detail: string;
}

export function stateWords({
  state,
  model,
  wanted,
  reason,
}: Pick<Hybrid, 'state' | 'model' | 'wanted' | 'reason'>): StateWords {
  switch (state) {
    case 'off':
      return {
        title: 'Off',
        tone: 'off',
        detail: 'This hub gives no second opinions: start it with --second-opinion NAME:ALIAS.',
      };
    case 'waiting':
      return {
        title: 'Waiting',
        tone: 'warn',
        detail: reason ?? `There is no model ${wanted ?? ''} yet: upload it, or set the alias on a version.`,
      };
    case 'ready':
      return { title: 'Ready', tone: 'good', detail: `${model ?? wanted ?? ''} answers.` };
    case 'failed':
      return { title: 'Failed', tone: 'bad', detail: reason ?? 'The model cannot be run.' };
  }
}

/** "8 at once, 3.2 × as fast" or why each picture runs alone. */
export function batchingText({ batching }: Pick<HybridModel, 'batching'>): string {
  if (!batching) return 'not loaded yet';
  const { most, gain, reason } = batching;
  if (most > 1) return `${most} at once${gain === undefined ? '' : `, ${gain} × as fast`}`;
  return reason === undefined ? 'one by one' : `one by one: ${reason}`;
}

/** Why a device gave a sample up; what it does not know yet has its own name. */
const reasons: Readonly<Record<string, string>> = {
  budget: 'the budget was used up, or kept for what is worth more',
  'too-large': 'it was larger than the whole budget',
  'queue-full': 'too many samples waited',
  late: 'its deadline passed while it waited',
  unanswered: 'the hub did not answer',
  disk: 'it could not be kept on the disk',
  erased: 'somebody ordered it to be erased before it was sent',
  'key-lost': 'it was encrypted, and its key is lost',
};

export interface UnsentRow {
  readonly reason: string;
  readonly meaning: string;
  readonly count: number;
}

/** What was not sent, the most frequent reason first. */
export function unsentRows({ unsent }: Pick<AskingStream, 'unsent'>): UnsentRow[] {
  return Object.entries(unsent)
    .filter(([, n]) => n > 0)
    .map(([reason, n]) => ({ reason, meaning: reasons[reason] ?? reason, count: n }))
    .toSorted((a, b) => b.count - a.count || (a.reason < b.reason ? -1 : 1));
}

/** "93% (81–98%, n = 40)": random frames in which hub and edge see the same, with its 95 % interval. */
export function agreementText({ agreement }: Pick<HybridStream, 'agreement'>): string | undefined {
  if (!agreement) return undefined;
  const { share, from, to, n } = agreement;
  return `${percent(share)} (${whole(from * 100)}–${percent(to)}, n = ${whole(n)})`;
}
