/** `vedette-hub logs`: what a device's agent says, and how much. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { logComponents, logLevels, MAX_LEVEL_S } from '../../shared/contract/messages/log.ts';
import { ApiError } from '../client/request.ts';
import { type DeviceLogLine, deviceLogLevels } from '../contract/device-log.ts';
import { type CommandContext, UsageError } from './context.ts';
import { clientOf, type HubAccess, withHubAccess } from './hub-access.ts';

const FOLLOW_MS = 1_000;
const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

interface Flags extends HubAccess {
  readonly follow: boolean;
  readonly level?: string;
  readonly component?: string;
  readonly lines: number;
  readonly json: boolean;
}

function linesOf(text: string): number {
  const lines = Number(text);
  if (!(Number.isInteger(lines) && lines >= 1 && lines <= 500))
    throw new InvalidArgumentError('must be a whole number from 1 to 500.');
  return lines;
}

/** Seconds of `90s`, `30m`, `1h`, `2d`. */
export function secondsOf(text: string): number {
  const [, number = '', unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const seconds = Number(number) * (UNITS[unit] ?? 0);
  if (seconds >= 1 && seconds <= MAX_LEVEL_S) return seconds;
  throw new InvalidArgumentError('must be a time such as 30m, 1h or 2d; at most 7d.');
}

export function addLogsCommands(program: Command, { clock, stdout, untilStopped }: CommandContext): void {
  const level = () => new Option('--level <level>', 'this level and the more serious ones').choices(logLevels);
  withHubAccess(
    program
      .command('logs <device>')
      .description("show the newest lines of a device's log, as the hub has them")
      .option('-f, --follow', 'go on until Ctrl-C', false)
      .addOption(level())
      .addOption(new Option('--component <part>', 'only lines of this part of the agent').choices(logComponents))
      .option('-n, --lines <n>', 'how many lines to begin with', linesOf, 100)
      .option('--json', 'print lines of JSON', false)
      .addHelpText(
        'after',
        '\nA device sends its log behind its records, so lines may come late. `vedette-hub log-level` makes it say more for a while.',
      ),
  ).action(async (device: string, { follow, level, component, lines, json, ...access }: Flags) => {
    const client = clientOf(access);
    const filter = { level, component };
    const print = (line: DeviceLogLine) => stdout.write(`${json ? JSON.stringify(line) : lineText(line)}\n`);
    const { items } = await client.deviceLogs(device, { ...filter, limit: lines });
    for (const line of items.toReversed()) print(line);
    if (!follow) return;
    const stop = untilStopped();
    let after = items[0]?.id ?? '0';
    while (!stop.aborted) {
      try {
        const { items: newer, next } = await client.deviceLogs(device, { ...filter, after, limit: 500 });
        for (const line of newer) print(line);
        after = newer.at(-1)?.id ?? after;
        if (next !== undefined) continue;
      } catch (error) {
        // An outage passes; a refusal does not.
        if (!(error instanceof ApiError) || (error.status !== 0 && error.status < 500)) throw error;
      }
      await clock.sleep(FOLLOW_MS, stop).catch(() => undefined);
    }
  });

  withHubAccess(
    program
      .command('log-level <device> [part=level...]')
      .description('make parts of a device say more, or less, for a while; without parts: show what holds')
      .option('--for <time>', 'how long: 30m, 1h, 2d', secondsOf, 3600)
      .option('--reset', 'back to what agent.yaml says', false)
      .addHelpText(
        'after',
        `\nParts: ${logComponents.join(', ')}; \`all\` is each of them. Levels: ${logLevels.join(', ')}.\nExample: vedette-hub log-level gate-cam sync=debug buffer=debug --for 30m`,
      ),
  ).action(
    async (device: string, pairs: string[], flags: HubAccess & { readonly for: number; readonly reset: boolean }) => {
      const { for: seconds, reset, ...access } = flags;
      const client = clientOf(access);
      const path = `/devices/${encodeURIComponent(device)}/log-levels`;
      if (reset && pairs.length > 0) throw new UsageError('give either --reset or parts');
      if (reset) return client.send('DELETE', path);
      const levels = Object.fromEntries(pairs.flatMap(levelOf));
      const held =
        pairs.length === 0
          ? await client.ask(deviceLogLevels, 'GET', path)
          : await client.ask(deviceLogLevels, 'PUT', path, { body: { levels, seconds } });
      const said = Object.entries(held.levels).map(([part, one]) => `${part}=${one}`);
      stdout.write(`${said.length === 0 ? 'as agent.yaml says' : `${said.join(' ')} until ${held.until}`}\n`);
    },
  );
}

/** @throws UsageError */
function levelOf(pair: string): [string, string][] {
  const [part = '', level = '', ...more] = pair.split('=');
  const parts: readonly string[] = part === 'all' ? logComponents : [part];
  const isKnown = parts.every((one) => (logComponents as readonly string[]).includes(one));
  if (more.length > 0 || !isKnown || !(logLevels as readonly string[]).includes(level))
    throw new UsageError(
      `"${pair}" must be PART=LEVEL; parts: all, ${logComponents.join(', ')}; levels: ${logLevels.join(', ')}`,
    );
  return parts.map((one) => [one, level]);
}

function lineText({ at, level, component, message, fields, missing }: DeviceLogLine): string {
  const rest = fields === undefined ? '' : `  ${JSON.stringify(fields)}`;
  const gap = missing === undefined ? '' : `… ${missing} lines did not come\n`;
  return `${gap}${at}  ${level.toUpperCase().padEnd(5)}  ${component.padEnd(8)}  ${message}${rest}`;
}
