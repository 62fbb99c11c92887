import { spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openSound } from '../../../../shared/engine/frames/audio.ts';
import { type Origin, openingOf } from '../../../../shared/engine/frames/origin.ts';
import { allocFrame, openVideo } from '../../../../shared/engine/frames/reader.ts';
import { writeClip } from '../../../support/clip.ts';
import { wavOf } from '../../../support/sensor.ts';
import { tempFolder } from '../../../support/temp.ts';

/** A folder with a file that can be opened. */
async function mediaFor(what: keyof typeof openers) {
  const folder = tempFolder();
  if (what === 'pictures') return { folder, media: await writeClip(folder, { frames: 5 }) };
  const media = path.join(folder, 'tone.wav');
  writeFileSync(media, wavOf(new Float32Array(16_000).fill(0.25), 16_000));
  return { folder, media };
}

type Opener = (from: Origin, url: string) => Promise<void>;

const openers = {
  async pictures(from, url) {
    const reader = await openVideo({ from, url, shown: 'it', waits: true }, { onUndecodable: () => undefined });
    const frame = allocFrame();
    try {
      if ((await reader.next(frame)) === undefined) throw new Error('opened, without a picture');
    } finally {
      reader.close();
      frame.free();
    }
  },
  async sound(from, url) {
    const options = { from, url, shown: 'it', sampleRate: 16_000, onUndecodable: () => undefined };
    const reader = await openSound(options, AbortSignal.timeout(5_000));
    try {
      if ((await reader.next()) === undefined) throw new Error('opened, without sound');
    } finally {
      await reader.close();
    }
  },
} as const satisfies Record<string, Opener>;

/** A server that gives any request the same bytes, and counts connections. */
async function serve(body: string | Buffer, type = 'application/octet-stream') {
  let connections = 0;
  const server = createHttpServer((_, answer) => answer.setHeader('content-type', type).end(body));
  server.on('connection', () => void connections++);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, connections: () => connections };
}

test.each(['pictures', 'sound'] as const)('addresses that are programs are no addresses: %s', async (what) => {
  const { folder, media } = await mediaFor(what);
  const open = openers[what];
  await open('file', media);
  const other = await serve('secret');
  const local = path.join(folder, `${what}.sock`);
  let asked = 0;
  const server = createServer((socket) => {
    asked++;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(local, resolve));
  onTestFinished(() => void server.close());
  const forms = [
    `concat:${media}|${media}`,
    `concatf:${media}`,
    `subfile,,start,0,end,0,,:${media}`,
    `file:${media}`,
    `crypto:${media}`,
    `cache:${media}`,
    `async:file:${media}`,
    `fd:0`,
    `pipe:0`,
    `tcp://${other.host}`,
    `udp://${other.host}`,
    `ftp://${other.host}/a`,
    `gopher://${other.host}/a`,
    `rtmp://${other.host}/a`,
    `icecast://${other.host}/a`,
    `httpproxy://${other.host}/127.0.0.1:1`,
    `unix:${local}`,
    'data:video/mp4;base64,AAAA',
    'md5:/dev/null',
    `tee:${path.join(folder, 'written')}`,
    `lavfi:testsrc`,
  ];
  for (const form of forms)
    for (const from of ['file', 'http', 'rtsp', 'stdin'] as const) {
      if (from === 'stdin' && /^(pipe|fd):/.test(form)) continue;
      await expect(open(from, form), `${from} ${form}`).rejects.toMatchObject({ code: 'source-open' });
    }
  expect([other.connections(), asked]).toEqual([0, 0]);
});

test.each(['pictures', 'sound'] as const)('files that name other places, or are text: no %s', async (what) => {
  const { folder, media } = await mediaFor(what);
  const other = await serve('secret');
  const files = {
    'a.m3u8': `#EXTM3U\n#EXTINF:1,\nhttp://${other.host}/x.ts\n`,
    'local.m3u8': `#EXTM3U\n#EXTINF:1,\nfile:${media}\n#EXT-X-ENDLIST\n`,
    'a.ffconcat': `ffconcat version 1.0\nfile ${path.basename(media)}\n`,
    'a.sdp': `v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 40000 RTP/AVP 96\na=rtpmap:96 H264/90000\n`,
    'a.mpd': `<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><Period><BaseURL>http://${other.host}/</BaseURL></Period></MPD>`,
    'a.ans': 'root:x:0:0\n'.repeat(200),
    'a.nfo': 'root:x:0:0\n'.repeat(200),
    'a.diz': 'root:x:0:0\n'.repeat(200),
    'a.txt': 'root:x:0:0\n'.repeat(200),
    'a.xbin': 'root:x:0:0\n'.repeat(200),
  };
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(folder, name);
    writeFileSync(file, content);
    await expect(openers[what]('file', file), name).rejects.toMatchObject({ code: 'source-open' });
    const type = name.endsWith('m3u8') ? 'application/vnd.apple.mpegurl' : 'text/plain';
    const { host } = await serve(content, type);
    await expect(openers[what]('http', `http://${host}/${name}`), `http ${name}`).rejects.toMatchObject({
      code: 'source-open',
    });
  }
  expect(other.connections()).toBe(0);
});

test('what is no file is refused at once with its name, also behind a link', async () => {
  const { folder, media: clip } = await mediaFor('pictures');
  const fifo = path.join(folder, 'fifo.mp4');
  expect(spawnSync('mkfifo', [fifo]).status).toBe(0);
  const images = path.join(folder, 'images.avi');
  mkdirSync(images);
  const link = path.join(folder, 'link.avi');
  symlinkSync(fifo, link);
  const refused = [
    [fifo, 'FIFO'],
    [link, 'FIFO'],
    ['/dev/zero', 'device'],
    [images, 'folder'],
  ] as const;
  for (const open of Object.values(openers)) {
    for (const [file, word] of refused)
      await expect(open('file', file)).rejects.toMatchObject({
        code: 'source-open',
        message: `cannot open ${file}: it is a ${word}; allowed here: a file`,
      });
    await expect(open('device', clip)).rejects.toMatchObject({
      message: `cannot open ${clip}: it is a file; allowed here: a device`,
    });
  }
});

test('also what a format opens by itself stays within the protocols of its origin', async () => {
  const { media } = await mediaFor('sound');
  const allowed = {
    file: [media, ['file']],
    http: ['https://h/x', ['http', 'https', 'tls', 'tcp']],
    rtsp: ['rtsp://h/x', ['rtsp', 'rtsps', 'rtp', 'srtp', 'udp', 'tcp', 'tls']],
    device: ['/dev/null', ['none']],
    pattern: ['testsrc', ['none']],
    stdin: ['pipe:0', ['pipe']],
  } as const satisfies Record<Origin, readonly [string, readonly string[]]>;
  for (const from of Object.keys(allowed) as Origin[]) {
    const [url, protocols] = allowed[from];
    const { limits } = await openingOf({ from, url, shown: url, waits: true });
    expect(limits.protocol_whitelist?.split(','), from).toEqual(protocols);
  }
});
