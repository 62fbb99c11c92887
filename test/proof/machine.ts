/**
 * A Debian machine with a real systemd: a root of its own over a shared base, booted by systemd-nspawn in a network namespace of
 * its own. It needs root and Linux; everything ends with `remove`.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { run } from './run.ts';

export interface MachineOptions {
  readonly name: string;
  /** Root that several machines share and none changes. */
  readonly base: string;
  /** Folder for what this machine writes. */
  readonly folder: string;
  /** Network namespace. */
  readonly network: string;
  /** Its own address there. */
  readonly address: string;
}

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const BOOT_MS = 180_000;
/** Exit code of systemd-nspawn. */
const REBOOT = 133;

export class Machine {
  readonly name: string;
  readonly address: string;
  readonly root: string;
  readonly #options: MachineOptions;
  #nspawn: ChildProcess | undefined;

  constructor(options: MachineOptions) {
    this.#options = options;
    this.name = options.name;
    this.address = options.address;
    this.root = path.join(options.folder, options.name, 'root');
  }

  /** Lays its root over the base. */
  prepare(): void {
    const { base, folder, name } = this.#options;
    const [upper, work] = ['upper', 'work'].map((part) => path.join(folder, name, part)) as [string, string];
    for (const part of [this.root, upper, work]) mkdirSync(part, { recursive: true });
    execFileSync('mount', [
      '-t',
      'overlay',
      name,
      '-o',
      `lowerdir=${base},upperdir=${upper},workdir=${work}`,
      this.root,
    ]);
    writeFileSync(path.join(this.root, 'etc/hostname'), `${name}\n`);
    rmSync(path.join(this.root, 'etc/machine-id'), { force: true });
    writeFileSync(path.join(this.root, 'etc/machine-id'), '');
  }

  /** Starts it and waits until systemd has started what it wants. */
  async boot(): Promise<void> {
    this.#start();
    await this.#up();
  }

  #start(): void {
    const { name, network, folder } = this.#options;
    const log = path.join(folder, `${name}.console`);
    const child = spawn(
      'systemd-nspawn',
      [
        ...['-D', this.root, '--boot', `--machine=${name}`, `--network-namespace-path=/run/netns/${network}`],
        // No machined, no system bus on the host.
        ...['--register=no', '--keep-unit', '--resolv-conf=off', '--timezone=off'],
      ],
      {
        env: { ...process.env, SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: '1', SYSTEMD_NSPAWN_LOCK: '0' },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => appendFileSync(log, text));
    // Without machined it ends at a reboot, and says so by its exit code.
    child.on('close', (code) => {
      if (code === REBOOT && this.#nspawn === child) this.#start();
    });
    this.#nspawn = child;
  }

  async #up(): Promise<void> {
    const started = await this.wait('true', 'systemctl is-system-running', /^(running|degraded)$/m, BOOT_MS);
    if (!started) throw new Error(`${this.name} did not boot`);
  }

  /** Asks systemd for a reboot, and waits until it is up again. */
  async reboot(): Promise<void> {
    const before = this.#leader();
    await this.sh('systemctl reboot').catch(() => '');
    const end = Date.now() + BOOT_MS;
    while (this.#leader() === before && Date.now() < end) await pause();
    await this.#up();
  }

  /** Runs a script of the shell inside. @throws Error with its output when it fails */
  async sh(script: string, input?: string): Promise<string> {
    const leader = this.#leader();
    if (leader === undefined) throw new Error(`${this.name} does not run`);
    const enter = ['-t', leader, '-m', '-u', '-i', '-n', '-p', '-C', '--'];
    const env = [
      'env',
      '-i',
      `PATH=${PATH}`,
      'LANG=C.UTF-8',
      'DEBIAN_FRONTEND=noninteractive',
      'HOME=/root',
      'TERM=dumb',
    ];
    return run('nsenter', [...enter, ...env, 'sh', '-c', script], input);
  }

  /** Repeats a command until its output fits. @returns the output @throws Error with what was seen last */
  async wait(what: string, script: string, fits: RegExp, timeoutMs = 120_000): Promise<string> {
    const end = Date.now() + timeoutMs;
    let seen = '';
    while (Date.now() < end) {
      seen = await this.sh(script).catch(String);
      if (fits.test(seen)) return seen;
      await pause();
    }
    throw new Error(`${this.name}: ${what}: not within ${timeoutMs / 1000} s; \`${script}\` says: ${seen}`);
  }

  /** The process that is systemd inside; another one after a reboot. */
  #leader(): string | undefined {
    const pid = this.#nspawn?.pid;
    const file = `/proc/${pid}/task/${pid}/children`;
    return existsSync(file) ? readFileSync(file, 'utf8').trim().split(' ').at(-1) || undefined : undefined;
  }

  async remove(): Promise<void> {
    const child = this.#nspawn;
    this.#nspawn = undefined;
    if (child && child.exitCode === null) {
      const ended = once(child, 'close');
      child.kill('SIGTERM');
      const killer = setTimeout(() => child.kill('SIGKILL'), 30_000);
      await ended;
      clearTimeout(killer);
    }
    await run('umount', ['-l', this.root]).catch(() => '');
  }
}

const pause = () => new Promise((resolve) => setTimeout(resolve, 500));
