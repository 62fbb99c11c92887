import { expect, test } from 'vitest';
import { parsePattern, patternNames } from '../../../../shared/contract/config/pattern.ts';
import { audioStream } from '../../../../shared/contract/config/sensor.ts';
import { sensorSource } from '../../../../shared/contract/config/sensor-source.ts';
import {
  type SourceKind,
  sourceConfig,
  sourceKindOf,
  sourceKinds,
  sourceOrUrl,
} from '../../../../shared/contract/config/source.ts';
import { streamConfig } from '../../../../shared/contract/config/stream.ts';
import { complaints } from './complaints.ts';

const addresses: Readonly<Record<SourceKind, readonly string[]>> = {
  rtsp: ['rtsp://cam/x', 'RTSPS://cam:554/x?y=1'],
  http: ['http://cam/x', 'HTTPS://cam/x.mjpeg'],
  device: ['/dev/video0', '/dev/video12'],
  pattern: ['test:testsrc2', 'TEST:', 'test:life?fps=5'],
  stdin: ['-'],
  path: ['./a.mp4', '/data/clips', 'clip.avi', 'a:b', '/dev/video', '/dev/video1x', '--', '-x', './test:x'],
};
const kinds = Object.keys(addresses) as SourceKind[];

test.each(kinds)('%s is told by the form of its address', (kind) => {
  for (const url of addresses[kind]) expect(sourceKindOf(url), url).toBe(kind);
});

test('an address of no known kind is refused with all forms that there are', () => {
  for (const url of ['ftp://cam/x', 'rtsp://', 'http://', 'rtsp://a b', 'file:x', 'xtest:x://y', 'rtmp://cam']) {
    expect(sourceKindOf(url), url).toBeUndefined();
    expect(complaints(sourceConfig, { url })).toEqual([
      'url: is of no known kind; known are: rtsp://, http(s)://, /dev/videoN, test:PATTERN, -, a path',
    ]);
  }
});

const options = {
  loop: true,
  transport: 'udp',
  user: 'me',
  passwordFile: './p',
  openS: 20,
  stallS: 2,
  size: '640x480',
  fps: 10,
  decode: {},
} as const;

test.each(kinds)('%s takes its options and no others, and the complaint says for which they are', (kind) => {
  const takes: readonly string[] = sourceKinds[kind].takes;
  const [url = ''] = addresses[kind];
  for (const [option, value] of Object.entries(options)) {
    const alone =
      option === 'user' || option === 'passwordFile' ? { user: 'me', passwordFile: './p' } : { [option]: value };
    const found = complaints(sourceConfig, { url, ...alone });
    if (takes.includes(option)) {
      expect(found, option).toEqual([]);
      continue;
    }
    const forms = Object.values(sourceKinds).filter((k) => (k.takes as readonly string[]).includes(option));
    const reported = `${option}: is not for ${sourceKinds[kind].form}; it is for: ${forms.map((k) => k.form).join(', ')}`;
    expect(
      found.filter((line) => line.startsWith(option)),
      option,
    ).toEqual([reported]);
  }
  // What says nothing is no option.
  expect(complaints(sourceConfig, { url, loop: false, pace: 'fast' })).toEqual([]);
});

test('which options are for which kind of source', () => {
  expect(Object.fromEntries(Object.entries(sourceKinds).map(([kind, { takes }]) => [kind, [...takes]]))).toEqual({
    rtsp: ['transport', 'user', 'passwordFile', 'caFile', 'openS', 'stallS', 'decode'],
    http: ['user', 'passwordFile', 'caFile', 'openS', 'stallS', 'loop', 'decode'],
    device: ['size', 'fps', 'openS', 'stallS'],
    pattern: [],
    stdin: ['decode'],
    path: ['loop', 'fps', 'decode'],
  });
});

