/** `vedette-agent enroll`: this box becomes a device of a hub. */
import type { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { name } from '../../shared/contract/names.ts';
import type { Clock } from '../../shared/kit/clock.ts';
import { clockQuality } from '../../shared/kit/clock-quality.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import { fingerprint as fingerprintSchema } from '../../shared/pki/fingerprint.ts';
import { openMqttStream } from '../../shared/pki/mqtt-stream.ts';
import { certificatesOf } from '../../shared/pki/pem.ts';
import { EnrolFault, type EnrolOptions, enrol, filesOf } from '../identity/enrol.ts';

export interface EnrollOptions {
  readonly hub: string;
  /** `-`: from standard input. */
  readonly token?: string;
  readonly tokenFile?: string;
  /** Of the environment. */
  readonly claim: string | undefined;
  readonly ca?: string;
  readonly fingerprint?: string;
  readonly name?: string;
  readonly dir: string;
  readonly stateDir?: string;
  /** Claim and authority are read before this process becomes one of that user, and everything is written after. */
  readonly user?: string;
  readonly hostname: string;
  readonly clock: Clock;
  readonly stop: AbortSignal;
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
}

const REACH_MS = 5_000;
const MAX_CLAIM = 4096;

/** @returns the exit code: 0 it is a device, 1 it may work later, 2 it cannot work like this */
export async function enroll(options: EnrollOptions): Promise<number> {
  const { clock, stop, stdout, stderr } = options;
  const print = (line: string) => void stderr.write(`vedette-agent: ${line}\n`);
  try {
    const folder = path.resolve(options.dir);
    const stateFolder = path.resolve(options.stateDir ?? folder);
    const isSynced = () => clockQuality(clock.wall()) === 'synced';
    if (clockQuality(clock.wall()) === 'wrong')
      print(
        `the clock of this machine is wrong (${new Date(clock.wall()).toISOString()}); certificates are judged without it`,
      );
    const claim = await claimOf(options);
    const trust = trustOf(options);
    if (options.user !== undefined) become(options.user);
    const result = await enrol({
      hub: hubOf(options.hub),
      claim,
      device: deviceOf(options),
      folder,
      stateFolder,
      ...trust,
      reaches: async (url, trust, time) => {
        const opened = openMqttStream(url, { trust, time, clock, timeoutMs: REACH_MS, signal: stop });
        return opened.then(
          (stream) => Boolean(stream.destroy()),
          () => false,
        );
      },
      clock,
      isSynced,
      print,
      signal: stop,
    });
    stdout.write(`enrolled: ${filesOf(folder, stateFolder).identity}\n`);
    // With --user it is a service that runs the agent.
    const start =
      options.user === undefined ? `vedette-agent run -c ${result.configFile}` : 'systemctl start vedette-agent';
    if (result.isNewConfig)
      stdout.write(`next: put streams into ${result.configFile}, or send them from the hub; then ${start}\n`);
    else
      print(
        `${result.configFile} was there and stays: its \`hub\` needs url: ${result.broker} and identityFile: ${filesOf(folder, stateFolder).identity}`,
      );
    return 0;
  } catch (error) {
    print(messageOf(error));
    return error instanceof EnrolFault ? 2 : 1;
  }
}

function become(user: string): void {
  try {
    process.setgroups?.([]);
    process.setgid?.(user);
    process.setuid?.(user);
  } catch (error) {
    throw new EnrolFault(`--user: cannot become ${user} and its group (${messageOf(error)}): run it as root`);
  }
}

function hubOf(hub: string): string {
  if (/^https:\/\/[^@\s/]+\/?$/.test(hub) && URL.canParse(hub)) return new URL(hub).origin;
  throw new EnrolFault(`--hub: "${hub}" must be https://HOST:PORT, without a path, a user or a password`);
}

async function claimOf({ token, tokenFile, claim, stdin }: EnrollOptions): Promise<string> {
  const found = tokenFile !== undefined ? readGiven('--token-file', tokenFile) : (token ?? claim);
  if (found === undefined) throw new EnrolFault('give the claim with --token, --token-file or VEDETTE_CLAIM');
  if (found !== '-') return found.trim();
  let text = '';
  for await (const chunk of stdin.setEncoding('utf8')) {
    text += String(chunk);
    if (text.length > MAX_CLAIM) throw new EnrolFault('standard input is longer than a claim');
  }
  return text.trim();
}

/** The name of the machine, as far as a name of a device may be like it. */
function deviceOf({ name: given, hostname }: EnrollOptions): string {
  const wanted =
    given ??
    hostname
      .toLowerCase()
      .replace(/\..*$/, '')
      .replaceAll(/[^a-z0-9-]+/g, '-')
      .slice(0, 64);
  const parsed = name.safeParse(wanted);
  if (parsed.success) return parsed.data;
  throw new EnrolFault(`--name: "${wanted}" ${parsed.error.issues[0]?.message ?? 'is no name of a device'}`);
}

function trustOf({ ca, fingerprint }: EnrollOptions): Pick<EnrolOptions, 'anchors' | 'fingerprint'> {
  const parsed = fingerprint === undefined ? undefined : fingerprintSchema.safeParse(fingerprint);
  if (parsed && !parsed.success) throw new EnrolFault(`--fingerprint: ${parsed.error.issues[0]?.message}`);
  return {
    ...(ca === undefined ? {} : { anchors: anchorsOf(ca) }),
    ...(parsed ? { fingerprint: parsed.data } : {}),
  };
}

function anchorsOf(file: string): X509Certificate[] {
  try {
    return certificatesOf(readGiven('--ca', file));
  } catch (error) {
    throw error instanceof EnrolFault ? error : new EnrolFault(`--ca: ${file}: ${messageOf(error)}`);
  }
}

function readGiven(option: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new EnrolFault(`${option}: ${messageOf(error)}`);
  }
}
