/**
 * Commits a group of checked messages in one transaction. When it fails, each is tried alone; one that fails alone although the
 * database works goes into the quarantine. When the database itself fails, nothing of the group is committed.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../shared/kit/clock.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import type { Message } from './message.ts';
import type { CommitStep, StepTools } from './step.ts';

/** A transaction holds the event loop for about so many milliseconds. */
const TURN_MS = 8;

/** @returns the messages that are committed */
export type Commit = (group: readonly Message[]) => Promise<readonly Message[]>;

export interface CommittingOptions {
  readonly steps: readonly CommitStep[];
  readonly tools: StepTools;
  readonly clock: Pick<Clock, 'mono'>;
  /** @param begun when the work for this message began, by the monotonic clock */
  took(message: Message, begun: number): void;
  complain(step: string, message: Message | undefined, error: unknown): void;
}

export function committing({ steps, tools, clock, took, complain }: CommittingOptions): Commit {
  const transact = (group: readonly Message[]): Promise<void> =>
    tools.store.transact(async (tx) => {
      let turnedAt = clock.mono();
      const breathe = async () => {
        if (clock.mono() - turnedAt < TURN_MS) return;
        await nextTurn();
        turnedAt = clock.mono();
      };
      const inside = { ...tools, store: tx, breathe };
      for (const message of group) {
        await breathe();
        const begun = clock.mono();
        for (const step of steps) await step.run(message, inside);
        took(message, begun);
      }
    });

  const commit: Commit = async (group) => {
    try {
      await transact(group);
      return group;
    } catch (error) {
      tools.metrics.ingestFailures.inc();
      if (tools.store.isOutage(error)) {
        for (const { open } of group) if (open) open.dropped = true;
        complain('commit', group[0], error);
        return [];
      }
      const [first] = group;
      if (group.length === 1 && first) return quarantine(first, error);
      const alone: Message[] = [];
      for (const message of group) if (!message.open?.dropped) alone.push(...(await commit([message])));
      return alone;
    }
  };

  /** For a message that cannot be stored although the database works. */
  const quarantine = async (message: Message, cause: unknown): Promise<readonly Message[]> => {
    if (message.rejected !== undefined) return [];
    complain('commit', message, cause);
    // An ack names at most 512 characters of reason.
    const reason = `cannot be stored: ${messageOf(cause)}`.slice(0, 300);
    if (message.content?.kind === 'batch' && message.content.refusedWhole === undefined) {
      const { from, to } = message.content.arrival;
      const arrival = { ...message.content.arrival, answered: [{ from, to }] };
      message.content = { ...message.content, arrival, good: [], bad: [], refusedWhole: reason };
    } else {
      delete message.content;
      message.rejected = reason;
    }
    return commit([message]);
  };

  return commit;
}
