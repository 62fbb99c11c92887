/** Whoever holds the hub pushes sets of streams: he wants files and secrets of the box, other protocols, or the agent down. */
import { once } from 'node:events';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import path from 'node:path';
import { topicOf } from '../../../../shared/contract/channels.ts';
import { encode } from '../../../../shared/contract/codec.ts';
import type { AgentAttack } from '../attack.ts';
import { startBox } from '../box.ts';

const SECRET = 'correct-horse-battery-staple';
const ANSWER_S = 30;

export const documents: AgentAttack = {
  name: 'hostile-documents',
  summary:
    'a thief of the hub pushes streams that name files, secrets and protocols of the box, and documents that are none',
  async run(folder, random) {
    // What he listens on: nothing of the box may ever come here.
    const heard: string[] = [];
    const trap = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (bytes) => {
        heard.push(bytes.toString('latin1'));
        socket.write('HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm="x"\r\nContent-Length: 0\r\n\r\n');
      });
    });
    trap.listen(0, '127.0.0.1');
    await once(trap, 'listening');
    const { port } = trap.address() as AddressInfo;
    mkdirSync(path.join(folder, 'private'));
    const secret = path.join(folder, 'private/secret.txt');
    writeFileSync(secret, SECRET);
    symlinkSync(secret, path.join(folder, 'link.mp4'));
    const box = await startBox(folder);
    const broken: string[] = [];
    let tried = 0;
    try {
      const own = {
        calm: { source: { url: path.join(folder, 'clip.mp4'), loop: true }, model: 'walker', summaryS: 1 },
      };
      const model = 'walker';
      const picture = (url: string, more: object = {}) => ({ source: { url, ...more }, model });
      const hostile: readonly object[] = [
        ...[
          '/etc/passwd',
          secret,
          path.join(folder, 'link.mp4'),
          `${folder}/clip.mp4/../private/secret.txt`,
          '/',
          '-',
        ].map((url) => picture(url)),
        ...[
          `concat:${secret}`,
          `subfile,,start,0,end,9,,:${secret}`,
          `file:${secret}`,
          `tcp://127.0.0.1:${port}`,
          `unix:${secret}`,
          `httpproxy://127.0.0.1:${port}`,
          `data:text/plain,x`,
          `crypto:${secret}`,
          `ftp://127.0.0.1:${port}/x`,
        ].map((url) => picture(url)),
        picture(`http://127.0.0.1:${port}/x.mjpeg`, { user: 'u', passwordFile: secret }),
        picture(`rtsp://127.0.0.1:${port}/x`, { user: 'u', passwordFile: path.join(folder, 'device.token') }),
        ...[secret, `concat:${secret}`, `tcp://127.0.0.1:${port}`].map((url) => ({
          kind: 'audio',
          source: { url },
          model,
        })),
        { kind: 'sensor', source: { url: secret, format: 'csv' }, detector: 'online' },
        {
          kind: 'sensor',
          source: {
            url: `mqtt://127.0.0.1:${port}`,
            topic: 'x',
            values: { v: '$.v' },
            username: 'u',
            passwordFile: secret,
          },
          detector: 'online',
        },
      ];
      for (const stream of hostile) {
        tried++;
        const revision = box.push({ ...own, bad: stream });
        const refused = await box.holds(() => {
          const told = box.report()?.desired?.streams;
          return told?.revision === revision && told.state === 'refused';
        }, ANSWER_S);
        if (!refused) broken.push(`not refused: ${JSON.stringify(stream)}`);
      }
      const topic = topicOf('box', 'desired');
      const shout = (payload: Buffer) =>
        box.broker.aedes.publish(
          { cmd: 'publish', topic, payload, qos: 1, retain: false, dup: false },
          () => undefined,
        );
      const good = encode({
        revision: `sha256:${'0'.repeat(64)}`,
        models: {},
        streams: { revision: `sha256:${'1'.repeat(64)}`, streams: own },
      });
      const nonsense = [
        encode('['.repeat(50_000)),
        encode({ revision: 1 }),
        encode(Object.fromEntries(Array.from({ length: 50_000 }, (_, i) => [`k${i}`, i]))),
        Buffer.alloc(3 * 1024 * 1024, 0x20),
        encode('x'.repeat(15 * 1024 * 1024)),
        Buffer.from('{"__proto__":{"x":1}}'),
      ];
      for (let n = 0; n < 100; n++) {
        const copy = Buffer.from(good);
        for (let i = 0; i < 1 + random() * 5; i++)
          copy[Math.floor(random() * copy.length)] = Math.floor(random() * 256);
        nonsense.push(copy);
      }
      for (const payload of nonsense) shout(payload);
      tried += nonsense.length;
      box.push(own);
      broken.push(...(await box.troubles()));
      const told = JSON.stringify([
        box.report(),
        ...[...box.hub.stored.values()].map((records) => [...records.values()]),
      ]);
      if (heard.some((text) => text.includes(Buffer.from(`u:${SECRET}`).toString('base64')) || text.includes(SECRET)))
        broken.push('a secret of the box was sent to a server of the thief');
      if (told.includes(SECRET)) broken.push('a secret of the box was told to the hub');
      return { tried, broken, peakMb: box.peakMb() };
    } finally {
      await box.end();
      trap.close();
    }
  },
};
