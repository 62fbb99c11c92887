import { expect, test } from 'vitest';
import { checkOpinions, type OpinionHistory, type StoredOpinion } from './opinions.ts';

const opinion = (n: number, more: Partial<StoredOpinion> = {}): StoredOpinion => ({
  ...{ sample: `s${n}`, stream: 'street', outcome: 'confirmed', bytes: 100, isOfEvent: true, ...more },
});
const total = { stream: 'street', samples: 2, bytes: 200, confirmed: 2, changed: 0, withdrawn: 0 };
const good: OpinionHistory = {
  asked: [
    { id: 1, opinions: 1 },
    { id: 2, opinions: 1 },
    { id: 3, opinions: 0 },
  ],
  opinions: [opinion(1), opinion(2)],
  totals: [total],
  heard: { confirmed: 2, changed: 0, withdrawn: 0 },
  waiting: 0,
};

test('events that are amended once or not at all are right, also when a crash lost what the agent had counted', () => {
  expect(checkOpinions(good)).toEqual({ asked: 3, amended: 2, opinions: 2, wrong: [] });
  expect(checkOpinions({ ...good, heard: { confirmed: 0, changed: 0, withdrawn: 0 } }).wrong).toEqual([]);
});

test.each<[string, Partial<OpinionHistory>, string]>([
  ['an event with two opinions', { asked: [{ id: 7, opinions: 2 }] }, 'event 7 is amended twice'],
  ['a sample with two', { opinions: [opinion(1), opinion(1)] }, 'sample s1 has two opinions'],
  ['an opinion counted twice', { totals: [{ ...total, samples: 3 }] }, 'totals of street are'],
  ['bytes counted twice', { totals: [{ ...total, bytes: 300 }] }, 'totals of street are'],
  ['an outcome counted twice', { totals: [{ ...total, confirmed: 3 }] }, 'totals of street are'],
  ['an opinion that no total has', { totals: [] }, 'totals of street are'],
  ['a verdict taken twice', { heard: { ...good.heard, confirmed: 3 } }, 'the agent heard 3 times "confirmed" of 2'],
  ['a sample that still waits', { waiting: 1 }, '1 samples still wait'],
])('%s is found', (_, more, wrong) => {
  expect(checkOpinions({ ...good, ...more }).wrong).toEqual([expect.stringContaining(wrong)]);
});
