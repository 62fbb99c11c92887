/** An event says of its object what the model knows beside the box. */
import { expect, test } from 'vitest';
import type { Tracked } from '../../../../agent/pipeline/stage.ts';
import { eventRecord } from '../../../../shared/contract/messages/record.ts';
import { frame, person, playFrames } from './play.ts';

const details = {
  keypoints: [{ name: 'nose', x: 0.5, y: 0.3, score: 0.9 }],
  mask: [
    [
      [0.45, 0.2],
      [0.55, 0.2],
      [0.5, 0.4],
    ],
  ] as [number, number][][],
};
const detailed = (y: number): Tracked => ({ ...person(0.5, y), ...details });

const boxed = ({ label, score, track, box }: Tracked): Tracked => ({ label, score, track, box });

const half = [
  [0, 0.5],
  [1, 0.5],
];
const lower = [...half, [1, 1], [0, 1]];
const walking = [0.3, 0.4, 0.6, 0.7, 0.8].map((y) => frame(detailed(y)));
const stories = {
  line: { config: { kind: 'line', points: half }, frames: walking },
  zone: { config: { kind: 'zone', points: lower }, frames: walking },
  threshold: { config: { kind: 'threshold', frames: 2 }, frames: walking },
  absence: {
    config: { kind: 'absence', afterS: 1 },
    frames: [frame(), { ...frame(), stepMs: 1000 }, { ...frame(), stepMs: 1000 }, ...walking],
  },
};

test.each(Object.entries(stories))(
  '%s: keypoints and mask are in the event, as the contract has them',
  (_kind, story) => {
    const config = { name: 'r', ...story.config };
    const event = playFrames(config, story.frames).findLast(({ box }) => box !== undefined);
    expect(event).toMatchObject(details);
    const envelope = { kind: 'event', stream: 's', config: 'c', boot: 'b', mono: 0, wall: 0, clock: 'synced' };
    const { path: _, snapshot: __, ...fields } = event ?? {};
    expect(eventRecord.safeParse({ ...envelope, ...fields }).error).toBeUndefined();
    const bare = story.frames.map(({ objects = [], ...one }) => ({ ...one, objects: objects.map(boxed) }));
    const plain = playFrames(config, bare).findLast(({ box }) => box !== undefined) ?? {};
    expect(Object.keys(plain)).not.toContain('keypoints');
    expect(Object.keys(plain)).not.toContain('mask');
  },
);
