/** `vedette-hub alert channel …`: where notifications go. Secrets come from files, never from the command line. */
import { readFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { z } from 'zod';
import { messageOf } from '../../shared/kit/errors.ts';
import { type Channel, channel, channelKinds, channelTest } from '../contract/alert-channel.ts';
import { type CommandContext, UsageError } from './context.ts';
import { clientOf, type HubAccess, withHubAccess } from './hub-access.ts';

interface SetFlags extends HubAccess {
  readonly kind: string;
  readonly address?: string;
  readonly topic?: string;
  readonly host?: string;
  readonly port?: string;
  readonly security?: string;
  readonly user?: string;
  readonly from?: string;
  readonly to: string[];
  readonly users: string[];
  readonly pictures?: boolean;
  readonly secretFile?: string;
}

const list = z.object({ items: z.array(channel) });
const at = (name: string) => `/alert-channels/${encodeURIComponent(name)}`;

export function addAlertChannelCommands(alert: Command, { stdout, stderr, fail }: CommandContext): void {
  const command = alert.command('channel').description('channels: where notifications go');
  const collect = (value: string, before: string[]) => [...before, value];

  withHubAccess(
    command
      .command('set <name>')
      .description('write a channel, or write it anew')
      .addOption(new Option('--kind <kind>', 'what it is').choices(channelKinds).makeOptionMandatory())
      .option('--address <url>', 'webhook: where to post; mqtt, ntfy, alertmanager: address of the server')
      .option('--topic <name>', 'of ntfy, or of an MQTT broker')
      .option('--host <name>', 'of the mail server')
      .option('--port <port>', 'of the mail server (default: 587, with --security tls 465)')
      .addOption(new Option('--security <how>', 'of the mail server').choices(['starttls', 'tls', 'none']))
      .option('--user <name>', 'at the mail server or broker')
      .option('--from <address>', 'sender of mails')
      .option('--to <address>', 'receiver of mails; may repeat', collect, [])
      .option('--pictures', 'webhook, mqtt: with the picture of the event')
      .option('--users <name>', 'push: whose subscribed browsers get it; may repeat (default: of all)', collect, [])
      .option(
        '--secret-file <file>',
        'file with the key of the signature, the token or the password (default: what there is stays)',
      ),
  ).action(async (name: string, flags: SetFlags) => {
    const { kind, address: url, topic, host, port, security: tls, user, from, to, users, pictures, secretFile } = flags;
    const secret = secretFile === undefined ? undefined : readSecret(secretFile);
    const body = {
      ...{ kind, url, topic, host, tls, user, from, secret, pictures },
      ...(port === undefined ? {} : { port: Number(port) }),
      ...(to.length > 0 ? { to } : {}),
      ...(users.length > 0 ? { users } : {}),
    };
    stdout.write(`${line(await clientOf(flags).ask(channel, 'PUT', at(name), { body }))}\n`);
  });

  withHubAccess(command.command('list').description('list channels: name, kind, where to')).action(
    async (access: HubAccess) => {
      const { items } = await clientOf(access).ask(list, 'GET', '/alert-channels');
      for (const one of items) stdout.write(`${line(one)}\n`);
    },
  );

  withHubAccess(command.command('test <name>').description('send a test; exit code 1 when it did not arrive')).action(
    async (name: string, access: HubAccess) => {
      const { ok, ms, reason } = await clientOf(access).ask(channelTest, 'POST', `${at(name)}/test`, { body: {} });
      if (ok) stdout.write(`arrived after ${ms} ms\n`);
      else {
        stderr.write(`did not arrive: ${reason ?? 'for no known reason'}\n`);
        fail();
      }
    },
  );

  withHubAccess(command.command('remove <name>').description('remove a channel that no rule names')).action(
    async (name: string, access: HubAccess) => {
      await clientOf(access).send('DELETE', at(name));
    },
  );
}

/** @throws UsageError */
function readSecret(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new UsageError(`--secret-file: ${file}: ${messageOf(error)}`);
  }
}

function line({ name, kind, url, topic, host, to, users, hasSecret }: Channel): string {
  if (kind === 'push') return [name, kind, users?.join(', ') ?? 'browsers of everybody'].join('\t');
  const where = url === undefined ? `${host ?? ''} to ${to?.join(', ') ?? ''}` : [url, topic].filter(Boolean).join(' ');
  return [name, kind, where, hasSecret ? 'with a secret' : 'without a secret'].join('\t');
}
