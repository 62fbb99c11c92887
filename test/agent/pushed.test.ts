import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkStreams } from '../../agent/check-streams.ts';
import { parseConfig } from '../../agent/config.ts';
import { hostOf, offerOf } from '../../agent/pushed.ts';
import { createRealPaths } from '../../agent/real-paths.ts';
import { audioSource } from '../../shared/contract/config/sensor.ts';
import { sensorSource } from '../../shared/contract/config/sensor-source.ts';
import { sourceConfig } from '../../shared/contract/config/source.ts';
import { streamConfig } from '../../shared/contract/config/stream.ts';
import { systemClock } from '../../shared/kit/clock.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { tempFolder } from '../support/temp.ts';

/** A box with clips, an offered folder behind a link, secrets, and what is none of the hub's business. */
function box(pushed?: unknown) {
  const folder = tempFolder();
  for (const name of ['own', 'real/deep', 'private']) mkdirSync(path.join(folder, name), { recursive: true });
  for (const name of ['own/a.avi', 'own/b.avi', 'real/c.avi', 'real/deep/d.avi', 'private/e.avi', 'p1', 'p2', 'token'])
    writeFileSync(path.join(folder, name), name);
  symlinkSync(path.join(folder, 'real'), path.join(folder, 'offered'));
  symlinkSync(path.join(folder, 'private'), path.join(folder, 'real/way-out'));
  symlinkSync(path.join(folder, 'private/e.avi'), path.join(folder, 'real/out.avi'));
  symlinkSync(path.join(folder, 'token'), path.join(folder, 'p3'));
  const own = {
    cam: { source: { url: 'rtsp://Cam.example:554/x', user: 'u', passwordFile: './p1' }, model: 'm' },
    clip: { source: './own/a.avi', model: 'm' },
  };
  const text = JSON.stringify({ device: 'box', models: { m: './m' }, streams: own, ...(pushed ? { pushed } : {}) });
  const config = parseConfig(text, path.join(folder, 'agent.yaml'));
  expect(config.refused).toEqual([]);
  const offer = offerOf(config.streams.values(), config.pushed, createRealPaths(systemClock));
  /** Which fields of one pushed source are refused. */
  const refused = async (source: unknown, kind?: string) => {
    const stream = { source, model: 'm', ...(kind ? { kind } : {}) };
    const { streams, refused: wrong } = checkStreams({ s: stream }, ['m'], folder);
    expect(wrong, JSON.stringify(source)).toEqual([]);
    return (await Promise.all([...streams].map(([id, checked]) => offer.refuse(id, checked)))).flat();
  };
  return {
    folder,
    refused,
    paths: async (source: unknown, kind?: string) => (await refused(source, kind)).map((c) => c.path),
  };
}

const URL_REFUSED = ['streams.s.source.url'];
const SECRET_REFUSED = ['streams.s.source.passwordFile'];

test('without `pushed`: cameras, devices, patterns, and the sources of agent.yaml; no other file', async () => {
  const { folder, paths, refused } = box();
  for (const source of ['rtsp://any/x', 'http://any/x.mjpeg', '/dev/video0', 'test:testsrc2', './own/a.avi'])
    expect(await paths(source), source).toEqual([]);
  for (const source of ['./own/b.avi', './own', '/etc/passwd', './own/a.avi/../b.avi', '-', '/', './own/a.avi.x'])
    expect(await paths(source), source).toEqual(URL_REFUSED);
  for (const kind of ['audio', 'sensor'])
    expect(await paths({ url: './token', ...(kind === 'sensor' ? { format: 'csv' } : {}) }, kind)).toEqual(URL_REFUSED);
  expect(await paths({ url: './own/a.avi' }, 'audio')).toEqual([]);
  // The same words whether there is such a file or not.
  const words = async (name: string) => (await refused(name))[0]?.message.replace(path.join(folder, name), 'X');
  expect(await words('token')).toBe(await words('nothing-there'));
  expect(await words('token')).toBe(
    'this device does not offer "X" to the hub; its owner can list it under `pushed.folders` of agent.yaml',
  );
});

