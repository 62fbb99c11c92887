/** Heads with outputs per stride, or one grid: read back by the published formulas. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fastestdet } from '../../../../shared/engine/heads/fastestdet.ts';
import { nanodet } from '../../../../shared/engine/heads/nanodet.ts';
import { rtmdet } from '../../../../shared/engine/heads/rtmdet.ts';
import { writeFastestdet, writeNanodetByStride, writeRtmdet } from '../../../support/box-layouts.ts';
import { decode, few, labels, make, one, type Shapes, size } from './by-name.ts';
import { broken, expectThings, thing } from './things.ts';

describe('nanodet with two outputs per stride', () => {
  const shapes: Shapes = {
    d8: [1, 240, 32],
    c8: [1, 240, labels],
    c16: [1, 60, labels],
    d16: [1, 60, 32],
    c32: [1, 15, labels],
    d32: [1, 15, 32],
  };
  const options = { strides: [8, 16, 32], cellOffset: 0.5 };
  const written = (things: Parameters<typeof writeNanodetByStride>[0]) =>
    Object.fromEntries(
      writeNanodetByStride(things, size, labels).flatMap(({ scores, sides }, i) => [
        [`c${8 << i}`, scores],
        [`d${8 << i}`, sides],
      ]),
    );

  test('a box is read back, whatever the order of the outputs', () => {
    const head = make(nanodet, shapes, options);
    expect(head.outputs).toEqual(['c8', 'd8', 'c16', 'd16', 'c32', 'd32']);
    fc.assert(
      fc.property(thing({ ...size, labels, least: 8, most: 60 }), (t) => expectThings(decode(head, written([t])), [t])),
    );
  });

  test('another number of outputs or cells is refused with what both say', () => {
    expect(() => make(nanodet, shapes)).toThrow(
      'head.strides says 4 strides (one output, or 8), the graph says 6 outputs',
    );
    expect(() => make(nanodet, { ...shapes, d32: [1, 15, 40] }, options)).toThrow(
      /say \[1, 15, 5\] and \[1, 15, 32\] for stride 32, the graph says the outputs d8, .* without such a pair/,
    );
  });

  test.each(broken)('%s is an error', (wrong) => {
    const values = written([one]);
    for (const name of ['c8', 'd8']) {
      const spoilt = Float32Array.from(values[name] ?? []).fill(wrong);
      expect(() => decode(make(nanodet, shapes, options), { ...values, [name]: spoilt })).toThrow(/nanodet: /);
    }
  });
});

describe('rtmdet', () => {
  const shapes: Shapes = Object.fromEntries(
    [8, 16, 32].flatMap((s) => {
      const grid = [Math.ceil(size.height / s), Math.ceil(size.width / s)];
      return [
        [`cls${s}`, [1, labels, ...grid]],
        [`reg${s}`, [1, 4, ...grid]],
      ];
    }),
  );
  const written = (things: Parameters<typeof writeRtmdet>[0]) =>
    Object.fromEntries(
      writeRtmdet(things, size, labels).flatMap(({ stride, scores, sides }) => [
        [`cls${stride}`, scores],
        [`reg${stride}`, sides],
      ]),
    );

  test('boxes are read back', () => {
    const head = make(rtmdet, shapes);
    const cells = (t: typeof one, s: number) =>
      `${Math.round((t.x1 + t.x2) / 2 / s)} ${Math.round((t.y1 + t.y2) / 2 / s)}`;
    fc.assert(
      fc.property(few, (things) => {
        fc.pre(
          things.every((t, i) =>
            things.every((u, j) => i >= j || i % 3 !== j % 3 || cells(t, 8 << (i % 3)) !== cells(u, 8 << (i % 3))),
          ),
        );
        expectThings(decode(head, written(things)), things);
      }),
    );
  });

  test('NaN and infinities are errors; grids that are missing are refused', () => {
    for (const wrong of broken)
      for (const name of ['cls8', 'reg8']) {
        const values = written([one]);
        expect(() =>
          decode(make(rtmdet, shapes), { ...values, [name]: Float32Array.from(values[name] ?? []).fill(wrong) }),
        ).toThrow(/rtmdet: /);
      }
    expect(() => make(rtmdet, { ...shapes, reg16: [1, 8, 6, 10] })).toThrow(
      /say \[1, 5, 6, 10\] and \[1, 4, 6, 10\] for stride 16/,
    );
  });
});

describe('fastestdet', () => {
  const shapes = { o: [1, 5 + labels, 6, 10] };

  test('a box is read back', () => {
    const head = make(fastestdet, shapes);
    // A centre in the corner of its cell would need an infinite number.
    fc.assert(
      fc.property(thing({ ...size, labels, least: 8, most: 60 }), (t) => {
        fc.pre([(t.x1 + t.x2) / 32, (t.y1 + t.y2) / 32].every((c) => c % 1 < 0.999));
        expectThings(decode(head, { o: writeFastestdet([t], size, labels) }), [t]);
      }),
    );
  });

  test('NaN and infinities are errors; a score that rounding made negative is none', () => {
    const good = writeFastestdet([one], size, labels);
    const cell = good.indexOf(Math.fround(0.8)) % 60;
    for (const wrong of broken)
      for (const channel of [0, 1, 2, 3, 4, 6]) {
        const values = good.slice();
        values[channel * 60 + cell] = wrong;
        expect(() => decode(make(fastestdet, shapes), { o: values })).toThrow(/fastestdet: /);
      }
    good[0] = -1e-8;
    expectThings(decode(make(fastestdet, shapes), { o: good }), [one]);
    expect(() => make(fastestdet, { o: [1, 85, 6, 10] })).toThrow(
      /labels and head\.stride say \[1, 10, 6, 10\], the graph says \[1, 85/,
    );
  });
});
