/** An agent of a chaos run: a built program with a real pipeline on a synthetic series, and a book of what it committed. */
import {
  appendFileSync,
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { isOver, type Started, spawnProgram } from '../support/spawn.ts';
import { type CommitBook, createCommitBook } from './commits.ts';
import type { Committed } from './history.ts';
import type { OpinionHistory } from './opinions.ts';

export interface AgentOptions {
  readonly id: string;
  readonly folder: string;
  /** Where its outbox lies; another folder when that shall be on another disk. */
  readonly dataDir: string;
  readonly token: string;
  readonly model: string;
  /** A clip in which somebody crosses a line, and the package that sees it: a stream that asks for second opinions. */
  readonly street?: { readonly clip: string; readonly model: string };
  /** CSV files; a stream each. */
  readonly series: readonly string[];
  /** Port of the broker, through this agent's line. */
  readonly mqttPort: number;
  /** More of `hub:` in its configuration. */
  readonly hub?: Readonly<Record<string, unknown>>;
}

export interface AgentProgram {
  readonly id: string;
  start(): void;
  /** SIGKILL to the supervisor; its runners end with it. What its file holds is noted. */
  kill(): Promise<void>;
  /** SIGKILL to one of its runners; false when there is none now. */
  killRunner(): boolean;
  stop(): Promise<void>;
  /** From the next start on: no streams, only what is left in the outbox. */
  silence(): void;
  /** Its wall clock is so far off from now on. */
  setClock(offMs: number): void;
  /** Damages a page of its (dead) outbox file; false when there is none yet. */
  corrupt(at: number): boolean;
  /** Epoch and last number of its outbox, dead or alive; undefined before there is one. */
  end(): CommitBook['end'];
  committed(): Committed[];
  /** Of the (dead) agent: verdicts that it counts, and samples that wait. */
  samples(): Pick<OpinionHistory, 'heard' | 'waiting'>;
  complaints(): string;
}

/** Rows of the series a second. */
const SPEED = 100;
const RULES = 16;
const PAGE = 4096;
/** `RestartSec` of the unit. */
const RESTART_MS = 1000;

export function createAgentProgram(options: AgentOptions): AgentProgram {
  const { id, folder, dataDir } = options;
  mkdirSync(folder, { recursive: true });
  const file = (name: string) => path.join(folder, name);
  const [configFile, commits, clock] = [file('agent.yaml'), file('commits.jsonl'), file('clock')];
  const outboxFile = path.join(dataDir, 'outbox.db');
  writeFileSync(file('device.token'), options.token);
  writeFileSync(clock, '0');
  const configure = (streams: Record<string, unknown>) =>
    writeFileSync(
      configFile,
      JSON.stringify({
        device: id,
        dataDir,
        hub: { url: `mqtt://127.0.0.1:${options.mqttPort}`, tokenFile: './device.token', ...options.hub },
        models: { wave: options.model, ...(options.street ? { walker: options.street.model } : {}) },
        escalate: { perHour: { samples: 5000, kB: 500_000 }, perDay: { samples: 20_000, kB: 2_000_000 } },
        streams,
        runners: { count: 1 },
        buffer: { quotaMb: 8 },
        api: false,
        log: 'error',
      }),
    );
  configure({
    ...Object.fromEntries(options.series.map((url, index) => [`machine-${index}`, streamOn(url)])),
    ...(options.street ? { street: streetOn(options.street.clip) } : {}),
  });
  const book = createCommitBook();
  let running: Started | undefined;
  let complaints = '';

  const end = async (signal: 'SIGKILL' | 'SIGTERM') => {
    const started = running;
    running = undefined;
    if (!started) return;
    if (!isOver(started)) started.process.kill(signal);
    complaints += (await started.ended).stderr;
    book.readFile(outboxFile);
  };
  const start = () => {
    const preload = new URL('./preload.js', import.meta.url).href;
    const env = { NODE_OPTIONS: `--import ${preload}`, VEDETTE_CHAOS_COMMITS: commits, VEDETTE_CHAOS_CLOCK: clock };
    const started = spawnProgram('agent/main.js', ['run', '-c', configFile], { env });
    running = started;
    // As a service manager does with a program that ends by itself.
    void started.ended.then(({ stderr }) => {
      if (running !== started) return;
      complaints += stderr;
      book.readFile(outboxFile);
      setTimeout(() => {
        if (running === started) start();
      }, RESTART_MS);
    });
  };
  return {
    id,
    end() {
      if (running) book.glance(outboxFile);
      return book.end;
    },
    start,
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
    killRunner() {
      const pid = running?.process.pid;
      const children = pid === undefined ? [] : childrenOf(pid);
      const [runner] = children;
      if (runner === undefined) return false;
      process.kill(runner, 'SIGKILL');
      return true;
    },
    silence: () => configure({}),
    setClock: (offMs) => writeFileSync(clock, Number.isFinite(offMs) ? `${offMs}` : '1970'),
    corrupt: (at) => existsSync(outboxFile) && corruptPage(outboxFile, at, file('damage.log')),
    committed: () => book.all(commits),
    samples: () => samplesIn(dataDir),
    complaints: () => complaints + (running?.stderr() ?? ''),
  };
}

function streamOn(url: string) {
  const rules = Array.from({ length: RULES }, (_, i) => ({ kind: 'anomaly', name: `spike-${i}`, frames: 1 + (i % 3) }));
  return { kind: 'sensor', source: { url, speed: SPEED, loop: true }, model: 'wave', summaryS: 1, rules };
}

/** Crossed twice a second or so; each event is asked about. */
function streetOn(clip: string) {
  return {
    source: { url: clip, loop: true },
    model: 'walker',
    summaryS: 5,
    escalate: {
      choose: [{ kind: 'event' }],
      perHour: { samples: 5000, kB: 500_000 },
      perDay: { samples: 20_000, kB: 2_000_000 },
    },
    rules: [{ kind: 'line', name: 'middle', points: [[0.5, 0], [0.5, 1]] }], // biome-ignore format: two points
  };
}

const ledger = z.object({
  streams: z.record(
    z.string(),
    z.object({ counts: z.object({ confirmed: z.number(), changed: z.number(), withdrawn: z.number() }) }),
  ),
});

function samplesIn(dataDir: string): Pick<OpinionHistory, 'heard' | 'waiting'> {
  const file = path.join(dataDir, 'escalation.json');
  const counts = existsSync(file) ? Object.values(ledger.parse(JSON.parse(readFileSync(file, 'utf8'))).streams) : [];
  const heard = (outcome: 'confirmed' | 'changed' | 'withdrawn') =>
    counts.reduce((sum, stream) => sum + stream.counts[outcome], 0);
  const folder = path.join(dataDir, 'samples');
  return {
    heard: { confirmed: heard('confirmed'), changed: heard('changed'), withdrawn: heard('withdrawn') },
    waiting: existsSync(folder) ? readdirSync(folder).filter((name) => name !== 'draft').length : 0,
  };
}

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** Turns over every bit of a stretch of a page; not of the first, without which nothing at all is a database. */
function corruptPage(outboxFile: string, at: number, log: string): boolean {
  const file = openSync(outboxFile, 'r+');
  try {
    const pages = Math.floor(fstatSync(file).size / PAGE);
    if (pages < 2) return false;
    const page = 1 + Math.min(pages - 2, Math.floor(at * (pages - 1)));
    const bytes = Buffer.alloc(512);
    readSync(file, bytes, 0, bytes.length, page * PAGE);
    writeSync(
      file,
      bytes.map((byte) => byte ^ 0xff),
      0,
      bytes.length,
      page * PAGE,
    );
    appendFileSync(log, `page ${page + 1} of ${pages}\n`);
    return true;
  } finally {
    closeSync(file);
  }
}
