#!/usr/bin/env node
/** `npm run attack`: hostile senders against a whole hub and agents; what was tried, what it cost the others, what held. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command, InvalidArgumentError } from 'commander';
import { seeded } from '../support/random.ts';
import type { AgentAttack } from './agent/attack.ts';
import { agentAttacks } from './agent/attacks.ts';
import { type Attack, bounds } from './attack.ts';
import { attacks } from './attacks.ts';
import { sendAnything } from './device/measured.ts';
import { type Cost, type Staged, searchWorst } from './search.ts';
import { createStage, type Seen, type Stage } from './stage.ts';

const CALM_S = 3;
/** What breaks only a measured bound is tried again: what comes from a busy machine does not repeat. */
const TRIES = 3;
const MESSAGES = 10_000;
const SEARCH_S = { whole: 240, least: 20 } as const;

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new InvalidArgumentError('must be a whole number from 0.');
  return value;
}

const row = (cells: readonly (string | number)[]) =>
  cells.map((cell, i) => (i === 0 ? String(cell).padEnd(18) : String(cell).padStart(12))).join(' ');

interface Verdict {
  readonly broken: readonly string[];
  readonly cells: readonly (string | number)[];
  readonly blockMs: number;
  readonly peakMb: number;
}

/** Everything that was tried. */
class Report {
  readonly #begun = performance.now();
  #held = 0;
  #broken = 0;
  #blockMs = 0;
  #peakMb = 0;

  begin(): void {
    console.log(row(['attack', 'seconds', 'block ms', 'added ms', 'peak MB', 'verdict']));
  }

  add(name: string, { broken, cells, blockMs, peakMb }: Verdict): void {
    const isHeld = broken.length === 0;
    if (isHeld) this.#held++;
    else this.#broken++;
    this.#blockMs = Math.max(this.#blockMs, blockMs);
    this.#peakMb = Math.max(this.#peakMb, peakMb);
    console.log(row([name, ...cells, isHeld ? 'held' : 'BROKEN']));
    for (const what of broken) console.log(`    ${what}`);
  }

