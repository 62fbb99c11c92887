import { describe, expect, test } from 'vitest';
import { trackColour } from '../../../../cloud-hub/dashboard/live/colour.ts';
import { drawDetections, drawRules } from '../../../../cloud-hub/dashboard/live/overlay.ts';
import type { Detection } from '../../../../shared/contract/messages/preview.ts';
import { recordingCanvas } from '../canvas.ts';

const within = { x: 10, y: 20, width: 600, height: 400 };
const person: Detection = { label: 'person', score: 0.876, box: [0.5, 0.5, 0.1, 0.2], track: 7 };
const car: Detection = { label: 'car', score: 0.5, box: [0, 0.5, 0.1, 0.1] };

describe('detections', () => {
  test('a box each, cased and in its colour; tags over them, the surest on top', () => {
    const { context, calls, texts } = recordingCanvas();
    drawDetections(context, within, [person, car], { boxes: true, labels: true });
    const boxes = calls('strokeRect');
    expect(boxes.map(({ args }) => args.map((pixels) => Math.round(Number(pixels))))).toEqual([
      [310, 220, 60, 80],
      [310, 220, 60, 80],
      [10, 220, 60, 40],
      [10, 220, 60, 40],
    ]);
    expect(boxes[1]?.stroke).toBe(trackColour(7));
    expect(boxes[0]?.stroke).not.toBe(boxes[1]?.stroke);
    expect(boxes[3]?.stroke).not.toBe(boxes[1]?.stroke);
    expect(texts()).toEqual(['car 50%', 'person 88% #7']);
    // A tag is as wide as its text, stands on its box, and has its colour.
    const tags = calls('roundRect').map(({ args }) => args.slice(0, 4));
    expect(tags).toEqual([
      [10, 202, 'car 50%'.length * 6 + 8, 18],
      [310, 202, 'person 88% #7'.length * 6 + 8, 18],
    ]);
    expect(calls('fill').at(-1)?.fill).toBe(trackColour(7));
    expect(calls('fillText').at(-1)?.args).toEqual(['person 88% #7', 314, 211.5]);
  });

  test('boxes without tags, tags without boxes, neither', () => {
    const of = (boxes: boolean, labels: boolean) => {
      const { context, calls } = recordingCanvas();
      drawDetections(context, within, [person], { boxes, labels });
      return [calls('strokeRect').length, calls('fillText').length, calls('save').length, calls('restore').length];
    };
    expect([of(true, false), of(false, true), of(false, false)]).toEqual([
      [2, 0, 1, 1],
      [0, 1, 1, 1],
      [0, 0, 1, 1],
    ]);
  });

  test('a narrow picture has no room for track numbers', () => {
    const textAt = (width: number) => {
      const { context, texts } = recordingCanvas();
      drawDetections(context, { ...within, width }, [person], { boxes: false, labels: true });
      return texts();
    };
    expect([textAt(519), textAt(520)]).toEqual([['person 88%'], ['person 88% #7']]);
  });
});

describe('rules', () => {
  const line = { name: 'door', kind: 'line', points: [[0, 0.5] as const, [1, 0.5] as const] };
  const zone = { name: 'yard', kind: 'zone', points: [[0, 0] as const, [1, 0] as const, [0.5, 1] as const] };
  const rule = (of: { name: string; kind: string; points?: readonly (readonly [number, number])[] }) => ({
    name: of.name,
    kind: of.kind,
    ...(of.points ? { points: of.points.map(([x, y]): [number, number] => [x, y]) } : {}),
  });

  test('a line has an arrow to its right and its name', () => {
    const { context, calls, texts } = recordingCanvas();
    drawRules(context, within, [rule(line)]);
    // Twice, the casing first: the line, then the arrow from its middle, downwards.
    expect(calls('stroke')).toHaveLength(2);
    expect(calls('moveTo').map(({ args }) => args)[0]).toEqual([10, 220]);
    expect(calls('lineTo').map(({ args }) => args)[0]).toEqual([610, 220]);
    expect(calls('moveTo').map(({ args }) => args)[1]).toEqual([310, 220]);
    expect(calls('lineTo').map(({ args }) => args)[1]).toEqual([310, 238]);
    expect(texts()).toEqual(['door']);
  });

  test('a line without length has no arrow', () => {
    const { context, calls } = recordingCanvas();
    drawRules(context, within, [
      rule({
        ...line,
        points: [
          [0.5, 0.5],
          [0.5, 0.5],
        ],
      }),
    ]);
    expect(calls('moveTo')).toHaveLength(2);
  });

  test('a zone is filled, outlined and named in its middle, within the picture', () => {
    const { context, calls } = recordingCanvas();
    drawRules(context, within, [rule(zone)]);
    expect(calls('lineTo').map(({ args }) => args)).toEqual([
      [10, 20],
      [610, 20],
      [310, 420],
    ]);
    expect(calls('closePath')).toHaveLength(1);
    expect(calls('stroke')).toHaveLength(2);
    const width = 'yard'.length * 6 + 12;
    expect(calls('roundRect')[0]?.args.slice(0, 3)).toEqual([310 - width / 2, 20 + 400 / 3 - 10, width]);
  });

  test('a name keeps inside the picture', () => {
    const placeOf = (points: [number, number][]) => {
      const { context, calls } = recordingCanvas();
      drawRules(context, within, [{ name: 'corner', kind: 'zone', points }]);
      return calls('roundRect')[0]?.args.slice(0, 2);
    };
    const width = 'corner'.length * 6 + 12;
    expect(
      placeOf([
        [0, 0],
        [0, 0],
        [0, 0],
      ]),
    ).toEqual([12, 22]);
    expect(
      placeOf([
        [1, 1],
        [1, 1],
        [1, 1],
      ]),
    ).toEqual([610 - width - 2, 398]);
  });

  test('what has no shape, or not enough of one, is not drawn', () => {
    const { context, drawn } = recordingCanvas();
    drawRules(context, within, [
      { name: 'crowd', kind: 'threshold' },
      rule({ name: 'half', kind: 'line', points: [[0, 0]] }),
      rule({
        name: 'two',
        kind: 'zone',
        points: [
          [0, 0],
          [1, 1],
        ],
      }),
    ]);
    expect(drawn.map(({ name }) => name)).toEqual(['save', 'restore']);
  });
});

test('a mask is filled with its holes, keypoints are dots with bones, both only with the boxes', () => {
  const detailed: Detection = {
    ...person,
    keypoints: [
      { name: 'left_knee', x: 0.5, y: 0.5, score: 0.9 },
      { name: 'left_hip', x: 0.6, y: 0.5 },
      { name: 'nose', x: 0.9, y: 0.9, score: 0.1 },
    ],
    mask: [
      [
        [0, 0],
        [1, 0],
        [0.5, 1],
      ],
    ],
  };
  const { context, calls } = recordingCanvas();
  drawDetections(context, within, [detailed, car], { boxes: true, labels: false });
  expect(calls('fill')[0]).toMatchObject({ args: ['evenodd'], fill: trackColour(7) });
  expect(calls('arc').map(({ args }) => args.slice(0, 2))).toEqual([
    [310, 220],
    [370, 220],
  ]);
  expect(calls('lineTo').at(-1)?.args).toEqual([370, 220]);
  expect(calls('strokeRect')).toHaveLength(4);
  const without = recordingCanvas();
  drawDetections(without.context, within, [detailed], { boxes: false, labels: true });
  expect(without.calls('arc')).toEqual([]);
});
