/** `vedette-hub top`: the fleet in a terminal, out of the API. */
import { type Command, InvalidArgumentError } from 'commander';
import { messageOf } from '../../shared/kit/errors.ts';
import type { Client } from '../client/client.ts';
import { ApiError } from '../client/request.ts';
import { device } from '../contract/device.ts';
import { rollout } from '../contract/rollout.ts';
import type { CommandContext } from './context.ts';
import { clientOf, type HubAccess, withHubAccess } from './hub-access.ts';
import { type Fleet, fleetView } from './top-view.ts';

/** Terminal: leave and enter the second screen; to the upper left; clear what is below or right of it. */
const SCREEN = {
  enter: '\x1b[?1049h\x1b[?25l',
  leave: '\x1b[?25h\x1b[?1049l',
  home: '\x1b[H',
  clear: '\x1b[J',
  clearLine: '\x1b[K',
};
const PROBLEM_MS = 3600_000;
const NEWEST = 20;

interface Flags extends HubAccess {
  readonly once: boolean;
  readonly interval: number;
}

function secondsOf(text: string): number {
  const seconds = Number(text);
  if (!(seconds >= 1 && seconds <= 3600)) throw new InvalidArgumentError('must be a number of seconds from 1 to 3600.');
  return seconds;
}

/** @param now milliseconds since 1970 */
export async function readFleet(client: Client, now: number): Promise<Fleet> {
  const devices: Fleet['devices'][number][] = [];
  const rollouts: Fleet['rollouts'][number][] = [];
  for await (const one of client.pages('/devices', device)) devices.push(one);
  for await (const one of client.pages('/rollouts', rollout))
    if (one.status === 'running' || one.status === 'paused') rollouts.push(one);
  const since = new Date(now - PROBLEM_MS).toISOString();
  const { items: problems, next } = await client.problems({ since, limit: NEWEST });
  return { devices, rollouts, problems, hasMoreProblems: next !== undefined, now };
}

export function addTopCommand(program: Command, { clock, stdout, untilStopped }: CommandContext): void {
  withHubAccess(
    program
      .command('top')
      .description('show the fleet: devices, streams, frames per second, problems of the last hour, open rollouts')
      .option('--once', 'print it once', false)
      .option('--interval <seconds>', 'how often to ask the hub', secondsOf, 5)
      .addHelpText('after', '\nIn a terminal it fills the screen until Ctrl-C; elsewhere it writes plain text.'),
  ).action(async ({ once, interval, ...access }: Flags) => {
    const client = clientOf(access);
    const look = async (width: number) => fleetView(await readFleet(client, clock.wall()), width);
    if (once) return void stdout.write(text(await look(Number.POSITIVE_INFINITY)));
    const stop = untilStopped();
    const terminal = 'isTTY' in stdout && stdout.isTTY === true ? (stdout as NodeJS.WriteStream) : undefined;
    if (terminal) terminal.write(SCREEN.enter);
    try {
      while (!stop.aborted) {
        const lines = await look(terminal?.columns ?? Number.POSITIVE_INFINITY).catch((error: unknown) => {
          // An outage passes; a refusal does not.
          if (!(error instanceof ApiError) || (error.status !== 0 && error.status < 500)) throw error;
          return [messageOf(error)];
        });
        if (terminal) terminal.write(screen(lines, terminal.rows));
        else stdout.write(text([...lines, '']));
        await clock.sleep(interval * 1000, stop).catch(() => undefined);
      }
    } finally {
      if (terminal) terminal.write(SCREEN.leave);
    }
  });
}

function text(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}

/** What does not fit is left out, with a line that says so. */
function screen(lines: readonly string[], rows: number): string {
  const fitting =
    lines.length <= rows ? lines : [...lines.slice(0, rows - 1), `… ${lines.length - rows + 1} more lines`];
  return `${SCREEN.home}${fitting.map((line) => `${line}${SCREEN.clearLine}`).join('\r\n')}${SCREEN.clear}`;
}
