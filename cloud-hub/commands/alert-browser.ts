/** `vedette-hub alert browser …`: browsers that get notifications. A browser is subscribed on the page of alerts, by itself. */
import type { Command } from 'commander';
import { z } from 'zod';
import { pushSubscription } from '../contract/push.ts';
import type { CommandContext } from './context.ts';
import { clientOf, type HubAccess, withHubAccess } from './hub-access.ts';

const list = z.object({ items: z.array(pushSubscription) });

export function addAlertBrowserCommands(alert: Command, { stdout }: CommandContext): void {
  const command = alert.command('browser').description('browsers that get notifications (channels of the kind push)');

  withHubAccess(command.command('list').description('list browsers: id, whose, which, push service, since')).action(
    async (access: HubAccess) => {
      const { items } = await clientOf(access).ask(list, 'GET', '/push-subscriptions');
      for (const { id, user, browser, service, createdAt } of items)
        stdout.write(`${[id, user, browser, service, createdAt].join('\t')}\n`);
    },
  );

  withHubAccess(command.command('end <id>').description('a browser gets no more notifications')).action(
    async (id: string, access: HubAccess) => {
      await clientOf(access).send('DELETE', `/push-subscriptions/${encodeURIComponent(id)}`);
    },
  );
}
