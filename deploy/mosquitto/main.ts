#!/usr/bin/env node
/** `npm run mosquitto`: writes the files of a Mosquitto that serves a fleet, and adds devices to them. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { aclFile, configFile, HUB_USER, withPassword } from '../../cloud-hub/broker/mosquitto/files.ts';
import { name } from '../../shared/contract/names.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import { emqxAcl } from '../emqx/acl.ts';

function portOf(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new InvalidArgumentError('must be 1 to 65535.');
  return port;
}

function deviceOf(text: string): string {
  const parsed = name.safeParse(text);
  if (!parsed.success) throw new InvalidArgumentError(parsed.error.issues[0]?.message ?? 'is not a device id.');
  return parsed.data;
}

function write(file: string, text: string, secret = false): void {
  writeFileSync(file, text, { mode: secret ? 0o600 : 0o644 });
  console.log(`wrote ${file}`);
}

/** Mosquitto reads its files as the user it runs as; both are told how to give them to it. */
function addPassword(folder: string, user: string, secret: string): void {
  const file = path.join(folder, 'passwords');
  write(file, withPassword(existsSync(file) ? readFileSync(file, 'utf8') : '', user, secret), true);
}

interface FilesOptions {
  readonly out: string;
  readonly port: number;
  readonly host: string;
  readonly cert?: string;
  readonly key?: string;
  readonly clientCa?: string;
  readonly crl?: string;
}

const program = new Command('npm run mosquitto --').description(
  'Files for a Mosquitto that takes the place of the embedded broker.',
);

program
  .command('files')
  .description('write mosquitto.conf, acl, passwords and the password of the hub into a folder')
  .requiredOption('--out <folder>', 'folder to write to; it is made if it does not exist')
  .option('--port <port>', 'port to listen on', portOf, 8883)
  .option('--host <address>', 'address to listen on', '0.0.0.0')
  .option('--cert <file>', 'PEM file of the certificate, with its chain; needs --key')
  .option('--key <file>', 'PEM file of its key')
  .option('--client-ca <file>', "devices come with certificates: the hub's pki/ca.pem; needs --crl, --cert and --key")
  .option('--crl <file>', "the hub's pki/crl.pem")
  .addHelpText(
    'after',
    '\nThen: mosquitto -c FOLDER/mosquitto.conf, and vedette-hub run --mqtt-url … --mqtt-username vedette-hub --mqtt-password-file FOLDER/hub.password',
  )
  .action(({ out, port, host, ...given }: FilesOptions) => {
    const folder = path.resolve(out);
    const tls = tlsOf(given);
    mkdirSync(folder, { recursive: true, mode: 0o755 });
    write(path.join(folder, 'mosquitto.conf'), configFile({ port, host, folder, ...(tls ? { tls } : {}) }));
    write(path.join(folder, 'acl'), aclFile());
    if (tls?.clients) return;
    const file = path.join(folder, 'hub.password');
    if (!existsSync(file)) write(file, `${randomBytes(32).toString('base64url')}\n`, true);
    addPassword(folder, HUB_USER, readFileSync(file, 'utf8').trim());
    if (!tls) console.error('note: without --cert everything, passwords too, goes over the network in plain text');
  });

/** @throws Error when one of two files that belong together is missing */
function tlsOf({ cert, key, clientCa, crl }: Pick<FilesOptions, 'cert' | 'key' | 'clientCa' | 'crl'>) {
  if ((cert === undefined) !== (key === undefined)) throw new Error('--cert and --key are given together');
  if ((clientCa === undefined) !== (crl === undefined)) throw new Error('--client-ca and --crl are given together');
  if (clientCa !== undefined && cert === undefined) throw new Error('--client-ca needs --cert and --key');
  if (cert === undefined || key === undefined) return undefined;
  const clients = clientCa && crl ? { clients: { caFile: path.resolve(clientCa), crlFile: path.resolve(crl) } } : {};
  return { certFile: path.resolve(cert), keyFile: path.resolve(key), ...clients };
}

program
  .command('device')
  .description('add or replace the token of a device; then send Mosquitto a SIGHUP')
  .argument('<id>', 'the device', deviceOf)
  .requiredOption('--out <folder>', 'the folder that `files` wrote')
  .requiredOption('--token-file <file>', 'file with the token that `vedette-hub device add` printed')
  .action((id: string, { out, tokenFile }: { out: string; tokenFile: string }) => {
    const token = readFileSync(tokenFile, 'utf8').trim();
    if (token === '') throw new Error(`${tokenFile} is empty`);
    addPassword(path.resolve(out), id, token);
  });

program
  .command('emqx')
  .description('print the rights for EMQX (acl.conf); its listener needs peer_cert_as_username = cn')
  .action(() => {
    process.stdout.write(emqxAcl());
  });

program.parseAsync().catch((error: unknown) => {
  console.error(`mosquitto: ${messageOf(error)}`);
  process.exitCode = 1;
});
