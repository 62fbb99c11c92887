/**
 * Heads whose models no package ships: a generated graph of the exact published layout, with the example's model.yaml, through
 * the whole engine. A white picture makes the graph give the boxes, a black one nothing.
 */
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { openEngine } from '../../../../shared/engine/engine.ts';
import { objectsOf } from '../../../../shared/engine/outcome.ts';
import { systemClock } from '../../../../shared/kit/clock.ts';
import { analyseLevel, analyseLevels } from '../../../support/analyse.ts';
import type { Thing } from '../../../support/head-layouts.ts';
import { type LayoutOutput, writeLayoutPackage } from '../../../support/layout-model.ts';
import { tempFolder } from '../../../support/temp.ts';
import { example, labels } from './examples.ts';
import { type Published, published } from './published.ts';

/** Two things apart from each other, and one of another label over the first where there are labels. */
const thingsFor = ({ faces, width, height }: Published): Thing[] => {
  const [w, h] = [width / 416, height / 416];
  const things = [
    { label: faces ? 0 : 2, score: 0.9, x1: 30 * w, y1: 40 * h, x2: 130 * w, y2: 120 * h },
    { label: 0, score: 0.8, x1: 220 * w, y1: 250 * h, x2: 330 * w, y2: 400 * h },
  ];
  return faces ? things : [...things, { label: 79, score: 0.75, x1: 36 * w, y1: 50 * h, x2: 150 * w, y2: 140 * h }];
};

function write(what: Published, things: readonly Thing[], spoil?: string): string {
  const outputs = Object.entries(what.outputs).map(([name, { shape, write: values }]): LayoutOutput => {
    const bright = values(things);
    if (spoil === name) bright.fill(Number.NaN);
    return { name, shape, dark: values([]), bright };
  });
  return writeLayoutPackage(path.join(tempFolder(), 'm'), example(what.example), outputs, labels, what.changes);
}

describe.each(Object.entries(published))('%s', (_name, what) => {
  test('the engine finds in a white picture what the graph says, and nothing in a black one', async () => {
    const things = thingsFor(what);
    const dir = write(what, things);
    const [white, black] = await analyseLevels(dir, [255, 0]);
    const found = objectsOf((white ?? expect.fail()).outcome);
    expect(found).toEqual(
      things.map((t) => ({
        label: what.faces ? 'face' : labels[t.label],
        score: expect.closeTo(t.score, 3),
        box: [t.x1 / what.width, t.y1 / what.height, (t.x2 - t.x1) / what.width, (t.y2 - t.y1) / what.height].map((v) =>
          expect.closeTo(v, 3),
        ),
      })),
    );
    expect(black?.outcome).toEqual({ task: 'detect', detections: [] });
  });

  test('a graph that gives NaN fails loudly', async () => {
    const read = Object.keys(what.outputs).filter((name) => !name.startsWith('kps'));
    const dir = write(what, thingsFor(what), read[0]);
    await expect(analyseLevel(dir, 255)).rejects.toMatchObject({ code: 'model-failed' });
  });

  test('a manifest with other labels is refused, naming the package', async () => {
    const dir = write({ ...what, changes: { ...what.changes, labels: ['a', 'b'] } }, []);
    const opened = openEngine({ dir, variant: 'auto', threads: 1 }, systemClock);
    // With suppression in the graph the number of labels shows only in what it finds.
    if (what.outputs.output0?.shape[2] === 6 || what.outputs.num_detections)
      await opened.then((engine) => engine.close());
    else await expect(opened).rejects.toThrow(new RegExp(`${dir}: .*labels`));
  });
});