test('user and password file go together', () => {
  const url = 'rtsp://cam/x';
  expect(complaints(sourceConfig, { url, user: 'me' })).toEqual(['user: needs `user` and `passwordFile` together']);
  expect(complaints(sourceConfig, { url, passwordFile: './p' })).toEqual([
    'passwordFile: needs `user` and `passwordFile` together',
  ]);
  expect(complaints(sourceConfig, { url, user: 'me', passwordFile: './p' })).toEqual([]);
});

test('an address alone is a source with its defaults', () => {
  expect(sourceOrUrl.parse('./a.mp4')).toEqual({ url: './a.mp4', loop: false, pace: 'pts' });
  expect(sourceOrUrl.parse({ url: './a.mp4' })).toEqual({ url: './a.mp4', loop: false, pace: 'pts' });
  expect(complaints(sourceOrUrl, 'ftp://x')).toHaveLength(1);
  for (const size of ['1x1', '99999x99999']) expect(complaints(sourceConfig, { url: '/dev/video0', size })).toEqual([]);
  for (const size of ['0x1', '640', '640x', 'x480', '640x480x3', 'a640x480', '100000x1', '640*480'])
    expect(complaints(sourceConfig, { url: '/dev/video0', size })).toEqual(['size: must be WIDTHxHEIGHT, as 1280x720']);
});

test('patterns: all that is said, its defaults, and what is wrong', () => {
  expect(parsePattern('test:')).toEqual({ name: 'testsrc2', size: '640x360', fps: 25 });
  expect(parsePattern('TEST:life?size=64x48&fps=2.5&seconds=3')).toEqual({
    name: 'life',
    size: '64x48',
    fps: 2.5,
    seconds: 3,
  });
  for (const name of patternNames) expect(parsePattern(`test:${name}`)).toMatchObject({ name });
  expect(parsePattern('test:testsrc?size=10x9999&fps=240&seconds=1000000')).toMatchObject({
    size: '10x9999',
    fps: 240,
    seconds: 1e6,
  });
  for (const [url, wrong] of [
    ['test:nothing', /^must name a pattern: testsrc2, testsrc, mandelbrot, smptebars, life$/],
    ['test:xtest:life', /must name a pattern/],
    ['test:life?size=9x100', /size must be WIDTHxHEIGHT/],
    ['test:life?size=10x10000', /size must be WIDTHxHEIGHT/],
    ['test:life?size=x100x100', /size must be WIDTHxHEIGHT/],
    ['test:life?size=100x100x', /size must be WIDTHxHEIGHT/],
    ['test:life?fps=0', /fps must be above 0/],
    ['test:life?fps=fast', /fps must be a number/],
    ['test:life?fps=241', /fps must be at most 240/],
    ['test:life?seconds=-1', /seconds must be above 0/],
    ['test:life?seconds=x', /seconds must be a number/],
    ['test:life?seconds=1000001', /seconds must be at most 1000000/],
    ['test:life?colour=red&x=1', /^knows no "colour", "x"; known are: size, fps, seconds$/],
  ] as const)
    expect(parsePattern(url), url).toMatch(wrong);
  expect(complaints(sourceConfig, { url: 'test:nothing' })).toEqual([
    expect.stringMatching(/^url: must name a pattern/),
  ]);
});

const brokers = ['mqtt://h:1', 'MQTTS://h', 'ws://h/mqtt', 'wss://h'];
const files = ['./a.csv', 'a.TSV', '/x/a.jsonl', 'a.ndjson', 'a.json', './mqtt://x.csv', 'a.wsx.csv'];

test('a sensor at a broker needs a topic and takes nothing of a file', () => {
  for (const url of brokers) {
    expect(complaints(sensorSource, { url, topic: 't', username: 'u', passwordFile: 'p' }), url).toEqual([]);
    expect(complaints(sensorSource, { url })).toEqual(['topic: is needed with the address of a broker']);
    expect(complaints(sensorSource, { url, topic: 't', format: 'csv', loop: true })).toEqual([
      'format: is for a file',
      'loop: is for a file',
    ]);
    for (const credentials of ['me@', 'me:secret@', '@'])
      expect(complaints(sensorSource, { url: url.replace('//', `//${credentials}`), topic: 't' })).toEqual([
        'url: must not carry credentials; give them as `username` and `passwordFile`',
      ]);
  }
  for (const url of ['ws://h/a@b', 'ws://h/a//b@c', 'ws://h//@'])
    expect(complaints(sensorSource, { url, topic: 't' }), url).toEqual([]);
});

