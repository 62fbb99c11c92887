import { expect, test } from 'vitest';
import { frame, person, playFrames, reported, times } from './play.ts';

const here = frame(person(0.5, 0.5));
const absence = { kind: 'absence', name: 'post', labels: ['person'], afterS: 2, frames: 2 };

test('after so many seconds without, and the end when one is back', () => {
  const events = playFrames(absence, [...times(5, here), ...times(40, {}), ...times(5, here)]);
  expect(events).toEqual([
    {
      ...{ frame: 25, ptsMs: 2600, rule: 'post', ruleKind: 'absence', action: 'start', count: 0 },
      ...{ label: 'person', score: 0, snapshot: true },
    },
    {
      ...{ frame: 46, ptsMs: 4700, rule: 'post', ruleKind: 'absence', action: 'end', count: 1 },
      ...{ label: 'person', score: 0.9, box: person(0.5, 0.5).box, snapshot: true },
    },
  ]);
  const bare = playFrames({ ...absence, snapshot: false }, [...times(40, {}), ...times(5, here)]);
  expect(bare.map((event) => event.snapshot)).toEqual([false, false]);
});

test('each absence is told, and counts from when the last of them was seen', () => {
  const [gone, back] = [times(30, {}), times(10, here)];
  const events = playFrames(absence, [...back, ...gone, ...back, ...gone, ...back]);
  expect(reported(events)).toEqual(['30:start:0', '41:end:1', '70:start:0', '81:end:1']);
});

test('from the very beginning, and told once', () => {
  const events = playFrames({ ...absence, labels: ['person', 'car'] }, times(100, {}));
  expect(reported(events)).toEqual(['20:start:0']);
  expect(events[0]?.label).toBe('person|car');
});

test('the label is that of the best one seen last; else of those that are missed, as far as a label may be long', () => {
  const both = frame(person(0.2, 0.5, 1, 'car', 0.8), person(0.5, 0.5, 2, 'person', 0.7));
  const one = { ...absence, labels: ['person', 'car'], frames: 1 };
  expect(playFrames(one, [both, ...times(21, {})]).map((e) => e.label)).toEqual(['car']);
  const { labels: _, ...any } = absence;
  expect(playFrames(any, times(21, {})).map((e) => e.label)).toEqual(['anything']);
  const many = { ...absence, labels: Array.from({ length: 100 }, (_, i) => `label ${i}`) };
  expect(playFrames(many, times(21, {})).map((e) => e.label)).toEqual([many.labels.join('|').slice(0, 128)]);
});

test('other labels, low scores and one false alarm are nobody', () => {
  const frames = [...times(10, frame(person(0.5, 0.5, 1, 'dog'))), here, ...times(20, {})];
  expect(reported(playFrames(absence, frames))).toEqual(['20:start:0']);
  const weak = times(30, frame(person(0.5, 0.5, 1, 'person', 0.59)));
  expect(reported(playFrames({ ...absence, minScore: 0.6 }, weak))).toEqual(['20:start:0']);
  const good = times(30, frame(person(0.5, 0.5, 1, 'person', 0.6)));
  expect(playFrames({ ...absence, minScore: 0.6 }, good)).toEqual([]);
});

test('somebody who is seen now and then is present', () => {
  const seldom = Array.from({ length: 100 }, (_, i) => (i % 12 < 2 ? here : {}));
  expect(playFrames(absence, seldom)).toEqual([]);
});

test('while nobody looked, nobody was missed: a minute between two frames is a look, more is a pause', () => {
  const after = (stepMs: number) => reported(playFrames(absence, [...times(15, {}), { stepMs }, ...times(30, {})]));
  expect(after(60_000)).toEqual(['15:start:0']);
  expect(after(60_001)).toEqual(['35:start:0']);
  const gone = [...times(5, here), { stepMs: 3_600_000 }, ...times(10, {})];
  expect(playFrames(absence, gone)).toEqual([]);
});

test('an absence that begins in the gap is told after it, while it lasts', () => {
  const frames = [...times(21, {}), ...times(5, here), ...times(60, {}), ...times(5, here)];
  const spaced = { ...absence, minGapS: 5 };
  expect(reported(playFrames(spaced, frames))).toEqual(['20:start:0', '22:end:1', '70:start:0', '87:end:1']);
  const short = [...times(21, {}), ...times(5, here), ...times(30, {}), ...times(5, here)];
  expect(reported(playFrames(spaced, short))).toEqual(['20:start:0', '22:end:1']);
});
