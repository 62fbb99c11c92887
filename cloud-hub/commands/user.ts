/** `vedette-hub user …` and `vedette-hub token …`: who may call the hub, what he may do, and which devices he sees. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { z } from 'zod';
import { invitation, type Scope, token, tokenSecret, user } from '../contract/identity.ts';
import { type CommandContext, UsageError } from './context.ts';
import { clientOf, type HubAccess, hubUrlOf, labelOf, withHubAccess } from './hub-access.ts';

interface RightsFlags extends HubAccess {
  readonly role: string;
  readonly scope: string[];
}

const part = encodeURIComponent;
const list = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item) });

export function addUserCommands(program: Command, { stdout }: CommandContext): void {
  const command = program
    .command('user')
    .description('people who sign in with a password, or by the identity provider (run --oidc-file)');
  const write = (...columns: readonly (string | undefined)[]) => stdout.write(`${columns.join('\t')}\n`);
  const show = ({ name, role, scope, state, secondFactor, provider }: z.infer<typeof user>) => {
    const ways = [...(secondFactor ? ['second factor'] : []), ...(provider ? ['provider'] : [])];
    write(name, role, state, wordsOf(scope), ...(ways.length === 0 ? [] : [ways.join(', ')]));
  };
  const tellLink = (access: HubAccess, made: z.infer<typeof invitation>) => {
    show(made);
    write(`${hubUrlOf(access)}/#invite=${made.invitation}`);
  };

  withRights(
    command.command('add <name>').description('invite a person; prints the link, which works once, for seven days'),
  ).action(async (name: string, { role, scope, ...access }: RightsFlags) => {
    const body = { name, ...rightsOf(role, scope) };
    tellLink(access, await clientOf(access).ask(invitation, 'POST', '/users', { body }));
  });
  withHubAccess(
    command.command('invite <name>').description('print a new link, by which a user chooses a new password'),
  ).action(async (name: string, access: HubAccess) => {
    const body = {};
    tellLink(access, await clientOf(access).ask(invitation, 'POST', `/users/${part(name)}/invitation`, { body }));
  });
  withRights(command.command('set <name>').description('change role and devices of a user; his sessions end'))
    .option('--every-device', 'instead of --scope', false)
    .action(
      async (
        name: string,
        { role, scope, everyDevice, ...access }: RightsFlags & { readonly everyDevice: boolean },
      ) => {
        // Who changes a role must not give every device by leaving the scope out.
        if ((scope.length === 0) !== everyDevice)
          throw new UsageError('give either --scope <key=value> or --every-device');
        show(await clientOf(access).ask(user, 'PUT', `/users/${part(name)}`, { body: rightsOf(role, scope) }));
      },
    );
  withHubAccess(command.command('list').description('list users: name, role, state, devices, how they sign in')).action(
    async (access: HubAccess) => {
      for (const one of (await clientOf(access).ask(list(user), 'GET', '/users')).items) show(one);
    },
  );
  withHubAccess(
    command
      .command('reset-second-factor <name>')
      .description('take the second factor of a user away who lost it; his sessions end'),
  )
    .addHelpText(
      'after',
      '\nWhoever can read admin.token on the machine of the hub can do this, also when no admin can sign in any more.\n' +
        'He signs in with his password then, and sets a new one up on the page Access.',
    )
    .action(async (name: string, access: HubAccess) =>
      clientOf(access).send('DELETE', `/users/${part(name)}/second-factor`),
    );
  withHubAccess(
    command
      .command('unlink <name>')
      .description('part a user from his account at the identity provider; his sessions end'),
  ).action(async (name: string, access: HubAccess) => clientOf(access).send('DELETE', `/users/${part(name)}/provider`));
  withHubAccess(command.command('remove <name>').description('remove a user; his sessions end')).action(
    async (name: string, access: HubAccess) => clientOf(access).send('DELETE', `/users/${part(name)}`),
  );
}

export function addTokenCommands(program: Command, { stdout }: CommandContext): void {
  const command = program.command('token').description('API tokens for programs');
  withRights(command.command('add <name>').description('make a token and print it; it is shown only now'))
    .addOption(new Option('--days <n>', 'ends after so many days (default: never)').argParser(daysOf))
    .action(async (name: string, { role, scope, days, ...access }: RightsFlags & { days?: number }) => {
      const body = { name, ...rightsOf(role, scope), ...(days === undefined ? {} : { days }) };
      const made = await clientOf(access).ask(tokenSecret, 'POST', '/tokens', { body });
      stdout.write(`${made.token}\n`);
    });
  withHubAccess(command.command('list').description('list tokens: id, name, role, end, devices')).action(
    async (access: HubAccess) => {
      for (const one of (await clientOf(access).ask(list(token), 'GET', '/tokens')).items)
        stdout.write(`${[one.id, one.name, one.role, one.expiresAt ?? 'never', wordsOf(one.scope)].join('\t')}\n`);
    },
  );
  withHubAccess(command.command('remove <id>').description('end a token with its sessions')).action(
    async (id: string, access: HubAccess) => clientOf(access).send('DELETE', `/tokens/${part(id)}`),
  );
}

function withRights(command: Command): Command {
  const roles = new Option('--role <role>', 'viewer, operator or admin').choices(['viewer', 'operator', 'admin']);
  return withHubAccess(
    command
      .addOption(roles.default('viewer'))
      .option('--scope <key=value...>', 'only devices with all of these labels (default: every device)', []),
  );
}

function rightsOf(role: string, scope: readonly string[]) {
  return { role, ...(scope.length === 0 ? {} : { scope: Object.fromEntries(scope.map(labelOf)) }) };
}

function wordsOf(scope: Scope | undefined): string {
  const labels = Object.entries(scope ?? {}).map(([key, value]) => `${key}=${value}`);
  return labels.length === 0 ? 'every device' : labels.join(' ');
}

function daysOf(text: string): number {
  if (!/^\d{1,4}$/.test(text) || Number(text) < 1) throw new InvalidArgumentError('must be a whole number of days.');
  return Number(text);
}
