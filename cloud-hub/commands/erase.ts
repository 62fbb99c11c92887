/** `vedette-hub erase …`: requests of persons, here and on the device. */
import type { Command } from 'commander';
import { millisecondsOf } from '../../shared/kit/written-time.ts';
import { type Erasure, erasure } from '../contract/erasure.ts';
import { type CommandContext, UsageError } from './context.ts';
import { clientOf, type HubAccess, withHubAccess } from './hub-access.ts';

interface OrderFlags extends HubAccess {
  readonly stream?: string;
  readonly allStreams: boolean;
  readonly from?: string;
  readonly before?: string;
  readonly picturesOnly: boolean;
  readonly reason?: string;
}

const TIMES = '2026-03-31T14:00:00Z, or 2026-03-31, its beginning in UTC';

/** @throws UsageError */
function timeOf(option: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const found = millisecondsOf(text);
  if (found !== undefined) return new Date(found).toISOString();
  throw new UsageError(`${option}: "${text}" is no time: write ${TIMES}`);
}

export function addEraseCommands(program: Command, { stdout, stderr }: CommandContext): void {
  const erase = program.command('erase').description('erase what was recorded, on requests of persons');

  withHubAccess(
    erase
      .command('order <device>')
      .description('erase what was recorded of a device, at the hub and on the device; prints the id of the order')
      .option('--stream <name>', 'of this stream')
      .option('--all-streams', 'of every stream', false)
      .option('--from <time>', `from this time on: ${TIMES}`)
      .option('--before <time>', 'before this time, which has come already (default: now)')
      .option('--pictures-only', 'only pictures; the records stay', false)
      .option('--reason <text>', 'for the audit, such as the number of the request; no names'),
  ).action(async (device: string, flags: OrderFlags) => {
    const { stream, allStreams, from, before, picturesOnly, reason, ...access } = flags;
    if ((stream === undefined) !== allStreams) throw new UsageError('give either --stream <name> or --all-streams');
    const times = { from: timeOf('--from', from), before: timeOf('--before', before) };
    const body = { device, stream, ...times, picturesOnly, reason };
    const made = await clientOf(access).ask(erasure, 'POST', '/erasures', { body });
    stdout.write(`${made.id}\n`);
    if (made.onDevice.state === 'gone')
      stderr.write(
        `vedette-hub: there is no device "${device}": only what the hub still has of one of this name is erased, and what its box kept stays there (\`vedette-agent erase\` on the box erases that, also without a hub); \`vedette-hub device list\` names those there are\n`,
      );
  });

  withHubAccess(
    erase
      .command('list')
      .description('list orders: id, state, device, stream, what went at the hub, what the device says')
      .option('--device <name>', 'of this device'),
  ).action(async ({ device, ...access }: HubAccess & { readonly device?: string }) => {
    for await (const found of clientOf(access).pages('/erasures', erasure, { device }))
      stdout.write(`${lineOf(found)}\n`);
  });

  withHubAccess(erase.command('show <id>').description('show an order, as JSON')).action(
    async (id: string, access: HubAccess) => {
      const found = await clientOf(access).ask(erasure, 'GET', `/erasures/${encodeURIComponent(id)}`);
      stdout.write(`${JSON.stringify(found, null, 2)}\n`);
    },
  );
}

function lineOf({ id, state, device, stream = '*', picturesOnly, hub, onDevice, failure }: Erasure): string {
  const what = picturesOnly ? `${hub.pictures} pictures` : `${hub.records} records, ${hub.pictures} pictures`;
  const there = onDevice.reason === undefined ? onDevice.state : `${onDevice.state}: ${onDevice.reason}`;
  return [id, state, device, stream, what, `device ${there}`, ...(failure === undefined ? [] : [failure])].join('\t');
}
