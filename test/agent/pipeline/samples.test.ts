/** Which pictures a stream asks for, and when; choose/ decides by what a frame shows. */
import { expect, test } from 'vitest';
import type { Found } from '../../../agent/pipeline/judge.ts';
import type { Look } from '../../../agent/pipeline/look.ts';
import type { SampleBody } from '../../../agent/pipeline/outputs.ts';
import { createSamples } from '../../../agent/pipeline/samples.ts';
import type { Source, SourceFrame } from '../../../agent/pipeline/source/picture/source.ts';
import { streamEscalation } from '../../../shared/contract/config/escalate.ts';
import type { Detection } from '../../../shared/contract/messages/preview.ts';
import type { Outcome } from '../../../shared/engine/outcome.ts';

const unsure = (track: number): Detection => ({ label: 'person', score: 0.5, track, box: [0.1, 0.1, 0.2, 0.2] });
const event = {
  rule: 'door',
  ruleKind: 'line',
  action: 'forward',
  label: 'person',
  score: 0.9,
  snapshot: true,
} as const;
const found: Found = { event: { ...event, box: [0, 0, 0.1, 0.1] }, at: { frame: 0, ptsMs: 0 } };

/** A stream whose frames have an object of a new track each, close to the threshold. */
function stream(choose: object[], hide: Look['hide'] = []) {
  const sent: SampleBody[] = [];
  const samples = createSamples(
    'street',
    streamEscalation.parse({ choose }),
    { inForce: () => ({ threshold: 0.5 }), labels: ['person'] },
    { onSample: (body) => sent.push(body) },
    () => 0,
  );
  const source = {
    picture: () => Promise.resolve({ jpeg: new Uint8Array(1), width: 1, height: 1 }),
  } as unknown as Source;
  let frames = 0;
  return {
    sent,
    ask(ptsMs: number, events: readonly Found[] = []) {
      const frame = frames++;
      const objects = [unsure(frame)];
      const outcome = { task: 'detect', detections: objects } as const;
      const chance = { frame, ptsMs, outcome, seen: objects, threshold: 0.5 };
      return samples.ask(source, { frame, ptsMs } as SourceFrame, { found: events, objects, hide, chance, quietMs: 0 });
    },
    made: () => samples.made(),
  };
}
const margin = { kind: 'margin', within: 0.1, againS: 0 };

test('frames without an event are at least a second apart, by the time of the stream', async () => {
  const t = stream([margin]);
  for (const ptsMs of [0, 999, 1000, 1500, 2000, 2999]) t.ask(ptsMs);
  await t.made();
  expect(t.sent.map(({ ptsMs }) => ptsMs)).toEqual([0, 1000, 2000]);
});

test('an event does not wait for a frame, and no frame for an event', async () => {
  const t = stream([margin, { kind: 'event' }]);
  t.ask(0);
  const ids = [t.ask(900, [found]), t.ask(950, [found, found])];
  // A second after the frame, not after the events.
  t.ask(1000);
  await t.made();
  expect(t.sent.map(({ ptsMs, event }) => [ptsMs, event?.rule])).toEqual([
    [0, undefined],
    [900, 'door'],
    [950, 'door'],
    [950, 'door'],
    [1000, undefined],
  ]);
  expect(ids.flat()).toEqual(t.sent.slice(1, 4).map(({ id }) => id));
});

test('chance names weak objects too, down to the floor; where they are too many it names those that count, and no floor', async () => {
  const box = [0, 0, 0.1, 0.1] as const;
  const weak = (count: number): Detection[] =>
    Array.from({ length: count }, () => ({ label: 'person', score: 0.2, box: [...box] }));
  const strong: Detection = { label: 'person', score: 0.9, box: [...box] };
  for (const [count, named, floor] of [
    [99, 100, 0.1],
    [100, 1, undefined],
  ] as const) {
    const sent: SampleBody[] = [];
    const samples = createSamples(
      'street',
      streamEscalation.parse({ choose: [{ kind: 'random', share: 1 }] }),
      { inForce: () => ({ threshold: 0.5 }), labels: [] },
      { onSample: (body) => sent.push(body) },
    );
    const source = {
      picture: () => Promise.resolve({ jpeg: new Uint8Array(1), width: 1, height: 1 }),
    } as unknown as Source;
    const seen = [strong, ...weak(count)];
    const chance = {
      frame: 0,
      ptsMs: 0,
      outcome: { task: 'detect', detections: seen },
      seen,
      threshold: 0.5,
      floor: 0.1,
    } as const;
    const looked = { found: [], objects: [strong], hide: [], chance, quietMs: 0 };
    samples.ask(source, { frame: 0, ptsMs: 0 } as SourceFrame, looked);
    await samples.made();
    expect([sent[0]?.objects.length, sent[0]?.floor]).toEqual([named, floor]);
  }
});

