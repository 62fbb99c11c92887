/** A real Mosquitto (Debian package `mosquitto`) with the files that deploy/mosquitto writes, on a port of its own. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { aclFile, configFile, HUB_USER, passwordLine } from '../../cloud-hub/broker/mosquitto/files.ts';
import { answers, freePort } from './free-port.ts';
import { tempFolder } from './temp.ts';
import { until } from './until.ts';

/** Its program: Debian puts it beside the system's. */
const program = ['mosquitto', '/usr/sbin/mosquitto'].find((file) => spawnSync(file, ['-h']).status === 3);
export const hasMosquitto = program !== undefined;
export const withoutMosquitto = hasMosquitto ? '' : ' (skipped: no Mosquitto, Debian package mosquitto)';

export interface Mosquitto extends Omit<MosquittoProgram, 'reload'> {
  readonly port: number;
  readonly url: string;
  readonly hub: { readonly username: string; readonly passwordFile: string; readonly password: string };
  /** Lets devices in, or in with another token. */
  setTokens(tokens: Readonly<Record<string, string>>): void;
}

export interface MosquittoOptions {
  readonly tls?: { readonly certFile: string; readonly keyFile: string };
}

/** Prepares one in `folder`; `start` it. */
export async function prepareMosquitto(folder: string, { tls }: MosquittoOptions = {}): Promise<Mosquitto> {
  const port = await freePort();
  mkdirSync(folder, { recursive: true });
  const password = 'password-of-the-hub';
  const passwordFile = path.join(folder, 'hub.password');
  writeFileSync(passwordFile, password);
  const config = path.join(folder, 'mosquitto.conf');
  // As root it would give up its rights, and with them its files.
  writeFileSync(config, `${configFile({ port, host: '127.0.0.1', folder, ...(tls ? { tls } : {}) })}user root\n`);
  writeFileSync(path.join(folder, 'acl'), aclFile());
  const broker = createMosquitto(config, port);
  const writePasswords = (tokens: Readonly<Record<string, string>>) => {
    const lines = Object.entries({ ...tokens, [HUB_USER]: password }).map(([user, secret]) =>
      passwordLine(user, secret),
    );
    writeFileSync(path.join(folder, 'passwords'), `${lines.join('\n')}\n`);
  };
  writePasswords({});
  return {
    port,
    url: `${tls ? 'mqtts://localhost' : 'mqtt://127.0.0.1'}:${port}`,
    hub: { username: HUB_USER, passwordFile, password },
    setTokens(tokens) {
      writePasswords(tokens);
      broker.reload();
    },
    start: broker.start,
    kill: broker.kill,
  };
}

export interface MosquittoProgram {
  /** Starts it and waits until it listens. */
  start(): Promise<void>;
  /** SIGKILL: it forgets everything that its configuration does not persist. */
  kill(): Promise<void>;
  /** Reads its password file again. */
  reload(): void;
}

/** One that lets everybody in, until the test ends; `restart`: it forgets what it kept. */
export async function startOpenMosquitto(): Promise<{ readonly url: string; restart(): Promise<void> }> {
  const port = await freePort();
  const config = path.join(tempFolder(), 'mosquitto.conf');
  writeFileSync(config, `listener ${port} 127.0.0.1\nallow_anonymous true\nuser root\n`);
  const mosquitto = createMosquitto(config, port);
  await mosquitto.start();
  onTestFinished(() => mosquitto.kill());
  const restart = async () => {
    await mosquitto.kill();
    await mosquitto.start();
  };
  return { url: `mqtt://127.0.0.1:${port}`, restart };
}

/** A Mosquitto with a configuration of one's own. */
export function createMosquitto(configFile: string, port: number): MosquittoProgram {
  let child: ChildProcess | undefined;
  return {
    async start() {
      if (program === undefined) throw new Error('Mosquitto is not installed');
      child = spawn(program, ['-c', configFile], { stdio: ['ignore', 'ignore', 'ignore'] });
      await until(() => answers(port), 'Mosquitto listens');
    },
    async kill() {
      const running = child;
      child = undefined;
      if (!running || running.exitCode !== null || running.signalCode !== null) return;
      const gone = once(running, 'exit');
      running.kill('SIGKILL');
      await gone;
    },
    reload: () => void child?.kill('SIGHUP'),
  };
}
