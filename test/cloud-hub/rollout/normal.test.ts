import { expect, test } from 'vitest';
import { withPart } from '../../../cloud-hub/rollout/document.ts';
import { withNormal, withoutNormal } from '../../../cloud-hub/rollout/normal.ts';
import { type Desired, desired, MOST_NORMAL } from '../../../shared/contract/messages/desired.ts';

const said = (n: number) => ({ event: String(n), stream: 'pump', wall: 1000 * n });

test('a device without a document gets one that asks nothing else of it', () => {
  const document = withNormal(undefined, said(1));
  expect(desired.parse(document)).toEqual({ revision: expect.any(String), models: {}, normal: [said(1)] });
});

test('what a rollout asks stays, and a rollout leaves what was said', () => {
  const streams = { revision: `sha256:${'a'.repeat(64)}`, rollout: 'r1', streams: {} };
  const both = withNormal(withPart(undefined, 'streams', streams), said(1));
  expect(both).toMatchObject({ streams, normal: [said(1)] });
  expect(withPart(both, 'streams', undefined)).toMatchObject({ models: {}, normal: [said(1)] });
});

test('said twice is said once; each change is another revision, and taken back the first', () => {
  const empty = withPart(undefined, 'streams', undefined);
  const one = withNormal(empty, said(1));
  expect(withNormal(one, said(1))).toBe(one);
  expect(one.revision).not.toBe(empty.revision);
  expect(withoutNormal(one, '7')).toBe(one);
  expect(withoutNormal(one, '1')).toEqual(empty);
});

test('the oldest are forgotten', () => {
  let document: Desired | undefined;
  for (let n = 1; n <= MOST_NORMAL + 2; n++) document = withNormal(document, said(n));
  expect(desired.parse(document).normal?.map(({ event }) => event)).toEqual(
    Array.from({ length: MOST_NORMAL }, (_, i) => String(i + 3)),
  );
});
