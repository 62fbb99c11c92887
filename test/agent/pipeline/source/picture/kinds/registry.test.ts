import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { parseConfig } from '../../../../../../agent/config.ts';
import { kindOf } from '../../../../../../agent/pipeline/source/picture/kinds/registry.ts';
import { patternNames } from '../../../../../../shared/contract/config/pattern.ts';
import { sourceKindOf, sourceKinds } from '../../../../../../shared/contract/config/source.ts';
import { describeComplaints } from '../../../../../../shared/kit/schema.ts';

const example = path.resolve(import.meta.dirname, '../../../../../../fixtures/config/source-kinds.good.yaml');

function refusalOf(source: unknown): string | undefined {
  const text = JSON.stringify({
    device: 'box',
    models: { people: './m' },
    streams: { s: { source, model: 'people' } },
  });
  const [refused] = parseConfig(text, '/etc/vedette/agent.yaml').refused;
  return refused && describeComplaints(refused.complaints);
}

test('the example has every kind of source but standard input', () => {
  const config = parseConfig(readFileSync(example, 'utf8'), example);
  expect(config.refused).toEqual([]);
  const kinds = [...config.streams.values()].map((s) => sourceKindOf(s.source.url));
  expect([...new Set(kinds), 'stdin'].toSorted()).toEqual(Object.keys(sourceKinds).toSorted());
  expect(Object.keys(parse(readFileSync(example, 'utf8')).streams)).toHaveLength(config.streams.size);
});

const wrong: [string, unknown, RegExp][] = [
  [
    'a scheme that there is not',
    'rstp://cam/x',
    /streams\.s\.source\.url: is of no known kind; known are: rtsp:\/\/, http\(s\):\/\/, \/dev\/videoN, test:PATTERN, -, a path/,
  ],
  ['the same, with a password', { url: 'rstp://me:s3cret@cam/x' }, /source\.url: is of no known kind/],
  [
    'a transport for a file',
    { url: './a.mp4', transport: 'udp' },
    /source\.transport: is not for a path; it is for: rtsp:\/\//,
  ],
  ['a loop for a camera', { url: 'rtsp://cam/x', loop: true }, /source\.loop: is not for rtsp:\/\//],
  [
    'an unknown transport',
    { url: 'rtsp://cam/x', transport: 'smoke' },
    /source\.transport: .*"tcp"\|"udp"; found "smoke"/,
  ],
  [
    'a user without a password',
    { url: 'rtsp://cam/x', user: 'me' },
    /source\.user: needs `user` and `passwordFile` together/,
  ],
  ['no time to open', { url: 'rtsp://cam/x', openS: 0 }, /source\.openS: .*>=1; found 0/],
  ['an impatient limit', { url: 'rtsp://cam/x', stallS: 0.1 }, /source\.stallS: .*>=0\.5; found 0\.1/],
  ['a size without a height', { url: '/dev/video0', size: '1280' }, /source\.size: must be WIDTHxHEIGHT, as 1280x720/],
  [
    'an unknown hardware',
    { url: './a.mp4', decode: { hardware: 'abacus' } },
    /source\.decode\.hardware: .*found "abacus"/,
  ],
  ['an unknown pattern', 'test:nonsense', /source\.url: must name a pattern: testsrc2, testsrc/],
  [
    'an unknown word in a pattern',
    'test:testsrc2?colour=red',
    /source\.url: knows no "colour"; known are: size, fps, seconds/,
  ],
  ['a pattern with a filter in its size', 'test:testsrc2?size=64x64,movie=/etc/passwd', /size must be WIDTHxHEIGHT/],
];

test.each(wrong)('%s is refused with the field and what is allowed', (_what, source, message) => {
  expect(refusalOf(source)).toMatch(message);
  expect(refusalOf(source)).not.toContain('s3cret');
});

test('every kind opens by its own file, and what is of none names them all', () => {
  for (const url of ['rtsp://x', 'https://x', '/dev/video0', 'test:', '-', './a.mp4'])
    expect(kindOf(url)).toBeDefined();
  expect(() => kindOf('gopher://me:s3cret@x')).toThrow(/^gopher:\/\/x: no such kind of source; known are: rtsp/);
  expect(patternNames).toContain('testsrc2');
});
