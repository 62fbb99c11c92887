import { expect, test } from 'vitest';
import { countLabels, noteOf, STALE_AFTER_MS } from '../../../../cloud-hub/dashboard/live/picture-note.ts';

const live = { feed: 'open', online: true, stream: 'running' } as const;

test('says nothing over a fresh picture, and how old a stale one is', () => {
  expect(noteOf({ ...live, ageMs: STALE_AFTER_MS - 1 })).toBeUndefined();
  expect(noteOf({ ...live, ageMs: 12_000 })).toMatchObject({ detail: 'Last picture 12 s ago' });
});

test('names what stands between the viewer and the picture, the nearest cause first', () => {
  expect(noteOf({ ...live, feed: 'waiting', online: false })?.text).toBe('Connecting to the hub…');
  expect(noteOf({ ...live, online: false, stream: 'refused' })?.text).toBe('The device is offline');
  expect(noteOf({ ...live, stream: 'refused', error: 'bad rule' })).toMatchObject({
    detail: 'bad rule',
    isBusy: false,
  });
  expect(noteOf({ ...live, stream: 'starting' })?.text).toBe('The stream is starting…');
  expect(noteOf(live)?.text).toBe('Waiting for the first picture…');
});

test('counts labels, most first', () => {
  expect(countLabels(['car', 'person', 'car', 'bus'])).toEqual([
    ['car', 2],
    ['bus', 1],
    ['person', 1],
  ]);
});

test('a picture is stale from three seconds on, and says so even when nothing else is wrong', () => {
  expect(noteOf({ ...live, ageMs: STALE_AFTER_MS })).toEqual({
    text: 'No new picture',
    isBusy: true,
    detail: 'Last picture 3 s ago',
  });
  expect(noteOf({ ...live, feed: 'waiting', ageMs: STALE_AFTER_MS - 1 })).toBeUndefined();
  expect(noteOf({ ...live, online: false, ageMs: 5000 })).toEqual({
    text: 'The device is offline',
    isBusy: false,
    detail: 'Last picture 5 s ago',
  });
  expect(noteOf(live)).toEqual({ text: 'Waiting for the first picture…', isBusy: true });
});
