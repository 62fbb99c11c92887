/** Why nothing new comes from a stream, in words: pure. */
import type { StreamState } from '../../../shared/contract/messages/report.ts';
import type { FeedState } from '../hub/feed.ts';
import { span } from '../ui/format.ts';

export interface StreamFacts {
  readonly feed: FeedState['kind'];
  readonly online: boolean;
  readonly stream: StreamState;
  readonly error?: string | undefined;
  /** Seconds that the stream has been in this state. */
  readonly stateS?: number | undefined;
}

export interface Note {
  readonly text: string;
  readonly detail?: string;
  readonly isBusy: boolean;
}

/** @param last how old the newest is, in words, where there is one; a better detail takes its place */
export function hindranceOf({ feed, online, stream, error, stateS = 0 }: StreamFacts, last?: string): Note | undefined {
  const detail = last === undefined ? {} : { detail: last };
  if (feed !== 'open') return { text: 'Connecting to the hub…', isBusy: true, ...detail };
  if (!online) return { text: 'The device is offline', isBusy: false, ...detail };
  if (stream === 'refused')
    return { text: 'The stream was refused', isBusy: false, detail: error ?? 'No reason given.' };
  if (stream === 'stalled')
    return { text: `No data for ${span(stateS * 1000)}`, isBusy: false, detail: error ?? 'No reason given.' };
  if (stream === 'waiting')
    return {
      text: `The source does not answer${stateS < 60 ? '' : `: no data for ${span(stateS * 1000)}`}`,
      isBusy: true,
      detail: error ?? 'Trying again.',
    };
  if (stream === 'ended') return { text: 'The stream has ended', isBusy: false, ...detail };
  return undefined;
}
