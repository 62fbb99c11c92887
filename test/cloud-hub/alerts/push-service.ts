/**
 * A push service and the browser behind it, written from RFC 8030 (requests), 8291 and 8188 (encryption) and 8292 (VAPID) with
 * Node's own cryptography: nothing of the hub, and no library that the hub uses.
 */
import { createDecipheriv, createECDH, createPublicKey, hkdfSync, randomBytes, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { plantCertificates } from '../../support/plant-certificates.ts';
import { until } from '../../support/until.ts';

export interface Pushed {
  readonly path: string;
  readonly topic: string;
  readonly urgency: string;
  readonly ttl: number;
  readonly contact: string;
  /** Bytes of the encrypted body. */
  readonly bytes: number;
  readonly text: string;
}

/** @param vapidKey the public key with which the browser subscribed */
export async function pushService(folder: string, vapidKey: () => string) {
  const at = await plantCertificates(folder);
  const browsers = new Map<string, ReturnType<typeof createBrowser>>();
  const answers = new Map<string, number>();
  const pushed: Pushed[] = [];
  const broken: string[] = [];
  const tls = { key: readFileSync(at('broker.key')), cert: readFileSync(at('broker.pem')) };
  const server = https.createServer(tls, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const path = request.url ?? '';
      try {
        const { headers } = request;
        if (headers['content-encoding'] !== 'aes128gcm') throw new Error(`encoded as ${headers['content-encoding']}`);
        const contact = checkedVapid(headers.authorization ?? '', `https://${headers.host}`, vapidKey());
        const topic = String(headers.topic);
        if (!/^[A-Za-z0-9_-]{1,32}$/.test(topic)) throw new Error(`the topic ${topic}`);
        const body = Buffer.concat(chunks);
        if (body.length > 4096) throw new Error(`${body.length} bytes`);
        const browser = browsers.get(path);
        if (!browser) throw new Error(`nobody subscribed ${path}`);
        const text = browser.decrypt(body);
        const { urgency, ttl } = headers;
        pushed.push({ path, topic, urgency: String(urgency), ttl: Number(ttl), contact, bytes: body.length, text });
        response.writeHead(answers.get(path) ?? 201).end();
      } catch (error) {
        broken.push(String(error));
        response.writeHead(400).end();
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    caFile: at('ca.pem'),
    pushed,
    /** What was not as the RFCs say. */
    broken,
    /** What a browser gives the page that subscribes. */
    subscribe(path: string) {
      const browser = createBrowser();
      browsers.set(path, browser);
      return { endpoint: `https://127.0.0.1:${port}${path}`, keys: browser.keys };
    },
    /** From now on it answers with this status. */
    answer: (path: string, status: number) => void answers.set(path, status),
    async get(n: number): Promise<Pushed[]> {
      await until(() => pushed.length >= n || broken.length > 0, `${n} pushes`);
      return pushed.slice(0, n);
    },
  };
}

function createBrowser() {
  const own = createECDH('prime256v1');
  const publicKey = own.generateKeys();
  const auth = randomBytes(16);
  const derive = (secret: Buffer, salt: Buffer, info: string | Buffer, length: number) =>
    Buffer.from(hkdfSync('sha256', secret, salt, info, length));
  return {
    keys: { p256dh: publicKey.toString('base64url'), auth: auth.toString('base64url') },
    /** RFC 8291, 3.4, over the header of RFC 8188, 2.1. */
    decrypt(body: Buffer): string {
      const salt = body.subarray(0, 16);
      const length = body.readUInt8(20);
      const sender = body.subarray(21, 21 + length);
      const record = body.subarray(21 + length);
      if (body.readUInt32BE(16) < record.length) throw new Error('more than one record');
      const info = Buffer.concat([Buffer.from('WebPush: info\0'), publicKey, sender]);
      const secret = derive(own.computeSecret(sender), auth, info, 32);
      const key = derive(secret, salt, 'Content-Encoding: aes128gcm\0', 16);
      const nonce = derive(secret, salt, 'Content-Encoding: nonce\0', 12);
      const decipher = createDecipheriv('aes-128-gcm', key, nonce).setAuthTag(record.subarray(-16));
      const padded = Buffer.concat([decipher.update(record.subarray(0, -16)), decipher.final()]);
      const end = padded.lastIndexOf(2);
      if (end < 0 || padded.subarray(end + 1).some((byte) => byte !== 0)) throw new Error('the last record has no end');
      return padded.subarray(0, end).toString('utf8');
    },
  };
}

/** RFC 8292, 2 and 3. @returns the contact. @throws Error that says what is wrong */
function checkedVapid(authorization: string, origin: string, wanted: string): string {
  const [, token = '', key = ''] = /^vapid t=([^,\s]+), ?k=([A-Za-z0-9_-]+)$/.exec(authorization) ?? [];
  if (key !== wanted) throw new Error('another key than the one that the browser subscribed with');
  const [header = '', claims = '', signature = ''] = token.split('.');
  const point = Buffer.from(key, 'base64url');
  const [x, y] = [point.subarray(1, 33).toString('base64url'), point.subarray(33).toString('base64url')];
  const publicKey = createPublicKey({ key: { kty: 'EC', crv: 'P-256', x, y }, format: 'jwk' });
  const signed = Buffer.from(`${header}.${claims}`);
  const how = { key: publicKey, dsaEncoding: 'ieee-p1363' } as const;
  if (!verify('sha256', signed, how, Buffer.from(signature, 'base64url'))) throw new Error('the signature is wrong');
  const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString('utf8')) as Record<string, unknown>;
  if (read(header).alg !== 'ES256') throw new Error('the algorithm is wrong');
  const { aud, exp, sub } = read(claims);
  const left = Number(exp) - Date.now() / 1000;
  if (aud !== origin) throw new Error(`it is for ${String(aud)}, not ${origin}`);
  if (!(left > 0 && left <= 86_400)) throw new Error(`it ends in ${left} s`);
  return String(sub);
}
