/**
 * `bench gate`: inferences that the gate saves on a busy street and in a quiet scene, and how many of the events of the run
 * without a gate it keeps.
 */
import type { EventBody } from '../../agent/pipeline/outputs.ts';
import type { Rule } from '../../shared/contract/config/rules.ts';
import { pictureStream } from '../../shared/contract/config/stream.ts';
import type { Bench } from './bench.ts';
import { type Agreement, agreement, sum } from './events.ts';
import { material } from './material.ts';
import { type Recording, type Run, record, replay } from './replay.ts';
import { scenes } from './scenes.ts';
import { streetRules } from './street-rules.ts';

const RATES = [10, 5];
const REACH = 0.15;

type Mask = readonly (readonly (readonly [number, number])[])[];

/** How a stream with these rules is gated. */
const gates: Readonly<Record<string, (rules: readonly Rule[]) => object>> = {
  'motion alone': () => ({ coastS: 0 }),
  'motion, masked': (rules) => ({ coastS: 0, mask: aroundOf(rules) }),
  default: () => ({}),
  'default, masked': (rules) => ({ mask: aroundOf(rules) }),
  'coastS: 1': () => ({ coastS: 1 }),
};

export const gate: Bench = {
  summary: 'inferences that the gate saves and events that it keeps, on a busy street and in a quiet scene',
  async run(print) {
    const { model, clip } = await material(print);
    const { original, street, quiet } = await scenes(clip, print);
    const recordings = {
      street: await record(model, street),
      again: await record(model, original),
      quiet: await record(model, quiet),
    };
    const all = Object.values(streetRules).flat(2);
    for (const fps of RATES) {
      const full = await play(recordings.street, fps, all, false);
      const again = await play(recordings.again, fps, all, false);
      print(`street, ${fps}/s, ${full.frames} frames; one stream a rule; saved: frames over inferences`);
      for (const [what, sets] of Object.entries(streetRules)) {
        const wanted = eventsOf(full, sets.flat());
        print(`  ${what}: ${wanted.length} events`);
        // How far even the run without a gate repeats itself.
        print(`    ${'no gate, other encoding'.padEnd(24)} ${share(agreement(wanted, eventsOf(again, sets.flat())))}`);
        for (const [name, config] of Object.entries(gates)) {
          const runs: { run: Run; kept: Agreement }[] = [];
          for (const rules of sets) {
            const run = await play(recordings.street, fps, rules, config(rules));
            runs.push({ run, kept: agreement(eventsOf(full, rules), run.events) });
          }
          const saved = total(runs, 'frames') / total(runs, 'inferred');
          print(`    ${name.padEnd(24)} ${share(sum(runs.map(({ kept }) => kept)))}, saved ${saved.toFixed(2)} x`);
        }
      }
      const empty = await play(recordings.quiet, fps, all, false);
      const { frames, inferred, events } = await play(recordings.quiet, fps, all, {});
      const kept = share(agreement(empty.events, events));
      print(`quiet scene, ${fps}/s, all rules: ${empty.events.length} events`);
      print(`    ${'default'.padEnd(24)} ${kept}, saved ${(frames / inferred).toFixed(1)} x`);
    }
  },
};

function play(recording: Recording, fps: number, rules: readonly Rule[], gated: object | false): Promise<Run> {
  const source = { url: 'replay', pace: 'fast' };
  const stream = { source, model: 'model', fps, rules: [...rules], gate: gated, summaryS: 3600 };
  return replay(recording, pictureStream.parse(stream));
}

function total(runs: readonly { readonly run: Run }[], key: 'frames' | 'inferred'): number {
  return runs.reduce((all, { run }) => all + run[key], 0);
}

function share({ expected, got, paired }: Agreement): string {
  const part = (of: number) => (of === 0 ? '    –' : `${((100 * paired) / of).toFixed(1).padStart(5)} %`);
  return `kept ${part(expected)}, of its own ${String(got).padStart(3)} right ${part(got)}`;
}

function eventsOf({ events }: Run, rules: readonly Rule[]): EventBody[] {
  const names = new Set(rules.map(({ name }) => name));
  return events.filter(({ rule }) => names.has(rule));
}

/** Everything farther from the rules than an object is large; nothing where a rule looks everywhere. */
function aroundOf(rules: readonly Rule[]): Mask {
  const points = rules.flatMap((rule) => ('points' in rule ? rule.points : []));
  if (points.length === 0) return [];
  const at = (axis: 0 | 1, pick: (...values: number[]) => number, by: number) =>
    Math.min(1, Math.max(0, pick(...points.map((point) => point[axis])) + by));
  const [left, right] = [at(0, Math.min, -REACH), at(0, Math.max, REACH)];
  const [top, bottom] = [at(1, Math.min, -REACH), at(1, Math.max, REACH)];
  const whole = [
    [0, 0, left, 1],
    [right, 0, 1, 1],
    [left, 0, right, top],
    [left, bottom, right, 1],
  ] as const;
  return whole
    .filter(([x, y, toX, toY]) => toX > x && toY > y)
    .map(([x, y, toX, toY]) => [
      [x, y],
      [toX, y],
      [toX, toY],
      [x, toY],
    ]);
}