  end(): void {
    const seconds = ((performance.now() - this.#begun) / 1000).toFixed(0);
    console.log(
      `\n${this.#held} held, ${this.#broken} broken in ${seconds} s; longest event-loop block ${this.#blockMs.toFixed(0)} ms, ` +
        `peak memory of the hub ${this.#peakMb} MB`,
    );
    if (this.#broken > 0 || this.#held === 0) process.exitCode = 1;
  }
}

/** A hub of its own with its calm device: what one attack has broken does not count against the next. */
async function staged(): Promise<Staged> {
  const folder = mkdtempSync(path.join(tmpdir(), 'vedette-attack-'));
  const stage = await createStage(folder);
  await sleep(CALM_S * 1000);
  const calm = await stage.look();
  return {
    stage,
    calm,
    async end() {
      await stage.end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

interface Judged extends Verdict {
  /** Only measured bounds were broken. */
  readonly measured: boolean;
}

async function judge(attack: Attack, stage: Stage, calm: Seen, random: () => number): Promise<Judged> {
  const before = stage.peakMb();
  await stage.look();
  const begun = performance.now();
  const failures = await attack.run(stage, random);
  const seconds = (performance.now() - begun) / 1000;
  await sleep(500);
  const { blockMs, ackP99Ms } = await stage.look();
  const added = ackP99Ms - calm.ackP99Ms;
  const peakMb = stage.peakMb();
  const over = overBounds({ blockMs, addedAckMs: added, addedMb: peakMb - before });
  const cells = [seconds.toFixed(1), blockMs.toFixed(0), added.toFixed(0), peakMb];
  return { broken: [...failures, ...over], cells, blockMs, peakMb, measured: failures.length === 0 };
}

function overBounds({ blockMs, addedAckMs, addedMb }: Omit<Cost, 'candidate'>): string[] {
  return [
    ...(blockMs > bounds.blockMs ? [`the event loop stood still for ${blockMs.toFixed(0)} ms`] : []),
    ...(addedAckMs > bounds.addedAckMs ? [`a calm device waited ${addedAckMs.toFixed(0)} ms longer (p99)`] : []),
    ...(addedMb > bounds.addedMb ? [`the hub took ${addedMb} MB more`] : []),
  ];
}

async function meet(attack: Attack, random: () => number): Promise<Judged> {
  const { stage, calm, end } = await staged();
  try {
    return await judge(attack, stage, calm, random);
  } catch (error) {
    const reason = stage.hub.pid() === undefined ? 'the hub has ended' : String(error);
    return { broken: [reason], cells: ['', '', '', ''], blockMs: 0, peakMb: 0, measured: false };
  } finally {
    await end();
  }
}

async function meetAgain(attack: Attack, seed: number): Promise<Verdict> {
  for (let n = 1; ; n++) {
    const verdict = await meet(attack, seeded(seed));
    if (verdict.broken.length === 0 || !verdict.measured || n === TRIES) return verdict;
  }
}

async function meetAgent(attack: AgentAttack, seed: number): Promise<Verdict> {
  const begun = performance.now();
  const folder = mkdtempSync(path.join(tmpdir(), 'vedette-attack-'));
  try {
    const outcome = await attack
      .run(folder, seeded(seed))
      .catch((error: unknown) => ({ tried: 0, broken: [String(error)], peakMb: 0 }));
    const { tried, broken, peakMb } = outcome;
    console.log(
      `  ${attack.name}: ${tried} tries${peakMb > 0 ? `; all processes of the agent took ${peakMb} MB at most` : ''}`,
    );
    return { broken, cells: [((performance.now() - begun) / 1000).toFixed(1), '', '', ''], blockMs: 0, peakMb: 0 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Random messages of every family through ingest alone, measured as processor time. */
async function anything(messages: number, seed: number): Promise<Verdict> {
  const begun = performance.now();
  const { longestMs, longestOf, broken, grownMb } = await sendAnything(messages, seeded(seed));
  const over = grownMb > bounds.addedMb ? [`${messages} messages took ${grownMb} MB`] : [];
  console.log(`  ${messages} random messages; the longest turn took ${longestMs.toFixed(0)} ms of work (${longestOf})`);
  return {
    broken: [...broken, ...over],
    cells: [((performance.now() - begun) / 1000).toFixed(1), '', '', ''],
    blockMs: 0,
    peakMb: 0,
  };
}

const textOf = ({ candidate: { family, knobs }, addedAckMs, blockMs, addedMb }: Cost) =>
  `${`${family.name} [${knobs.map((k) => k.toFixed(2))}]`.padEnd(36)} + ${addedAckMs.toFixed(0)} ms, block ${blockMs.toFixed(0)} ms, + ${addedMb} MB`;

async function worst(seconds: number, seed: number): Promise<Verdict> {
  const begun = performance.now();
  const tried: Cost[] = [];
  const found = await searchWorst({ seconds, random: seeded(seed), stage: staged, tried: (cost) => tried.push(cost) });
  const top = tried.toSorted((a, b) => b.addedAckMs - a.addedAckMs).slice(0, 5);
  console.log(`  ${tried.length} ways for one device were tried; the five worst for a calm one:`);
  for (const cost of top) console.log(`    ${textOf(cost)}`);
  const { addedAckMs, blockMs } = found;
  const took = ((performance.now() - begun) / 1000).toFixed(1);
  const cells = [took, blockMs.toFixed(0), addedAckMs.toFixed(0), ''];
  const broken = overBounds(found).map((what) => `${textOf(found)}: ${what}`);
  return { broken, cells, blockMs, peakMb: 0 };
}

const EXTRA = [
  ['anything', 'a device sends random legal and hostile messages of every family'],
  ['worst', 'a search for the worst that one device can do to a calm one'],
] as const;
const names = [...attacks, ...agentAttacks].map(({ name, summary }) => [name, summary] as const).concat(EXTRA);

await new Command('npm run attack --')
  .description(
    'Attacks a hub and agents that it starts, with what a device, a person or somebody on the network may send.',
  )
  .argument('[name...]', 'which attacks; default: all')
  .option('--seed <n>', 'of everything that is random', whole, 1)
  .option('--seconds <n>', 'about how long in all: a shorter search', whole)
  .addHelpText(
    'after',
    `\nAttacks:\n${names.map(([name, summary]) => `  ${name.padEnd(18)} ${summary}`).join('\n')}\n\nBounds: ` +
      `event loop ${bounds.blockMs} ms, a calm device's acknowledgement p99 + ${bounds.addedAckMs} ms, memory + ${bounds.addedMb} MB.` +
      '\nExit code: 1 when something did not hold.',
  )
  .action(async (chosen: string[], { seed, seconds }: { seed: number; seconds?: number }) => {
    const unknown = chosen.filter((name) => !names.some(([known]) => known === name));
    if (unknown.length > 0) throw new Error(`no attack "${unknown.join('", "')}"; see --help`);
    const isChosen = (name: string) => chosen.length === 0 || chosen.includes(name);
    const begun = performance.now();
    const report = new Report();
    report.begin();
    for (const attack of attacks) if (isChosen(attack.name)) report.add(attack.name, await meetAgain(attack, seed));
    for (const attack of agentAttacks)
      if (isChosen(attack.name)) report.add(attack.name, await meetAgent(attack, seed));
    if (isChosen('anything')) report.add('anything', await anything(MESSAGES, seed));
    const left = seconds ? seconds - (performance.now() - begun) / 1000 : SEARCH_S.whole;
    if (isChosen('worst')) report.add('worst', await worst(Math.max(SEARCH_S.least, left), seed));
    report.end();
  })
  .parseAsync();
