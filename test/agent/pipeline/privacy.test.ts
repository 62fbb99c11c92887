import { describe, expect, test } from 'vitest';
import { createHiding, objectsOutside } from '../../../agent/pipeline/privacy.ts';
import type { Detection } from '../../../shared/contract/messages/preview.ts';
import type { Box } from '../../../shared/contract/names.ts';

const object = (label: string, box: Box, score = 0.9): Detection => ({ label, score, box });
const here: Box = [0.1, 0.1, 0.2, 0.2];
const there: Box = [0.5, 0.5, 0.2, 0.2];

describe('what pictures must not show', () => {
  test('objects of the labels, weak ones too, and where tracks are expected that the model may have missed', () => {
    const hiding = createHiding(['person']);
    const seen = [object('person', here, 0.11), object('dog', [0, 0, 1, 1])];
    expect(hiding.seen(seen, [object('person', there), object('dog', there)])).toEqual([here, there]);
    expect(hiding.last()).toEqual([here, there]);
  });

  test('of a frame in which things have moved: where they were and where they are by now', () => {
    const hiding = createHiding(['person']);
    hiding.seen([object('person', here)], []);
    expect(hiding.moved([object('person', there), object('dog', [0, 0, 1, 1])])).toEqual([here, there]);
  });

  test('before the first frame, and after one that failed, nothing is known and no picture may be made', () => {
    const hiding = createHiding(['person']);
    expect(hiding.last()).toBeUndefined();
    hiding.seen([], []);
    expect(hiding.last()).toEqual([]);
    hiding.forget();
    expect(hiding.last()).toBeUndefined();
    expect(hiding.moved([object('person', there)])).toBeUndefined();
  });

  test('without labels nothing is hidden, whatever happens', () => {
    const hiding = createHiding([]);
    expect(hiding.last()).toEqual([]);
    expect(hiding.seen([object('person', here)], [])).toEqual([]);
    hiding.forget();
    expect(hiding.last()).toEqual([]);
  });
});

describe('objects that do not count', () => {
  // The lower half.
  const outside = objectsOutside([
    [
      [0, 0.5],
      [1, 0.5],
      [1, 1],
      [0, 1],
    ],
  ]);

  test('those whose foot is in a polygon, also when the picture cuts it off', () => {
    const above = object('person', [0.1, 0, 0.1, 0.4]);
    const reaching = object('person', [0.1, 0.1, 0.1, 0.5]);
    const cutOff = object('person', [0.1, 0.1, 0.1, 1.2]);
    expect(outside({ task: 'detect', detections: [above, reaching, cutOff] })).toEqual({
      task: 'detect',
      detections: [above],
    });
  });

  test('answers without objects, and streams without polygons, stay as they are', () => {
    const classes = { task: 'classify' as const, classes: [{ label: 'cat', score: 1 }] };
    expect(outside(classes)).toBe(classes);
    const objects = { task: 'detect' as const, detections: [object('person', [0, 0, 1, 1])] };
    expect(objectsOutside([])(objects)).toBe(objects);
  });
});
