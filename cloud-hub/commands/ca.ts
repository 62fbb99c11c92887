/** `vedette-hub ca …`: the hub's own authority. These work on the data folder, as the user of the hub, with or without a running hub. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { fingerprintOf } from '../../shared/pki/fingerprint.ts';
import { keyPem, newKey } from '../../shared/pki/keys.ts';
import { pemOf, validityOf } from '../../shared/pki/pem.ts';
import { HubAuthority, lifeOf, newIssuer, newRoot } from '../pki/authority.ts';
import { type AuthorityFiles, authorityFiles } from '../pki/authority-files.ts';
import { issueClient, issueServer } from '../pki/certificates.ts';
import { serverNames } from '../pki/names.ts';
import { RESERVED_NAMES } from '../pki/reserved.ts';
import { type CommandContext, UsageError } from './context.ts';

interface Flags {
  readonly dataDir: string;
  readonly rootKey?: string;
}

function daysOf(text: string): number {
  const days = Number(text);
  if (!(days > 0 && days <= 3650)) throw new InvalidArgumentError('must be a number of days, at most 3650.');
  return days;
}

export function addCaCommands(program: Command, { stdout, clock }: CommandContext): void {
  const ca = program.command('ca').description("the hub's own authority: show, renew, certificates for a broker");
  const withFolder = (command: Command) => command.option('--data-dir <folder>', 'data folder of the hub', './data');
  const withRootKey = (command: Command) =>
    withFolder(command).option(
      '--root-key <file>',
      "file with the root's key (default: pki/root.key in the data folder)",
    );

  withFolder(ca.command('show').description('print roots and issuer, with fingerprints and end dates')).action(
    ({ dataDir }: Flags) => {
      const files = filesOf(dataDir);
      const issuer = files.issuer();
      for (const root of files.roots()) stdout.write(`root\t${fingerprintOf(root)}\tuntil ${root.validTo}\n`);
      if (issuer) stdout.write(`issuer\t${fingerprintOf(issuer.certificate)}\tuntil ${issuer.certificate.validTo}\n`);
      stdout.write(`the key of the root ${files.hasRootKey() ? 'lies in the data folder' : 'lies elsewhere'}\n`);
    },
  );

  withRootKey(
    ca.command('renew-issuer').description('make a new issuer below the root; devices notice nothing'),
  ).action(async ({ dataDir, rootKey }: Flags) => {
    const { certificate } = await newIssuer(filesOf(dataDir), clock.wall(), rootKey);
    stdout.write(`issuer\t${fingerprintOf(certificate)}\tuntil ${certificate.validTo}\n`);
  });

  withRootKey(
    ca
      .command('renew-root')
      .description(
        'make a new root; the old one stays trusted, and devices get the new one when they renew their certificates',
      ),
  ).action(async ({ dataDir, rootKey }: Flags) => {
    const files = filesOf(dataDir);
    await newRoot(files, clock.wall(), rootKey);
    stdout.write(`root\t${fingerprintOf(files.root())}\tuntil ${files.root().validTo}\n`);
  });

  withFolder(
    ca
      .command('retire <fingerprint>')
      .description('stop trusting an old root: devices that have not renewed since the new one cannot connect'),
  ).action((fingerprint: string, { dataDir }: Flags) => {
    const files = filesOf(dataDir);
    const roots = files.roots();
    const rest = roots.filter((root) => fingerprintOf(root) !== fingerprint);
    if (rest.length === roots.length) throw new UsageError(`no root has the fingerprint ${fingerprint}`);
    if (rest.length === 0 || fingerprintOf(files.root()) === fingerprint)
      throw new UsageError('the newest root cannot be retired: make a new one first (ca renew-root)');
    files.writeTrusted(rest);
  });

  withFolder(
    ca
      .command('broker <name...>')
      .description("write key and certificate of a broker with these names, and the hub's as its client")
      .requiredOption('--out <folder>', 'folder for broker.key, broker.pem, hub.key, hub.pem, ca.pem')
      .option('--days <n>', 'how long they are good', daysOf, 365),
  ).action(async (names: string[], { dataDir, out, days }: Flags & { out: string; days: number }) => {
    const folder = path.resolve(out);
    const { files } = await HubAuthority.open(filesOf(dataDir).folder, clock.wall());
    const issuer = files.issuer();
    if (!issuer) throw new Error('the authority has no issuer');
    const life = lifeOf(clock.wall(), days, issuer.certificate);
    mkdirSync(folder, { recursive: true });
    const [hubName = ''] = RESERVED_NAMES;
    const keys = { broker: newKey(), hub: newKey() };
    const made = {
      broker: await issueServer(issuer, keys.broker, { names: serverNames(names), life, isHub: false }),
      hub: await issueClient(issuer, keys.hub, hubName, life),
    };
    for (const who of ['broker', 'hub'] as const) {
      writeFileSync(path.join(folder, `${who}.key`), keyPem(keys[who]), { mode: 0o600 });
      writeFileSync(path.join(folder, `${who}.pem`), pemOf([made[who], issuer.certificate, ...issuer.above]));
    }
    writeFileSync(path.join(folder, 'ca.pem'), pemOf(files.roots()));
    stdout.write(`wrote ${folder}, good until ${new Date(validityOf(made.broker).to).toISOString()}\n`);
  });
}

function filesOf(dataDir: string): AuthorityFiles {
  const folder = path.join(path.resolve(dataDir), 'pki');
  if (!existsSync(path.join(folder, 'root.pem')))
    throw new UsageError(`--data-dir: ${folder} has no authority; the first start of a hub with TLS makes it`);
  return authorityFiles(folder);
}
