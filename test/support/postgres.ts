/**
 * A real PostgreSQL (Debian package `postgresql`) in a temporary folder, on a loopback port of its own, as an unprivileged user.
 *
 * Its databases sort text by the rules of English where nothing else is said, as servers of users do: who relies on the order of bytes has to say so.
 */
import { type ChildProcess, type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client } from 'pg';
import { freePort } from './free-port.ts';
import { until } from './until.ts';

/** Debian keeps the programs of each version apart; the newest counts. */
const VERSIONS = '/usr/lib/postgresql';
const bin = (existsSync(VERSIONS) ? readdirSync(VERSIONS) : [])
  .toSorted((a, b) => Number(b) - Number(a))
  .map((version) => path.join(VERSIONS, version, 'bin'))
  .find((folder) => existsSync(path.join(folder, 'initdb')));
export const hasPostgres = bin !== undefined;
export const withoutPostgres = hasPostgres ? '' : ' (skipped: no PostgreSQL, Debian package postgresql)';

/** It refuses to run as root. Debian's user and group `nobody` and `nogroup`. */
const NOBODY = 65_534;
const user = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};

const SUPERUSER = 'vedette';

export interface Postgres {
  readonly port: number;
  /** Folder of its socket. */
  readonly socketFolder: string;
  /** Of a database that is made now: empty, or a copy of another that nobody uses. */
  newDatabase(template?: string): Promise<string>;
  /** Starts it, and waits until it answers. */
  start(): Promise<void>;
  /** Orderly: open transactions are rolled back. */
  stop(): Promise<void>;
  /** SIGQUIT, its own crash: nothing is finished, and the next start recovers from the log. */
  crash(): Promise<void>;
  /** Ends it and removes its folder. */
  remove(): Promise<void>;
}

/** Makes one; `start` it, and `remove` it in the end. */
export async function preparePostgres(): Promise<Postgres> {
  if (bin === undefined) throw new Error('PostgreSQL is not installed (Debian package postgresql)');
  const program = (name: string) => path.join(bin, name);
  const folder = mkdtempSync(path.join(tmpdir(), 'vedette-postgres-'));
  const data = path.join(folder, 'data');
  const password = randomBytes(12).toString('hex');
  const passwordFile = path.join(folder, 'password');
  mkdirSync(data, { mode: 0o700 });
  writeFileSync(passwordFile, password);
  if ('uid' in user) for (const file of [folder, data, passwordFile]) chownSync(file, NOBODY, NOBODY);
  const port = await freePort();
  check(
    spawnSync(
      program('initdb'),
      [
        ...['-D', data, '--username', SUPERUSER, '--pwfile', passwordFile, '--auth', 'scram-sha-256', '--no-sync'],
        ...['--encoding', 'UTF8', '--locale', 'C.UTF-8', '--locale-provider', 'icu', '--icu-locale', 'en'],
      ],
      { ...user, cwd: folder, encoding: 'utf8', env: { PATH: process.env.PATH } },
    ),
  );
  const urlOf = (database: string) => `postgres://${SUPERUSER}:${password}@127.0.0.1:${port}/${database}`;
  let child: ChildProcess | undefined;
  let databases = 0;

  async function end(signal: NodeJS.Signals): Promise<void> {
    const running = child;
    child = undefined;
    if (!running || running.exitCode !== null || running.signalCode !== null) return;
    const gone = once(running, 'exit');
    running.kill(signal);
    await gone;
  }

  return {
    port,
    socketFolder: folder,
    async newDatabase(template) {
      // Names that two processes give do not meet.
      databases += 1;
      const name = `hub_${process.pid}_${databases}`;
      await asSuperuser(
        urlOf('postgres'),
        `CREATE DATABASE ${name}${template === undefined ? '' : ` TEMPLATE ${template} STRATEGY FILE_COPY`}`,
      );
      return urlOf(name);
    },
    async start() {
      child = spawn(
        program('postgres'),
        [
          ...['-D', data, '-k', folder, '-h', '127.0.0.1', '-p', String(port), '-c', 'max_connections=300'],
          // No test cuts the power; what a killed server has written the system still has.
          ...[
            '-c',
            'fsync=off',
            '-c',
            'full_page_writes=off',
            '-c',
            'shared_buffers=64MB',
            '-c',
            'log_min_messages=panic',
          ],
        ],
        { ...user, cwd: folder, stdio: 'ignore', env: { PATH: process.env.PATH } },
      );
      const started = child;
      await until(async () => {
        if (started.exitCode !== null) throw new Error(`PostgreSQL ended with ${started.exitCode}`);
        await asSuperuser(urlOf('postgres'), 'SELECT 1');
        return true;
      }, 'PostgreSQL answers');
    },
    stop: () => end('SIGINT'),
    crash: () => end('SIGQUIT'),
    async remove() {
      await end('SIGQUIT');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Runs one statement. */
export async function asSuperuser(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

function check({ status, error, stdout, stderr }: SpawnSyncReturns<string>): void {
  if (status !== 0) throw new Error(`initdb failed: ${error?.message ?? ''}${stdout}${stderr}`);
}
