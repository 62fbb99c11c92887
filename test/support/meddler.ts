/** Somebody between devices and the HTTP of their hub, who passes everything on until told otherwise. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { METADATA_PATH, packagePathOf } from '../../shared/contract/delivery.ts';
import { readFile } from '../../shared/trust/file.ts';
import { metadataBytes, signingKeyFromPem, signMetadata } from '../../shared/trust/sign.ts';

/** After the last byte that it lets through, milliseconds. */
const BREAKS_AFTER_MS = 200;

export interface Meddler {
  readonly url: string;
  /** Files of metadata that are given instead of the hub's. */
  forged: ReadonlyMap<string, Buffer>;
  /** Of this package no byte beyond these ever arrives. */
  cut: { readonly digest: string; readonly after: number } | undefined;
}

export async function startMeddler(hub: string): Promise<Meddler> {
  const pass = async (request: IncomingMessage, response: ServerResponse) => {
    const { url = '/', headers } = request;
    const forged = url.startsWith(METADATA_PATH) ? meddler.forged.get(url.slice(METADATA_PATH.length)) : undefined;
    if (forged) return void response.end(forged);
    const asked = ['authorization', 'range', 'if-range'].flatMap((name): [string, string][] => {
      const value = headers[name];
      return typeof value === 'string' ? [[name, value]] : [];
    });
    const answer = await fetch(new URL(url, hub), { headers: asked });
    const body = Buffer.from(await answer.arrayBuffer());
    const reported = ['content-type', 'content-range', 'etag', 'date', 'retry-after'].flatMap((name) => {
      const value = answer.headers.get(name);
      return value === null ? [] : [[name, value] as const];
    });
    response.writeHead(answer.status, { ...Object.fromEntries(reported), 'content-length': body.length });
    const { cut } = meddler;
    if (!cut || url !== packagePathOf(cut.digest)) return void response.end(body);
    const from = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0);
    response.write(body.subarray(0, Math.max(0, cut.after - from)));
    // A client may throw away what it has not read when the line breaks.
    setTimeout(() => response.destroy(), BREAKS_AFTER_MS);
  };
  const server = createServer((request, response) => {
    pass(request, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const meddler: Meddler = { url: `http://127.0.0.1:${port}`, forged: new Map(), cut: undefined };
  return meddler;
}

/**
 * The hub's present metadata as somebody makes it who has stolen the keys that it holds, and not those of the targets: a
 * targets.json whose signature is not valid, and above it files that name it and are signed in order.
 * @param trustDir `trust` of the hub's data folder
 */
export function forgeTargets(trustDir: string): Map<string, Buffer> {
  const read = (file: string) => readFileSync(path.join(trustDir, 'metadata', file));
  const keyOf = (role: string) => signingKeyFromPem(readFileSync(path.join(trustDir, 'keys', `${role}.pem`), 'utf8'));
  const timestamp = readFile('timestamp', read('timestamp.json')).signed;
  const snapshotFile = `${timestamp.meta['snapshot.json'].version}.snapshot.json`;
  const snapshot = readFile('snapshot', read(snapshotFile)).signed;
  const targetsFile = `${snapshot.meta['targets.json'].version}.targets.json`;
  const { envelope } = readFile('targets', read(targetsFile));

  const spoiled = (sig: string) => `${sig.startsWith('0') ? '1' : '0'}${sig.slice(1)}`;
  const signatures = envelope.signatures.map(({ keyid, sig }) => ({ keyid, sig: spoiled(sig) }));
  const targets = metadataBytes({ ...envelope, signatures });
  const snapshotMeta = { 'targets.json': naming(snapshot.meta['targets.json'].version, targets) };
  const forgedSnapshot = metadataBytes(
    signMetadata<'snapshot'>({ ...snapshot, meta: snapshotMeta }, [keyOf('snapshot')]),
  );
  const timestampMeta = { 'snapshot.json': naming(timestamp.meta['snapshot.json'].version, forgedSnapshot) };
  const forgedTimestamp = metadataBytes(
    signMetadata<'timestamp'>({ ...timestamp, meta: timestampMeta }, [keyOf('timestamp')]),
  );
  return new Map([
    [targetsFile, targets],
    [snapshotFile, forgedSnapshot],
    ['timestamp.json', forgedTimestamp],
  ]);
}

function naming(version: number, bytes: Buffer) {
  return { version, length: bytes.length, hashes: { sha256: createHash('sha256').update(bytes).digest('hex') } };
}
