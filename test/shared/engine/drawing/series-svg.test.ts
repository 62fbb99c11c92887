import { expect, test } from 'vitest';
import { type PlottedRow, seriesSvg, spansOf } from '../../../../shared/engine/drawing/series-svg.ts';

const START = Date.UTC(2026, 0, 5);
const rows = (count: number): PlottedRow[] =>
  Array.from({ length: count }, (_, i) => ({
    atMs: START + i * 1000,
    values: [Math.sin(i / 50), i],
    score: i % 500 === 0 ? 9 : 0.1,
    threshold: 2,
    anomalous: (i >= 100 && i < 110) || i === 400,
  }));

test('it says how many events there were, shades each, and has no number that is none', () => {
  const svg = seriesSvg('a <b> & c', ['x', 'y'], rows(1000));
  expect(svg).toContain('a &lt;b&gt; &amp; c: would have told 2 events in 1000 rows');
  expect(svg.match(/fill="#fde4e4"/g)).toHaveLength(2);
  expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  expect(svg.match(/<path /g)).toHaveLength(4);
});

test('a long series takes no more room than a short one', () => {
  const length = seriesSvg('s', ['x', 'y'], rows(200_000)).length;
  expect(length).toBeLessThan(3 * seriesSvg('s', ['x', 'y'], rows(2000)).length);
});

test.each<[string, PlottedRow[]]>([
  ['nothing', []],
  ['one row', rows(1)],
  ['a flat series', rows(9).map((row) => ({ ...row, values: [5, 5] }))],
  ['only scores', rows(9).map((row) => ({ ...row, values: [] }))],
  ['no threshold', rows(9).map((row) => ({ ...row, threshold: 0, score: 0 }))],
])('%s can be drawn', (_what, some) => {
  const svg = seriesSvg('s', ['x', 'y'], some);
  expect(svg).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
  expect(svg).not.toMatch(/NaN|Infinity|undefined/);
});

test('spans reach from the first to the last anomalous row', () => {
  expect(spansOf(rows(1000)).map(({ begin, end }) => [(begin - START) / 1000, (end - START) / 1000])).toEqual([
    [100, 109],
    [400, 400],
  ]);
});