test('a sensor in a file takes nothing of a broker, and says its format where its name does not', () => {
  for (const url of files) expect(complaints(sensorSource, { url, loop: true }), url).toEqual([]);
  for (const url of ['./a', 'a.csv.gz', 'acsv', './a.txt', 'csv', 'a.json/x']) {
    expect(complaints(sensorSource, { url }), url).toEqual([
      'format: is needed: csv or jsonl; the ending of `url` does not say which',
    ]);
    expect(complaints(sensorSource, { url, format: 'jsonl' }), url).toEqual([]);
  }
  expect(complaints(sensorSource, { url: './a.csv', topic: 't', username: 'u', passwordFile: 'p' })).toEqual([
    'topic: is for mqtt(s):// or ws(s)://',
    'username: is for mqtt(s):// or ws(s)://, http(s)://, opc.tcp://HOST:PORT',
    'passwordFile: is for mqtt(s):// or ws(s)://, http(s)://, opc.tcp://HOST:PORT',
  ]);
  expect(complaints(sensorSource, { url: './me@home.csv' })).toEqual([]);
  expect(sensorSource.parse({ url: './a.csv' })).toEqual({ url: './a.csv', pace: 'pts', speed: 1, loop: false });
});

test('a sensor that is asked has its own keys, and no credentials in its address', () => {
  const values = { flow: { register: 3, type: 'float32' } };
  expect(complaints(sensorSource, { url: 'modbus://plc:1502', values, everyS: 5, unit: 7 })).toEqual([]);
  expect(complaints(sensorSource, { url: 'modbus://plc' })).toEqual([
    'values: is needed with modbus://: the register of each channel',
  ]);
  expect(complaints(sensorSource, { url: 'modbus://plc', values: { a: 'x', b: { range: [0, 1] } } })).toEqual([
    'values.a.at: is for a file, mqtt(s):// or ws(s)://, http(s)://, serial:/dev/NAME, opc.tcp://HOST:PORT',
    'values.a.register: is needed with modbus://',
    'values.b.register: is needed with modbus://',
  ]);
  expect(complaints(sensorSource, { url: 'modbus://plc', values, time: 't', topic: 'x', format: 'csv' })).toEqual([
    'format: is for a file',
    'topic: is for mqtt(s):// or ws(s)://',
    'time: is for a file, mqtt(s):// or ws(s)://, http(s)://, serial:/dev/NAME',
  ]);
  expect(complaints(sensorSource, { url: 'https://plc/now', username: 'me' })).toEqual([
    'passwordFile: and `username` are given together',
  ]);
  expect(complaints(sensorSource, { url: 'http://plc/now', caFile: 'x', values })).toEqual([
    'caFile: is for https://',
    'values.flow.register: is for modbus://HOST',
    'values.flow.type: is for modbus://HOST',
  ]);
  for (const url of ['http://me:x@plc/', 'modbus://me@plc'])
    expect(complaints(sensorSource, { url, values: url.startsWith('h') ? {} : values }), url).toEqual([
      'url: must not carry credentials; give them as `username` and `passwordFile`',
    ]);
  expect(complaints(sensorSource, { url: 'a.csv', follow: true, loop: true })).toEqual([
    'loop: must be left out: a file that grows has no end',
  ]);
});

