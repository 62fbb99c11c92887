/** Cameras and servers of media that send whatever bytes they like: the stream beside them shall not notice. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pngThatStates } from '../../../support/png.ts';
import type { AgentAttack } from '../attack.ts';
import { startBox } from '../box.ts';

const WATCH_S = 25;
const SECRET = 'correct-horse-battery-staple';

type Camera = (socket: Socket, port: number, secret: string) => void;

const head = (type: string, more = '') => `HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\n${more}\r\n`;

function pour(socket: Socket, first: string, chunk: Buffer | string): void {
  socket.write(first);
  const more = () => {
    while (!socket.destroyed && socket.write(chunk));
  };
  socket.on('drain', more);
  more();
}

const playlist = (lines: readonly string[]) =>
  `#EXTM3U\n#EXT-X-TARGETDURATION:1\n${lines.map((l) => `#EXTINF:1,\n${l}\n`).join('')}`;

const cameras_: Readonly<Record<string, Camera>> = {
  'huge-picture': (socket) =>
    socket.end(Buffer.concat([Buffer.from(head('image/png')), pngThatStates(16_000, 16_000)])),
  'endless-headers': (socket) => pour(socket, 'HTTP/1.1 200 OK\r\n', `X: ${'y'.repeat(4000)}\r\n`),
  'one-endless-header': (socket) => pour(socket, 'HTTP/1.1 200 OK\r\nX: ', 'y'.repeat(65_536)),
  'endless-noise': (socket) => pour(socket, head('video/mp4'), randomBytes(65_536)),
  'endless-part': (socket) =>
    pour(
      socket,
      `${head('multipart/x-mixed-replace; boundary=b')}--b\r\nContent-Type: image/jpeg\r\nContent-Length: 2000000000\r\n\r\n`,
      Buffer.alloc(65_536, 0xff),
    ),
  'part-without-end': (socket) =>
    pour(socket, head('multipart/x-mixed-replace; boundary=b'), '--b\r\nContent-Type: image/jpeg\r\n'),
  'playlist-of-files': (socket, _port, secret) =>
    socket.end(head('application/vnd.apple.mpegurl') + playlist([`file://${secret}`, `file:///etc/passwd`])),
  'playlist-to-others': (socket, port) =>
    socket.end(
      head('application/vnd.apple.mpegurl') + playlist([`http://127.0.0.1:${port}/trap`, `tcp://127.0.0.1:${port}`]),
    ),
  'concat-list': (socket, port, secret) =>
    socket.end(`${head('text/plain')}ffconcat version 1.0\nfile '${secret}'\nfile 'http://127.0.0.1:${port}/trap'\n`),
  sdp: (socket, port) =>
    socket.end(
      `${head('application/sdp')}v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video ${port} RTP/AVP 96\na=rtpmap:96 H264/90000\n`,
    ),
  'redirect-to-a-file': (socket, _port, secret) =>
    socket.end(`HTTP/1.1 302 Found\r\nLocation: file://${secret}\r\n\r\n`),
  'redirect-for-ever': (socket) => socket.end('HTTP/1.1 302 Found\r\nLocation: /again\r\n\r\n'),
  svg: (socket, port) =>
    socket.end(
      `${head('image/svg+xml')}<svg xmlns="http://www.w3.org/2000/svg"><image href="http://127.0.0.1:${port}/trap"/></svg>`,
    ),
  text: (socket) => socket.end(`${head('text/plain')}${SECRET}\n`.repeat(1000)),
  silence: () => undefined,
  'byte-by-byte': (socket) => {
    const timer = setInterval(() => socket.write('x'), 500);
    socket.on('close', () => clearInterval(timer));
  },
  flapping: (socket) => socket.destroy(),
};

export const cameras: AgentAttack = {
  name: 'hostile-cameras',
  summary:
    'cameras answer with huge pictures, endless headers and parts, playlists of files and of other hosts, redirects, nothing',
  async run(folder) {
    const secret = path.join(folder, 'secret.txt');
    writeFileSync(secret, SECRET);
    let trapped = 0;
    const asked = new Set<string>();
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', (bytes) => {
        const name = /^GET \/([a-z-]+)/.exec(bytes.toString('latin1'))?.[1] ?? '';
        const camera = cameras_[name];
        if (camera) asked.add(name);
        if (camera) camera(socket, port, secret);
        else if (name === 'again') cameras_['redirect-for-ever']?.(socket, port, secret);
        else trapped++;
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const names = Object.keys(cameras_);
    const streams = Object.fromEntries(
      names.map((name) => [name, { source: `http://127.0.0.1:${port}/${name}`, model: 'walker', summaryS: 1 }]),
    );
    const box = await startBox(folder, { streams, mostMb: 1500 });
    try {
      await sleep(WATCH_S * 1000);
      const broken = [...(await box.troubles())];
      if (asked.size < names.length) broken.push(`only ${asked.size} of ${names.length} cameras were asked`);
      if (trapped > 0) broken.push(`other addresses were asked ${trapped} times`);
      for (const { id, state } of box.report()?.streams ?? [])
        if (id !== 'calm' && state === 'running') broken.push(`${id} is said to run`);
      const told = JSON.stringify([
        box.report(),
        ...[...box.hub.stored.values()].map((records) => [...records.values()]),
      ]);
      if (told.includes(SECRET)) broken.push('a file of the box was told to the hub');
      return { tried: names.length, broken, peakMb: box.peakMb() };
    } finally {
      await box.end();
      server.close();
    }
  },
};
