/** A neighbour on the box, or a page in a browser on it, against the local API of the agent. */
import { connect } from 'node:net';
import type { AgentAttack } from '../attack.ts';
import { startBox } from '../box.ts';

const CONNECTIONS = 500;

const targets = [
  '/',
  '/healthz',
  '/readyz',
  '/metrics',
  '/api/v1/streams',
  '/api/v1/outbox',
  '/api/v1/streams/calm',
  '/api/v1/streams/calm/frame.jpg',
  '/api/v1/streams/calm/mjpeg',
  '/../../etc/passwd',
  '/%2e%2e/%2e%2e/etc/passwd',
  '/api/v1/streams/..%2f..%2fetc%2fpasswd',
  '/api/v1/streams/__proto__',
  `/api/v1/streams/${'a'.repeat(20_000)}`,
  '/api/v1/streams/%00',
  '/api/v1/streams?limit=-1',
  '//evil.example/',
  '/api/v1/streams/calm/frame.jpg?width=1e9&quality=-1',
  '/api/v1/streams/calm/mjpeg?fps=1e9&width=99999',
];
const methods = ['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'X'.repeat(1000)];
const hosts = [
  '127.0.0.1',
  'localhost',
  'evil.example',
  '127.0.0.1.evil.example',
  '',
  '[::1]',
  'localhost:1@evil.example',
];

export const localApi: AgentAttack = {
  name: 'local-api',
  summary:
    'a neighbour sends the local API wrong hosts, methods, paths and bodies, and hundreds of connections that say nothing',
  async run(folder, random) {
    const box = await startBox(folder);
    const broken: string[] = [];
    const { port } = new URL(box.apiUrl);
    const pick = <T>(list: readonly T[], fallback: T): T => list[Math.floor(random() * list.length)] ?? fallback;
    let tried = 0;
    try {
      for (let n = 0; n < 400; n++) {
        tried++;
        const [method, target, host] = [pick(methods, 'GET'), pick(targets, '/'), pick(hosts, '')];
        const body = random() < 0.3 ? '['.repeat(Math.floor(random() * 200_000)) : '';
        const answer = await raw(
          Number(port),
          `${method} ${target} HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
        );
        const what = `${method.slice(0, 10)} ${target.slice(0, 60)} of host "${host}"`;
        if (/^HTTP\/1\.1 5\d\d/.test(answer) && !/^HTTP\/1\.1 503/.test(answer))
          broken.push(`${what}: ${answer.slice(0, 40)}`);
        if (answer.includes('root:')) broken.push(`${what}: a file of the box`);
        const isOurs = /^(127\.0\.0\.1|localhost|\[::1\])$/.test(host);
        if (!isOurs && /^HTTP\/1\.1 2/.test(answer) && !/\/(healthz|readyz)/.test(target))
          broken.push(`${what} is answered`);
      }
      const idle = Array.from({ length: CONNECTIONS }, () =>
        connect(Number(port), '127.0.0.1').on('error', () => undefined),
      );
      tried += idle.length;
      const alive = await fetch(`${box.apiUrl}/healthz`, { signal: AbortSignal.timeout(20_000) }).catch(
        (error: unknown) => error,
      );
      if (!(alive instanceof Response && alive.ok))
        broken.push(`/healthz beside ${CONNECTIONS} silent connections: ${String(alive)}`);
      broken.push(...(await box.troubles()));
      for (const socket of idle) socket.destroy();
      return { tried, broken: [...new Set(broken)], peakMb: box.peakMb() };
    } finally {
      await box.end();
    }
  },
};

/** The beginning of what is answered. */
function raw(port: number, text: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    const end = () => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(3000, end);
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      answer += bytes.toString('latin1');
      if (answer.length > 4096) end();
    });
    socket.on('close', end);
  });
}