test('an OPC UA server: a password is not sent in clear, and what is secure names both certificates', () => {
  const url = 'opc.tcp://press:4840';
  const values = { force: 'ns=2;s=Force' };
  const files = { certFile: 'a', keyFile: 'b', caFile: 'c' };
  const user = { username: 'u', passwordFile: 'p' };
  expect(complaints(sensorSource, { url, values, everyS: 1 })).toEqual([]);
  expect(complaints(sensorSource, { url, values, security: 'encrypt', ...files, ...user })).toEqual([]);
  expect(complaints(sensorSource, { url })).toEqual([
    'values: is needed with opc.tcp://: the node of each channel, as ns=2;s=Pump.Temperature',
  ]);
  expect(complaints(sensorSource, { url, values, ...user })).toEqual([
    'security: must be sign or encrypt: a password is not sent in clear',
  ]);
  expect(complaints(sensorSource, { url, values, security: 'sign' })).toEqual([
    'certFile: is needed with security: sign',
    'caFile: is needed with security: sign: the certificate of the server',
  ]);
  expect(complaints(sensorSource, { url, values, certFile: 'a', keyFile: 'b' })).toEqual([
    'security: must be sign or encrypt with a certificate',
  ]);
});

test.each([
  [{ register: 65_535, type: 'float32' }, 'values.a.register: has no room for float32 below 65536'],
  [{ register: 65_536 }, 'values.a.register: Too big: expected number to be <=65535'],
  [{ register: 1, table: 'coil', type: 'int16' }, 'values.a.type: must be bool: a coil is a single bit'],
])('a register that cannot be is refused: %o', (a, complaint) => {
  expect(complaints(sensorSource, { url: 'modbus://plc', values: { a } })).toEqual([complaint]);
});

test.each([
  'concat:a.wav|b.wav',
  'file:/etc/passwd',
  'tcp://h:1',
  'unix:/run/x.sock',
  'httpproxy://h/x',
  'data:audio/wav;base64,AAAA',
  'pipe:0',
  'test:testsrc2',
  'ftp://h/a.csv',
  'alsa:',
  'alsa:tee:hw,x.wav,raw',
  'alsa:file:x.wav,raw',
  'alsa:file',
  'alsa:hw:1;0',
  'alsa:{ type file }',
])('no protocol of FFmpeg is an address of sound or of a sensor: %s', (url) => {
  const unknown = /^(source\.)?url: is of no known kind; known are: a (path|file), /;
  const errors = [
    complaints(sensorSource, { url, format: 'csv' }),
    complaints(audioStream, { kind: 'audio', source: { url }, model: 'm' }),
    complaints(streamConfig, { kind: 'audio', source: { url }, model: 'm' }),
  ];
  for (const found of errors) expect(found).toEqual([expect.stringMatching(unknown)]);
  expect(audioStream.safeParse({ kind: 'audio', source: url, model: 'm' }).success).toBe(false);
});

test('streams are told apart by `kind`, and have their defaults', () => {
  expect(streamConfig.parse({ source: './a.mp4', model: 'm' })).toEqual({
    source: { url: './a.mp4', loop: false, pace: 'pts' },
    model: 'm',
    gate: false,
    ignore: [],
    track: { kind: 'bytetrack', iou: 0.1, low: 0.1, lostFrames: 15 },
    rules: [],
    summaryS: 10,
  });
  expect(streamConfig.parse({ kind: 'picture', source: '-', model: 'm', gate: {} })).toMatchObject({
    gate: { minArea: 0.002, contrast: 12, holdS: 0, maxIdleS: 5, coastS: 0.5, mask: [] },
  });
  expect(audioStream.parse({ kind: 'audio', source: 'a.wav', model: 'm' })).toEqual({
    kind: 'audio',
    source: { url: 'a.wav', pace: 'pts', loop: false },
    model: 'm',
    rules: [],
    summaryS: 10,
  });
  expect(complaints(streamConfig, { kind: 'smell', source: 'a', model: 'm' })).toEqual([
    'kind: must be picture (default), sensor or audio',
  ]);
  expect(complaints(streamConfig, { kind: 'audio', source: 'a', model: 'm', gate: {} })).toEqual(['gate: unknown key']);
});
