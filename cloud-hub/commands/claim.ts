/** `vedette-hub claim …`: claims with which boxes become devices, and the boxes that wait. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { claim as claimSchema, claimSecret, enrolment } from '../contract/enrolment.ts';
import type { CommandContext } from './context.ts';
import { clientOf, type HubAccess, labelOf, withHubAccess } from './hub-access.ts';

interface CreateFlags extends HubAccess {
  readonly uses: number;
  readonly expires: number;
  readonly label: string[];
  readonly approve: boolean;
}

/** `7d`, `12h`, `30m`: in days. */
function daysOf(text: string): number {
  const [, digits, unit = 'd'] = /^(\d{1,5})([dhm])?$/.exec(text) ?? [];
  if (digits === undefined) throw new InvalidArgumentError('must be a number with d, h or m, such as 7d.');
  return Number(digits) / { d: 1, h: 24, m: 1440 }[unit as 'd' | 'h' | 'm'];
}

function usesOf(text: string): number {
  if (!/^\d{1,5}$/.test(text)) throw new InvalidArgumentError('must be a whole number.');
  return Number(text);
}

export function addClaimCommands(program: Command, { stdout }: CommandContext): void {
  const claim = program.command('claim').description('claims, with which boxes become devices (vedette-agent enroll)');

  withHubAccess(
    claim
      .command('create')
      .description('make a claim and print it; it is shown only now')
      .option('--uses <n>', 'how many devices it lets in', usesOf, 1)
      .addOption(
        new Option('--expires <time>', 'how long it is valid: 7d, 12h, 30m').argParser(daysOf).default(7, '7d'),
      )
      .option('--label <key=value...>', 'labels of the devices that it lets in', [])
      .option('--approve', 'a person has to let each device in', false),
  ).action(async ({ uses, expires, label, approve, ...access }: CreateFlags) => {
    const body = { uses, days: expires, labels: Object.fromEntries(label.map(labelOf)), approve };
    const made = await clientOf(access).ask(claimSecret, 'POST', '/claims', { body });
    stdout.write(`${made.claim}\n`);
  });

  withHubAccess(claim.command('list').description('list claims: id, uses so far and at most, end, labels')).action(
    async (access: HubAccess) => {
      for await (const found of clientOf(access).pages('/claims', claimSchema)) {
        const labels = Object.entries(found.labels).map(([key, value]) => `${key}=${value}`);
        const state = found.revokedAt === undefined ? found.expiresAt : 'revoked';
        const approval = found.approve ? ['approve'] : [];
        stdout.write(`${[found.id, `${found.used}/${found.uses}`, state, ...labels, ...approval].join('\t')}\n`);
      }
    },
  );

  withHubAccess(claim.command('revoke <id>').description('revoke a claim; devices that it let in stay')).action(
    async (id: string, access: HubAccess) => {
      await clientOf(access).send('DELETE', `/claims/${encodeURIComponent(id)}`);
    },
  );

  withHubAccess(claim.command('waiting').description('list boxes that wait: id, name, fingerprint, address')).action(
    async (access: HubAccess) => {
      for await (const found of clientOf(access).pages('/enrolments', enrolment, { state: 'waiting' }))
        stdout.write(`${[found.id, found.device, found.fingerprint, found.address].join('\t')}\n`);
    },
  );

  for (const [verb, text] of [
    ['approve', 'let in a box that waits'],
    ['refuse', 'turn away a box that waits'],
  ] as const) {
    withHubAccess(claim.command(`${verb} <id>`).description(text)).action(async (id: string, access: HubAccess) => {
      await clientOf(access).send('POST', `/enrolments/${encodeURIComponent(id)}/${verb}`, { body: {} });
    });
  }
}