test('what chance chose never waits: its share must not depend on what was chosen before', async () => {
  const t = stream([{ kind: 'random', share: 1 }, margin]);
  for (const ptsMs of [0, 1, 2]) t.ask(ptsMs);
  await t.made();
  expect(t.sent.map(({ ptsMs, chosenBy }) => [ptsMs, chosenBy])).toEqual(
    [0, 1, 2].map((ptsMs) => [ptsMs, ['random', 'margin']]),
  );
});

test('where it is not known what to hide there is no picture, and no event names one', async () => {
  const t = stream([margin, { kind: 'event' }], undefined);
  const samples = createSamples(
    'street',
    streamEscalation.parse({ choose: [{ kind: 'event' }] }),
    { inForce: () => ({ threshold: 0.5 }), labels: [] },
    {},
  );
  const look: Look = { found: [found, found], objects: [], hide: undefined, chance: undefined, quietMs: 0 };
  const source = { picture: () => expect.fail('no picture') } as unknown as Source;
  expect(samples.ask(source, { frame: 0, ptsMs: 0 } as SourceFrame, look)).toEqual([undefined, undefined]);
  await samples.made();
  expect(t.sent).toEqual([]);
});

test('what follows of an event shares its sample: the stay of one visitor is asked about once', async () => {
  const t = stream([{ kind: 'event' }]);
  const zone = (action: string, track: number, rule = 'yard'): Found => ({
    event: { ...event, rule, ruleKind: 'zone', action, track, box: [0, 0, 0.1, 0.1] },
    at: { frame: 0, ptsMs: 0 },
  });
  const [first, second, other] = t.ask(0, [zone('enter', 1), zone('enter', 2), zone('enter', 1, 'gate')]);
  expect(new Set([first, second, other]).size).toBe(3);
  expect(t.ask(1, [zone('dwell', 1), zone('dwell', 2)])).toEqual([first, second]);
  expect(t.ask(2, [zone('leave', 1), zone('leave', 2), zone('leave', 3)])).toEqual([first, second, undefined]);
  // The next stay is another.
  const [again] = t.ask(3, [zone('enter', 1)]);
  expect(t.ask(4, [zone('leave', 1), zone('leave', 1, 'gate')])).toEqual([again, other]);
  expect(t.ask(5, [zone('leave', 1)])).toEqual([undefined]);
  await t.made();
  expect(t.sent.map(({ id }) => id)).toEqual([first, second, other, again]);
});

test('an absence that ends is asked about by itself: a picture shows who is there', async () => {
  const t = stream([{ kind: 'event' }]);
  const absence = (action: string): Found => ({
    event: { ...event, ruleKind: 'absence', action, count: 0, ...(action === 'end' ? { box: [0, 0, 0.1, 0.1] } : {}) },
    at: { frame: 0, ptsMs: 0 },
  });
  const [[start], [end]] = [t.ask(0, [absence('start')]), t.ask(1, [absence('end')])];
  await t.made();
  expect(t.sent.map(({ id }) => id)).toEqual([start, end]);
});

test('a picture of an event shows what is configured; one that chance wants too shows the frame', async () => {
  const asked: unknown[][] = [];
  const source = {
    picture(_frame: unknown, box: unknown, side: unknown, _hide: unknown, quality: unknown) {
      asked.push([box, side, quality]);
      return Promise.resolve({ jpeg: new Uint8Array(1), width: 1, height: 1 });
    },
  } as unknown as Source;
  for (const share of [0, 1]) {
    const sent: SampleBody[] = [];
    const choose = [{ kind: 'event' }, { kind: 'random', share }];
    const samples = createSamples(
      'street',
      streamEscalation.parse({ choose, show: 'region', side: 320 }),
      { inForce: () => ({ threshold: 0.5 }), labels: [] },
      { onSample: (body) => sent.push(body) },
    );
    const outcome: Outcome = { task: 'detect', detections: [] };
    const chance = { frame: 0, ptsMs: 0, outcome, seen: [], threshold: 0.5 };
    const object: Found = { ...found, event: { ...event, box: [0.4, 0.4, 0.1, 0.2] } };
    samples.ask(source, { frame: 0, ptsMs: 0 } as SourceFrame, {
      found: [object],
      objects: [],
      hide: [],
      chance,
      quietMs: 0,
    });
    await samples.made();
    expect(sent[0]?.region).toEqual(asked.at(-1)?.[0]);
  }
  const [region, whole] = asked;
  const [x, y, w, h] = (region?.[0] ?? []) as number[];
  expect([x, y, w, h].map((value) => Math.round((value ?? 0) * 1000) / 1000)).toEqual([0.3, 0.2, 0.3, 0.6]);
  // A part of the frame needs the better quality.
  expect(region?.slice(1)).toEqual([320, 80]);
  expect(whole).toEqual([[0, 0, 1, 1], 320, 40]);
});
