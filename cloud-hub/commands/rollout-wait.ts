/** `vedette-hub rollout wait`: until a rollout is over, with its outcome as exit code, for pipelines. */
import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { messageOf } from '../../shared/kit/errors.ts';
import type { Client } from '../client/client.ts';
import { ApiError } from '../client/request.ts';
import type { Rollout, RolloutStatus } from '../contract/rollout.ts';
import type { CommandContext } from './context.ts';
import { clientOf, type HubAccess, withHubAccess } from './hub-access.ts';

const LOOK_MS = 5_000;
const TIMED_OUT = 5;

/** Exit code of a rollout that is over; undefined: it goes on. */
export function exitCodeOf(status: RolloutStatus): number | undefined {
  return { done: 0, 'rolled-back': 3, aborted: 4, running: undefined, paused: undefined }[status];
}

/** `1h`, `30m`, `90s`: in milliseconds. */
export function durationOf(text: string): number {
  const [, digits, unit = 's'] = /^(\d{1,6})([smh])?$/.exec(text) ?? [];
  if (digits === undefined) throw new InvalidArgumentError('must be a number with s, m or h, such as 90m.');
  return Number(digits) * { s: 1_000, m: 60_000, h: 3_600_000 }[unit as 's' | 'm' | 'h'];
}

export interface WaitOptions {
  readonly client: Pick<Client, 'rollout'>;
  readonly clock: Pick<CommandContext['clock'], 'mono' | 'sleep'>;
  readonly timeoutMs: number;
  /** Gets the rollout each time that its state, wave or reason is another one. */
  readonly onChange: (found: Rollout) => void;
  /** Gets why the hub could not be asked, once per outage. */
  readonly onOutage: (why: string) => void;
}

/** @returns the exit code @throws ApiError when the hub refuses, and not for an outage, which it waits out */
export async function waitForRollout(id: string, options: WaitOptions): Promise<number> {
  const { client, clock, timeoutMs, onChange, onOutage } = options;
  const end = clock.mono() + timeoutMs;
  let shown = '';
  let isOut = false;
  for (;;) {
    try {
      const found = await client.rollout(id);
      isOut = false;
      const now = [found.status, found.wave, found.reason].join('\t');
      if (now !== shown) onChange(found);
      shown = now;
      const code = exitCodeOf(found.status);
      if (code !== undefined) return code;
    } catch (error) {
      if (!(error instanceof ApiError) || (error.status !== 0 && error.status < 500)) throw error;
      if (!isOut) onOutage(messageOf(error));
      isOut = true;
    }
    if (clock.mono() >= end) return TIMED_OUT;
    await clock.sleep(Math.min(LOOK_MS, Math.max(0, end - clock.mono())));
  }
}

export function addRolloutWait(
  rollouts: Command,
  { clock, stdout, stderr, fail }: CommandContext,
  line: (found: Rollout) => string,
): void {
  withHubAccess(
    rollouts
      .command('wait <id>')
      .description('wait until a rollout is over; one line per change')
      .option('--timeout <time>', 'how long at most: 90s, 30m, 24h', durationOf, durationOf('24h'))
      .addHelpText(
        'after',
        '\nA paused rollout is waited for; an outage of the hub too.\n' +
          'Exit code: 0 done, 3 rolled back, 4 aborted, 5 not over within --timeout, 1 the hub refused, 2 wrong use.',
      ),
  ).action(async (id: string, { timeout, ...access }: HubAccess & { timeout: number }) => {
    const code = await waitForRollout(id, {
      client: clientOf(access),
      clock,
      timeoutMs: timeout,
      onChange: (found) => void stdout.write(`${line(found)}\n`),
      onOutage: (why) => void stderr.write(`${why}; waiting\n`),
    });
    if (code !== 0) fail(code);
  });
}
