import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Part, Subject } from '../../../cloud-hub/contract/rollout.ts';
import { partOf, streamsRevision, subjectOf, withPart } from '../../../cloud-hub/rollout/document.ts';
import { type Desired, type DesiredModel, desired } from '../../../shared/contract/messages/desired.ts';

const hex = (digit: string) => `sha256:${digit.repeat(64)}`;
const model = (version: string): DesiredModel => ({
  name: 'm',
  version,
  digest: hex('a'),
  bytes: 1,
  target: `m/${version}.tar.gz`,
  rollout: 'r1',
  proof: { shadowFrames: 0, shadowTimeoutS: 1, minAgreement: 0, maxLatencyRatio: 1, maxErrorRate: 1 },
});
const streams = { revision: hex('b'), rollout: 'r2', streams: { door: {} } };

test('a rollout of a model changes that model, one of streams the streams', () => {
  expect(subjectOf({ kind: 'model', model: 'detector' })).toBe('model:detector');
  expect(subjectOf({ kind: 'streams' })).toBe('streams');
});

test('a part is put in, replaced, taken out and read back, and everything else stays', () => {
  const first = withPart(undefined, 'model:a', model('1.0.0'));
  expect(desired.parse(first)).toEqual({ models: { a: model('1.0.0') }, revision: first.revision });
  const both = withPart(first, 'streams', streams);
  expect(both).toMatchObject({ models: { a: model('1.0.0') }, streams });
  const three = withPart(both, 'model:b', model('2.0.0'));
  expect(three.models).toEqual({ a: model('1.0.0'), b: model('2.0.0') });
  expect(three.streams).toEqual(streams);
  expect(withPart(three, 'model:a', model('3.0.0')).models).toEqual({ a: model('3.0.0'), b: model('2.0.0') });
  const without = withPart(three, 'model:a', undefined);
  expect(without.models).toEqual({ b: model('2.0.0') });
  expect(without.streams).toEqual(streams);
  const last = withPart(without, 'streams', undefined);
  expect(last).not.toHaveProperty('streams');
  expect(partOf(three, 'model:b')).toEqual(model('2.0.0'));
  expect(partOf(three, 'streams')).toEqual(streams);
  expect([
    partOf(three, 'model:c'),
    partOf(three, 'model:constructor'),
    partOf(undefined, 'streams'),
    partOf(undefined, 'model:a'),
  ]).toEqual([undefined, undefined, undefined, undefined]);
});

test('what a newer hub has put into a document stays in it', () => {
  const newer = { ...withPart(undefined, 'model:a', model('1.0.0')), alerts: { on: true } } as Desired;
  expect(withPart(newer, 'streams', streams)).toMatchObject({ alerts: { on: true } });
});

test('the revision is of the content alone: the way there does not matter, each other content has another', () => {
  const step = fc.oneof(
    fc.record({
      subject: fc.constantFrom<Subject>('model:a', 'model:b', 'model:c'),
      part: fc.option(fc.constantFrom<Part>(model('1.0.0'), model('2.0.0')), { nil: undefined }),
    }),
    fc.record({
      subject: fc.constant<Subject>('streams'),
      part: fc.option(fc.constant<Part>(streams), { nil: undefined }),
    }),
  );
  const apply = (steps: readonly { subject: Subject; part: Part | undefined }[]) =>
    steps.reduce<Desired>(
      (document, { subject, part }) => withPart(document, subject, part),
      withPart(undefined, 'streams', undefined),
    );
  const contentOf = ({ revision: _revision, ...content }: Desired) => content;
  fc.assert(
    fc.property(fc.array(step, { maxLength: 8 }), fc.array(step, { maxLength: 8 }), (one, other) => {
      const [a, b] = [apply(one), apply(other)];
      let same = true;
      try {
        expect(contentOf(a)).toEqual(contentOf(b));
      } catch {
        same = false;
      }
      expect(a.revision === b.revision).toBe(same);
    }),
  );
  expect(streamsRevision({ a: 1, b: 2 })).toBe(streamsRevision({ b: 2, a: 1 }));
  expect(streamsRevision({ a: 1 })).not.toBe(streamsRevision({ a: 2 }));
});