test('below an offered folder, by its name and by its real one, but not out of it through a link', async () => {
  const { paths } = box({ folders: ['./offered', './own/b.avi'] });
  for (const source of ['./offered/c.avi', './offered/deep/d.avi', './offered', './real/c.avi', './own/b.avi'])
    expect(await paths(source), source).toEqual([]);
  expect(await paths('./offered/not-yet.avi')).toEqual([]);
  for (const source of [
    './offered/out.avi',
    './offered/way-out/e.avi',
    './offered/way-out/new.avi',
    './offered/../token',
  ])
    expect(await paths(source), source).toEqual(URL_REFUSED);
  for (const source of ['./offered2', './real2/c.avi', './private/e.avi', '..'])
    expect(await paths(source), source).toEqual(URL_REFUSED);
});

test('a secret goes to the hosts that it is bound to, and to no other', async () => {
  const { paths, refused } = box({ secrets: [{ file: './p2', hosts: ['192.0.2.7', 'Gate.example', '[::1]'] }] });
  const camera = (url: string, passwordFile: string) => paths({ url, user: 'u', passwordFile });
  for (const url of ['rtsp://cam.example/y', 'RTSP://CAM.EXAMPLE:8554/', 'http://cam.example/x@y'])
    expect(await camera(url, './p1'), url).toEqual([]);
  for (const url of ['rtsp://192.0.2.7/x', 'rtsp://gate.example/x', 'rtsps://[::1]:554/x', 'http://x:y@192.0.2.7/'])
    expect(await camera(url, './p2'), url).toEqual([]);
  const elsewhere = [
    'rtsp://192.0.2.8/x',
    'rtsp://192.0.2.7.evil.example/x',
    'rtsp://192.0.2.7@evil.example/x',
    'rtsp://192.0.2.7:554@evil.example/x',
    'http://192.0.2.7\\@evil.example/x',
    'http://evil.example/@192.0.2.7',
    'http://evil.example?@192.0.2.7',
    'http://evil.example#@192.0.2.7',
    'http://a@192.0.2.7@evil.example/',
    'http://evil.example%2f@192.0.2.7%00/',
    'http://cam.example/x',
  ];
  for (const url of elsewhere) expect(await camera(url, './p2'), url).toEqual(SECRET_REFUSED);
  for (const file of ['./token', './p3', './p1', '/etc/shadow', './agent.yaml', './offered'])
    expect(await camera('rtsp://192.0.2.7/x', file), file).toEqual(SECRET_REFUSED);
  const broker = (url: string, passwordFile: string) =>
    paths({ url, topic: 't', username: 'u', passwordFile }, 'sensor');
  expect(await broker('mqtts://gate.example', './p2')).toEqual([]);
  expect(await broker('mqtt://evil.example', './p2')).toEqual(SECRET_REFUSED);
  expect((await refused({ url: 'rtsp://evil.example/x', user: 'u', passwordFile: './p2' }))[0]?.message).toMatch(
    /^this device does not offer ".*p2" for evil\.example to the hub; its owner can list it under `pushed\.secrets` of agent\.yaml$/,
  );
});

test('a serial port is for the hub only where it is offered', async () => {
  const source = { url: 'serial:/dev/ttyUSB7', columns: ['value'] };
  const refusedBy = async (pushed?: unknown) => box(pushed).refused(source, 'sensor');
  expect(await refusedBy()).toEqual([
    { path: expect.stringMatching(/source\.url$/), message: expect.stringContaining('does not offer "/dev/ttyUSB7"') },
  ]);
  expect(await refusedBy({ folders: ['/dev/ttyUSB7'] })).toEqual([]);
  expect(await refusedBy({ folders: ['/dev/ttyUSB8'] })).toHaveLength(1);
});

