import { describe, expect, test } from 'vitest';
import { createChooser } from '../../../../agent/pipeline/choose/choose.ts';
import type { Chance, RuleEvent } from '../../../../agent/pipeline/stage.ts';
import { streamEscalation } from '../../../../shared/contract/config/escalate.ts';
import type { Detection } from '../../../../shared/contract/messages/preview.ts';

const chooser = (choose: object[], random = () => 0.5) => createChooser(streamEscalation.parse({ choose }), random);
const chance = (seen: Partial<Detection>[], ptsMs = 0): Chance => {
  const detections = seen.map((one): Detection => ({ label: 'person', score: 0.9, box: [0, 0, 0.1, 0.1], ...one }));
  return { frame: 0, ptsMs, outcome: { task: 'detect', detections }, seen: detections, threshold: 0.5 };
};
const event = (more: Partial<RuleEvent> = {}): RuleEvent => ({
  ...{ rule: 'door', ruleKind: 'line', action: 'forward', label: 'person', score: 0.9, snapshot: true },
  ...{ box: [0, 0, 0.1, 0.1] },
  ...more,
});

describe('events', () => {
  test('each that has an object or a count, of the rules that are named', () => {
    const { box: _, ...bare } = event();
    const events = [event(), bare, event({ rule: 'yard' }), { ...bare, count: 3 }];
    expect(
      chooser([{ kind: 'event' }])
        .choose(undefined, events)
        .map((one) => one.event),
    ).toEqual([0, 2, 3]);
    expect(chooser([{ kind: 'event', rules: ['yard'] }]).choose(undefined, events)).toEqual([
      { event: 2, by: ['event'], worth: 1 },
    ]);
  });

  test('not those that say that objects have gone: a picture without them is no reason to withdraw', () => {
    const gone = ['leave', 'vacant', 'end'].map((action) => event({ ruleKind: 'zone', action }));
    const back = event({ ruleKind: 'absence', action: 'end' });
    const chosen = chooser([{ kind: 'event' }]).choose(undefined, [
      ...gone,
      back,
      event({ ruleKind: 'zone', action: 'enter' }),
    ]);
    expect(chosen.map((one) => one.event)).toEqual([3, 4]);
  });

  test('one picture of a frame serves the event and the frame, and says by whom it was wanted', () => {
    const both = chooser([{ kind: 'random', share: 1 }, { kind: 'event' }]);
    expect(both.choose(chance([]), [event(), event()])).toEqual([
      { event: 0, by: ['event', 'random'], worth: 1 },
      { event: 1, by: ['event'], worth: 0.8 },
    ]);
    expect(both.choose(chance([]), [])).toEqual([{ by: ['random'], worth: 1 }]);
  });
});

test('an event is worth the more the closer its score lies to the threshold; one without an object as much as can be', () => {
  const { box: _, ...bare } = event({ count: 3 });
  const events = [event({ score: 0.5 }), event({ score: 0.7 }), event({ score: 0.3 }), bare];
  const worths = chooser([{ kind: 'event' }]).choose(chance([]), events);
  expect(worths.map(({ worth }) => worth)).toEqual([1, 0.9, 0.9, 1]);
});

describe('frames', () => {
  test('by a band of scores, the middle worth most, a track once in a while', () => {
    const band = chooser([{ kind: 'score', from: 0.4, to: 0.6, againS: 10 }]);
    expect(
      band.choose(
        chance([
          { score: 0.5, track: 1 },
          { score: 0.9, track: 2 },
        ]),
        [],
      ),
    ).toEqual([{ by: ['score'], worth: 1 }]);
    expect(band.choose(chance([{ score: 0.5, track: 1 }], 9000), [])).toEqual([]);
    const [again] = band.choose(
      chance(
        [
          { score: 0.5, track: 1 },
          { score: 0.55, track: 3 },
        ],
        9500,
      ),
      [],
    );
    expect(again?.worth).toBeCloseTo(0.5);
    expect(band.choose(chance([{ score: 0.45, track: 1 }], 10_000), []).length).toBe(1);
    expect(band.choose(chance([{ score: 0.39 }, { score: 0.61 }], 90_000), [])).toEqual([]);
  });

  test('by the margin to the threshold, and between two classes', () => {
    const margin = chooser([{ kind: 'margin', within: 0.1 }]);
    const [close] = margin.choose(chance([{ score: 0.45 }]), []);
    expect(close?.worth).toBeCloseTo(0.5);
    expect(margin.choose(chance([{ score: 0.7 }, { score: 0.3 }], 90_000), [])).toEqual([]);
    const classes = (a: number, b: number): Chance => ({
      ...chance([]),
      outcome: {
        task: 'classify',
        classes: [
          { label: 'cat', score: a },
          { label: 'dog', score: b },
        ],
      },
    });
    expect(margin.choose(classes(0.5, 0.45), []).length).toBe(1);
    expect(margin.choose(classes(0.8, 0.1), [])).toEqual([]);
  });

  test('by chance, its share and no more; never a frame that no model saw', () => {
    let at = 0;
    const random = chooser([{ kind: 'random', share: 0.25 }], () => (at++ % 4) / 4);
    const chosen = Array.from({ length: 400 }, () => random.choose(chance([]), []).length);
    expect(chosen.reduce((a, b) => a + b, 0)).toBe(100);
    expect(random.choose(undefined, [])).toEqual([]);
  });
});
