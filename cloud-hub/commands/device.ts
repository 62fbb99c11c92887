/** `vedette-hub device …`: devices of a running hub. */
import type { Command } from 'commander';
import { z } from 'zod';
import { device as deviceSchema } from '../contract/device.ts';
import type { CommandContext } from './context.ts';
import { clientOf, type HubAccess, labelOf, withHubAccess } from './hub-access.ts';

export function addDeviceCommands(program: Command, { stdout }: CommandContext): void {
  const device = program
    .command('device')
    .description('devices of a running hub: add, token, label, list, revoke, remove');
  withHubAccess(device.command('add <name>').description('add a device and print its token')).action(
    async (name: string, access: HubAccess) => {
      const { token } = await clientOf(access).addDevice(name);
      stdout.write(`${token}\n`);
    },
  );
  withHubAccess(
    device
      .command('token <name>')
      .description('give a device a new token and print it; the one before ends, and the connection made with it'),
  ).action(async (name: string, access: HubAccess) => {
    const { token } = await clientOf(access).renewDeviceToken(name);
    stdout.write(`${token}\n`);
  });
  withHubAccess(
    device
      .command('label <name> [key=value...]')
      .description('replace all labels of a device (rollouts select devices by label); without labels: remove them'),
  ).action(async (name: string, pairs: string[], access: HubAccess) => {
    const labels = Object.fromEntries(pairs.map(labelOf));
    await clientOf(access).ask(deviceSchema, 'PUT', `/devices/${encodeURIComponent(name)}/labels`, { body: labels });
  });
  withHubAccess(
    device
      .command('revoke <name>')
      .description('revoke all certificates of a device and end its connection')
      .option('--reason <text>', 'why, for the audit', 'no reason given'),
  ).action(async (name: string, { reason, ...access }: HubAccess & { reason: string }) => {
    const answer = z.object({ certificates: z.number() });
    const path = `/devices/${encodeURIComponent(name)}/revoke`;
    const { certificates } = await clientOf(access).ask(answer, 'POST', path, { body: { reason } });
    stdout.write(`${certificates} certificates revoked\n`);
  });
  withHubAccess(device.command('remove <name>').description('delete a device; what it sent stays')).action(
    async (name: string, access: HubAccess) => {
      await clientOf(access).send('DELETE', `/devices/${encodeURIComponent(name)}`);
    },
  );
  withHubAccess(device.command('list').description('list devices: id, online or offline, version, last seen')).action(
    async (access: HubAccess) => {
      for await (const found of clientOf(access).pages('/devices', deviceSchema)) {
        const { id, online, version: running = '-', lastSeenAt = 'never' } = found;
        stdout.write(`${[id, online ? 'online' : 'offline', running, lastSeenAt].join('\t')}\n`);
      }
    },
  );
}
