/**
 * As much of a hub as a device needs to update itself: a real broker, signed metadata and packages over HTTP. Its faults are
 * switches.
 */
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { channels, topicOf } from '../../shared/contract/channels.ts';
import { decode, encode } from '../../shared/contract/codec.ts';
import { etagOf, METADATA_PATH, packagePathOf } from '../../shared/contract/delivery.ts';
import {
  type DesiredModel,
  type DesiredStreams,
  desiredModel,
  targetPathOf,
} from '../../shared/contract/messages/desired.ts';
import type { ModelReport } from '../../shared/contract/messages/model-report.ts';
import { type Report, report } from '../../shared/contract/messages/report.ts';
import { packPackage } from '../../shared/engine/package/archive.ts';
import { digestOf } from '../../shared/kit/digest.ts';
import { startBroker, TinyHub } from '../agent/sync/tiny-hub.ts';
import { Forge } from '../shared/trust/forge.ts';
import { writeBrightPackage } from './onnx.ts';
import { until } from './until.ts';

export interface DesiringHub {
  readonly mqttUrl: string;
  readonly httpUrl: string;
  readonly rootFile: string;
  readonly records: TinyHub;
  /** Packs a folder, signs it, and serves it. */
  publish(dir: string, options?: { signed?: boolean }): Promise<DesiredModel>;
  /** What the device should run from now on. */
  desire(models: Readonly<Record<string, DesiredModel>>, streams?: DesiredStreams): string;
  /** The device's last report. */
  report(): Report | undefined;
  /** Waits until the last report says so of a model. */
  sees(model: string, what: string, look: (reported: ModelReport) => unknown, timeoutMs?: number): Promise<ModelReport>;
  /** Bytes after which each answer with a package breaks off; undefined: none does. */
  breakAfter: number | undefined;
  /** Changes the bytes of packages on their way. */
  spoil: ((bytes: Buffer) => Buffer) | undefined;
  /** Offsets that packages were asked from. */
  readonly asked: number[];
  /** What they were asked with. */
  readonly authorizations: (string | undefined)[];
  stop(): Promise<void>;
}

export async function startDesiringHub(folder: string, device: string): Promise<DesiringHub> {
  const broker = await startBroker();
  const records = new TinyHub(device);
  records.attach(broker);
  const forge = new Forge();
  forge.now = Date.now();
  forge.publishRoot(forge.keys.root);
  forge.publish();
  const packages = new Map<string, Buffer>();
  const rootFile = path.join(folder, 'root.json');
  writeFileSync(rootFile, forge.file('2.root.json'));
  const asked: number[] = [];
  const authorizations: (string | undefined)[] = [];

  const server = createServer((request, response) => {
    if (request.url?.startsWith(METADATA_PATH)) {
      const file = forge.files.get(decodeURIComponent(request.url.slice(METADATA_PATH.length)));
      response.writeHead(file ? 200 : 404).end(file);
      return;
    }
    servePackage(request, response);
  });
  const servePackage = (request: IncomingMessage, response: ServerResponse) => {
    const digest = [...packages.keys()].find((d) => packagePathOf(d) === request.url);
    const whole = digest && packages.get(digest);
    if (!digest || !whole) return void response.writeHead(404).end();
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    asked.push(from);
    authorizations.push(request.headers.authorization);
    const bytes = (hub.spoil?.(whole) ?? whole).subarray(from);
    response.writeHead(from > 0 ? 206 : 200, {
      etag: etagOf(digest),
      'content-length': bytes.length,
      ...(from > 0 ? { 'content-range': `bytes ${from}-${whole.length - 1}/${whole.length}` } : {}),
    });
    if (hub.breakAfter === undefined || hub.breakAfter >= bytes.length) return void response.end(bytes);
    response.write(bytes.subarray(0, hub.breakAfter), () => setTimeout(() => response.destroy(), 20));
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  const hub: DesiringHub = {
    mqttUrl: broker.url,
    httpUrl: `http://127.0.0.1:${port}`,
    rootFile,
    records,
    asked,
    authorizations,
    breakAfter: undefined,
    spoil: undefined,
    async publish(dir, { signed = true } = {}) {
      const { name, version } = JSON.parse(readFileSync(path.join(dir, 'model.yaml'), 'utf8'));
      const archive = path.join(folder, `${name}-${version}.tar.gz`);
      const { digest, bytes } = await packPackage(dir, archive);
      const content = readFileSync(archive);
      packages.set(digest, content);
      const target = targetPathOf({ name, version });
      if (signed) {
        forge.addTarget(target, content);
        forge.publish();
      }
      return desiredModel.parse({ name, version, digest, bytes, target });
    },
    desire(models, streams) {
      const content = { models, ...(streams ? { streams } : {}) };
      const revision = digestOf(JSON.stringify(content));
      broker.aedes.publish(
        {
          cmd: 'publish',
          topic: topicOf(device, 'desired'),
          payload: encode({ revision, ...content }),
          qos: 1,
          retain: true,
          dup: false,
        },
        () => undefined,
      );
      return revision;
    },
    report() {
      const last = records.messages.findLast((m) => m.channel === 'report');
      return last && report.parse(decode(last.payload, channels.report.maxBytes));
    },
    async sees(model, what, look, timeoutMs = 90_000) {
      await until(
        () => {
          const reported = hub.report()?.models?.[model];
          return reported && look(reported) ? true : new Error(JSON.stringify(reported));
        },
        `${model}: ${what}`,
        timeoutMs,
      );
      const reported = hub.report()?.models?.[model];
      if (!reported) throw new Error('unreachable');
      return reported;
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await broker.stop();
    },
  };
  return hub;
}

/** A package that finds the bright walker of a generated clip; each version is another file. */
export function walkerVersion(
  folder: string,
  version: string,
  options: Parameters<typeof writeBrightPackage>[1] = {},
  manifest: Record<string, unknown> = {},
): string {
  const dir = path.join(folder, `walker-${version}`);
  return writeBrightPackage(
    dir,
    { size: 128, boxCells: 6, ...options },
    { name: 'walker', version, threshold: 0.7, ...manifest },
  );
}

/** An agent of one street camera (a clip in a loop) with this hub. */
export function writeUpdatingAgent(
  folder: string,
  hub: DesiringHub,
  clip: string,
  more: Record<string, unknown> = {},
): string {
  writeFileSync(path.join(folder, 'device.token'), 'secret');
  const file = path.join(folder, 'agent.yaml');
  const config = {
    device: 'box',
    hub: { url: hub.mqttUrl, tokenFile: './device.token' },
    updates: { url: hub.httpUrl, rootFile: hub.rootFile },
    models: { walker: walkerVersion(folder, '1.0.0') },
    streams: { street: { source: { url: clip, loop: true }, model: 'walker', summaryS: 1 } },
    api: false,
    log: 'info',
    ...more,
  };
  writeFileSync(file, JSON.stringify(config));
  return file;
}