test('with `pushed.hosts` the hub may name these hosts, and those of agent.yaml; without, any', async () => {
  const { paths, refused } = box({ hosts: ['192.0.2.7', 'Gate.example'] });
  for (const url of [
    'rtsp://192.0.2.7/x',
    'http://GATE.example:81/x',
    'rtsp://cam.example/y',
    '/dev/video0',
    'test:testsrc2',
  ])
    expect(await paths(url), url).toEqual([]);
  expect(await paths({ url: 'mqtt://gate.example', topic: 't' }, 'sensor')).toEqual([]);
  for (const url of [
    'rtsp://192.0.2.8/x',
    'http://192.0.2.7.evil.example/',
    'http://gate.example\\@evil.example/',
    'https://a@b@gate.example/',
  ])
    expect(await paths(url), url).toEqual(URL_REFUSED);
  expect(await paths({ url: 'mqtts://evil.example', topic: 't' }, 'sensor')).toEqual(URL_REFUSED);
  expect(await paths({ url: 'http://evil.example/a.mp3' }, 'audio')).toEqual(URL_REFUSED);
  expect((await refused('rtsp://192.0.2.8/x'))[0]?.message).toBe(
    'this device does not offer the host 192.0.2.8 to the hub; its owner can list it under `pushed.hosts` of agent.yaml',
  );
  const nobody = box({ hosts: [] });
  expect([await nobody.paths('rtsp://192.0.2.7/x'), await nobody.paths('rtsp://cam.example/x')]).toEqual([
    URL_REFUSED,
    [],
  ]);
});

test('every key of a source that names a file is one that `pushed` looks at', () => {
  for (const schema of [sourceConfig, sensorSource, audioSource])
    for (const [key, field] of Object.entries(schema.shape))
      if (/\bfile (that|with)\b/i.test((field as { description?: string }).description ?? ''))
        expect(key).toMatch(/File$/);
});

test('a disk that does not answer is asked once; what lies elsewhere waits no longer than for it, and later all is well', async () => {
  const clock = new ManualClock();
  const asked: string[] = [];
  let answer: () => void = () => undefined;
  const look = (file: string) => {
    asked.push(file);
    return file.startsWith('/far')
      ? new Promise<string>((resolve) => (answer = () => resolve(`/real${file}`)))
      : Promise.resolve(file);
  };
  const paths = createRealPaths(clock, look);
  expect(await paths.of('/near/a')).toBe('/near/a');
  const first = paths.of('/far/a');
  await clock.advance(2000);
  expect(await first).toBeUndefined();
  expect(await Promise.all([paths.of('/far/b'), paths.of('/near/a')])).toEqual([undefined, undefined]);
  expect(asked).toEqual(['/near/a', '/far/a']);
  const offer = offerOf([], { folders: ['/far'], secrets: [] }, paths);
  const wanted = streamConfig.parse({ source: '/far/b.mp4', model: 'm' });
  expect(await offer.refuse('s', wanted)).toEqual([
    { path: 'streams.s.source.url', message: expect.stringContaining('does not answer') },
  ]);
  answer();
  await clock.advance(0);
  expect(await paths.of('/near/a')).toBe('/near/a');
});

test('a host is named only where every reader of addresses finds the same one', () => {
  const piece = fc.constantFrom(
    'a',
    'evil',
    'good.example',
    '[::1]',
    ':',
    '@',
    '/',
    '?',
    '#',
    '\\',
    '%40',
    '1',
    ' ',
    '\t',
    '.',
    ';',
    ',',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const rest = pieces.join('');
      const host = hostOf(`rtsp://${rest}`);
      if (host === undefined) return;
      // As FFmpeg splits it: up to the first of "/?#", after the last "@" there.
      const authority = rest.slice(0, (rest.search(/[/?#]/) + rest.length + 1) % (rest.length + 1));
      expect(authority.slice(authority.lastIndexOf('@') + 1).replace(/:\d*$/, '')).toBe(host);
      if (URL.canParse(`rtsp://${rest}`)) expect(new URL(`rtsp://${rest}`).hostname).toBe(host);
    }),
    { numRuns: 5000 },
  );
});
