/**
 * A whole agent as a program, with a broker in place of its hub, and one calm stream beside what is hostile: a recording that is
 * analysed all the time. The hub of this broker may ask for anything.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { channels, topicOf } from '../../../shared/contract/channels.ts';
import { decode, encode } from '../../../shared/contract/codec.ts';
import { type Report, report } from '../../../shared/contract/messages/report.ts';
import { digestOf } from '../../../shared/kit/digest.ts';
import { type Broker, startBroker, TinyHub } from '../../agent/sync/tiny-hub.ts';
import { writeClip, writeWalkerPackage } from '../../support/clip.ts';
import { freePort } from '../../support/free-port.ts';
import { isOver, type SpawnOptions, spawnProgram } from '../../support/spawn.ts';

const DEVICE = 'box';
const START_S = 60;
const STEP_MS = 100;

export interface Box {
  readonly folder: string;
  readonly broker: Broker;
  readonly hub: TinyHub;
  readonly apiUrl: string;
  /** What it last said of itself. */
  report(): Report | undefined;
  /** Sends it another set of streams; its revision. */
  push(streams: Readonly<Record<string, unknown>>): string;
  /** Waits until something holds, at most so long; says whether it does. */
  holds(look: () => boolean, seconds: number): Promise<boolean>;
  /** What is wrong with it after an attack: it ended, its calm stream stands still, it took too much memory. */
  troubles(): Promise<readonly string[]>;
  peakMb(): number;
  end(): Promise<void>;
}

export interface BoxOptions {
  readonly streams?: Readonly<Record<string, unknown>>;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly program?: SpawnOptions;
  /** More memory of all its processes than before the attack is too much; default: 400 MB. */
  readonly mostMb?: number;
}

export async function startBox(folder: string, options: BoxOptions = {}): Promise<Box> {
  const broker = await startBroker();
  const hub = new TinyHub(DEVICE);
  hub.attach(broker);
  const port = await freePort();
  writeFileSync(path.join(folder, 'device.token'), 'secret');
  const clip = await writeClip(folder);
  const file = path.join(folder, 'agent.yaml');
  const config = {
    device: DEVICE,
    hub: { url: broker.url, tokenFile: './device.token' },
    models: { walker: writeWalkerPackage(folder) },
    streams: { calm: { source: { url: clip, loop: true }, model: 'walker', summaryS: 1 }, ...options.streams },
    runners: { count: 1 },
    api: { port },
    log: 'error',
    ...options.config,
  };
  writeFileSync(file, JSON.stringify(config));
  const program = spawnProgram('agent/main.js', ['run', '-c', file], options.program);
  const pid = program.process.pid ?? 0;
  let peakMb = 0;
  const watch = setInterval(() => {
    peakMb = Math.max(peakMb, memoryMb(pid));
  }, STEP_MS);

  const holds = async (look: () => boolean, seconds: number) => {
    const end = performance.now() + seconds * 1000;
    while (!look() && !isOver(program) && performance.now() < end) await sleep(STEP_MS);
    return look();
  };
  const answered = () =>
    [...hub.stored.values()].flatMap((records) => [...records.values()]).filter(({ stream }) => stream === 'calm')
      .length;
  const box: Box = {
    folder,
    broker,
    hub,
    apiUrl: `http://127.0.0.1:${port}`,
    report() {
      const last = hub.messages.findLast(({ channel }) => channel === 'report');
      return last && report.parse(decode(last.payload, channels.report.maxBytes));
    },
    push(streams) {
      const revision = digestOf(JSON.stringify(streams));
      const payload = encode({ revision, models: {}, streams: { revision, streams } });
      const topic = topicOf(DEVICE, 'desired');
      broker.aedes.publish({ cmd: 'publish', topic, payload, qos: 1, retain: true, dup: false }, () => undefined);
      return revision;
    },
    holds,
    async troubles() {
      const before = answered();
      const goesOn = await holds(() => answered() > before + 1, 30);
      const most = calmMb + (options.mostMb ?? 400);
      return [
        ...(isOver(program) ? [`the agent ended: ${program.stderr().slice(-500)}`] : []),
        ...(goesOn ? [] : ['the calm stream stands still']),
        ...(peakMb > most ? [`all processes of the agent took ${peakMb} MB, before the attack ${calmMb}`] : []),
      ];
    },
    peakMb: () => peakMb,
    async end() {
      clearInterval(watch);
      if (!isOver(program)) program.process.kill('SIGKILL');
      await program.ended;
      await broker.stop();
    },
  };
  if (!(await holds(() => answered() > 1, START_S))) {
    await box.end();
    throw new Error(`the agent did not start: ${program.stderr().slice(-500)}`);
  }
  const calmMb = peakMb;
  return box;
}

/** Resident memory of a process and of all below it, megabytes (Linux). */
function memoryMb(pid: number): number {
  if (!existsSync(`/proc/${pid}/status`)) return 0;
  try {
    const [, kb] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    const children = readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
    );
    return Math.round(Number(kb ?? 0) / 1024) + children.reduce((sum, child) => sum + memoryMb(child), 0);
  } catch {
    // It ended meanwhile.
    return 0;
  }
}
