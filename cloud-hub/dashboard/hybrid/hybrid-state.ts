/** What the Hybrid page says of the bigger model, and of a stream. Pure. */
import type { Hybrid, HybridStream } from '../../contract/opinion.ts';
import { percent, whole } from '../ui/format.ts';

export interface StateWords {
  readonly title: string;
  readonly tone: 'good' | 'warn' | 'bad' | 'off';
  readonly detail: string;
}

export function stateWords({ state, model, wanted, reason }: Omit<Hybrid, 'streams'>): StateWords {
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

/** "93% (81–98%, n = 40)": random frames in which hub and edge see the same, with its 95 % interval. */
export function agreementText({ agreement }: Pick<HybridStream, 'agreement'>): string | undefined {
  if (!agreement) return undefined;
  const { share, from, to, n } = agreement;
  return `${percent(share)} (${whole(from * 100)}–${percent(to)}, n = ${whole(n)})`;
}
