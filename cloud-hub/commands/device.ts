/** `vedette-hub device …`: devices of a running hub. */
import type { Command } from 'commander';
import { device as deviceSchema } from '../api/schemas/api.ts';
import type { CommandContext } from './context.ts';
import { clientOf, type HubAccess, labelOf, withHubAccess } from './hub-access.ts';

export function addDeviceCommands(program: Command, { stdout }: CommandContext): void {
  const device = program.command('device').description('devices of a running hub');
  withHubAccess(device.command('add <name>').description('add a device and print its token')).action(
    async (name: string, access: HubAccess) => {
      stdout.write(`${await clientOf(access).addDevice(name)}\n`);
    },
  );
  withHubAccess(
    device
      .command('label <name> [key=value...]')
      .description('replace the labels of a device, which rollouts select by; none given: it has none'),
  ).action(async (name: string, pairs: string[], access: HubAccess) => {
    const labels = Object.fromEntries(pairs.map(labelOf));
    await clientOf(access).call('PUT', `/devices/${encodeURIComponent(name)}/labels`, deviceSchema, labels);
  });
  withHubAccess(device.command('list').description('list devices: id, online or offline, version, last seen')).action(
    async (access: HubAccess) => {
      for await (const found of clientOf(access).devices()) {
        const { id, online, version: running = '-', lastSeenAt = 'never' } = found;
        stdout.write(`${[id, online ? 'online' : 'offline', running, lastSeenAt].join('\t')}\n`);
      }
    },
  );
}
