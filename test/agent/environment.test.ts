import { expect, test } from 'vitest';
import { parseConfig } from '../../agent/config.ts';
import { fillIn } from '../../agent/environment.ts';
import { describeComplaints } from '../../shared/kit/schema.ts';

/** A text that begins like this is filled in. */
const D = '$';
const file = '/etc/vedette/agent.yaml';

test('every text gets what its names stand for; two dollars are one', () => {
  const written = { a: [`x${D}{A}y${D}{B_1}`, 7, null], b: { c: `${D}${D}{A} $A ${D}{A`, [`${D}{A}`]: true } };
  expect(fillIn(written, { A: '1', B_1: '' })).toEqual({
    value: { a: ['x1y', 7, null], b: { c: `${D}{A} $A ${D}{A`, [`${D}{A}`]: true } },
    unset: [],
  });
});

test('what is put in is not looked at again', () => {
  expect(fillIn(`${D}{A}`, { A: `${D}{B}`, B: 'x' }).value).toBe(`${D}{B}`);
});

const config = (source: string) => `
device: \${BOX}
models: { m: ./m }
streams:
  door: { source: '${source}', model: m }
  yard: { source: rtsp://10.0.0.2/x, model: m }
`;

test('a stream whose address names a variable', () => {
  const environment = { BOX: 'gate', CAM_USER: 'admin', CAM_PASS: 'pa%23ss' };
  const { device, streams, refused } = parseConfig(
    config(`rtsp://${D}{CAM_USER}:${D}{CAM_PASS}@cam/live`),
    file,
    environment,
  );
  expect(refused).toEqual([]);
  expect(device).toBe('gate');
  expect(streams.get('door')?.source.url).toBe('rtsp://admin:pa%23ss@cam/live');
});

test('one that is not set refuses the stream that names it, and elsewhere the file', () => {
  const { streams, refused } = parseConfig(config(`rtsp://${D}{CAM_USER}:${D}{CAM_PASS}@cam/live`), file, {
    ...{ BOX: 'gate', CAM_USER: 'admin' },
  });
  expect([...streams.keys()]).toEqual(['yard']);
  expect(refused.map(({ stream, complaints }) => [stream, describeComplaints(complaints)])).toEqual([
    ['door', 'streams.door.source: names an environment variable that is not set: CAM_PASS'],
  ]);
  expect(() => parseConfig(config('a.mp4'), file, {})).toThrow(
    'device: names an environment variable that is not set: BOX',
  );
});

test('a complaint shows what is written, not what it stands for', () => {
  const { refused } = parseConfig(config(`ftp://${D}{CAM_PASS}`), file, { BOX: 'gate', CAM_PASS: 's3cret' });
  const [complaint = ''] = refused.map(({ complaints }) => describeComplaints(complaints));
  expect(complaint).toContain('is of no known kind');
  expect(complaint).not.toContain('s3cret');
});
