/**
 * `agent.yaml`. A wrong field at the top refuses the whole file; a wrong field in a stream refuses that stream, and the
 * others start. Relative paths are relative to the file.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { type StreamConfig, streamConfig } from '../shared/contract/config/stream.ts';
import { name } from '../shared/contract/names.ts';
import { providers } from '../shared/engine/infer/provider.ts';
import { digestOf } from '../shared/kit/digest.ts';
import { messageOf } from '../shared/kit/errors.ts';
import { type Complaint, complaintsOf, describeComplaints } from '../shared/kit/schema.ts';
import { isLoopback } from './api/loopback.ts';
import { absoluteAddress, absoluteSource } from './pipeline/source/address.ts';

const hub = z
  .strictObject({
    url: z
      .string()
      .regex(/^mqtts?:\/\/[^@\s]+$/, 'must be mqtt://host:port or mqtts://host:port, without user or password')
      .describe("the hub's MQTT address"),
    tokenFile: z.string().min(1).describe("file with the device's token; `vedette-hub device add NAME` prints it"),
    version: z.enum(['3.1.1', '5']).default('3.1.1').describe('of MQTT; the embedded broker speaks 3.1.1'),
    caFile: z
      .string()
      .min(1)
      .optional()
      .describe('PEM of the authority to trust with mqtts, instead of the public ones'),
    certFile: z
      .string()
      .min(1)
      .optional()
      .describe("PEM of the device's own certificate, for a broker that asks for one"),
    keyFile: z.string().min(1).optional().describe('PEM of its key'),
    backfillPerSecond: z
      .number()
      .positive()
      .max(1e6)
      .default(2000)
      .describe('records a second of a backlog, which is sent beside what happens now'),
  })
  .superRefine(({ url, caFile, certFile, keyFile }, context) => {
    const wrong = (key: string, message: string) => context.addIssue({ code: 'custom', path: [key], message });
    if (!url.startsWith('mqtts:')) {
      for (const [key, file] of Object.entries({ caFile, certFile, keyFile }))
        if (file !== undefined) wrong(key, 'is for mqtts://');
    }
    if ((certFile === undefined) !== (keyFile === undefined))
      wrong('keyFile', 'certificate and key are given together');
  });

const updates = z.strictObject({
  url: z
    .string()
    .regex(/^https?:\/\/[^@\s]+$/, 'must be http://host:port or https://host:port, without user or password')
    .describe("the hub's HTTP address, from which signed metadata and packages come"),
  rootFile: z
    .string()
    .min(1)
    .describe(
      'file with the root of trust: the first `root.json` of those who sign, brought by another way than the hub',
    ),
  maxKBps: z.number().positive().max(1e6).optional().describe('kilobytes a second of a download; default: no limit'),
  reserveMb: z.number().int().min(0).max(1_000_000).default(256).describe('disk that downloads leave free'),
});

const model = z.strictObject({
  path: z.string().min(1).describe('folder of a model package'),
  variant: z
    .enum(['auto', 'fp32', 'fp16', 'int8'])
    .default('auto')
    .describe('auto: the one that is fastest on this machine, which is measured once'),
});

/** The local HTTP API; what it may be bound to is decided here, so that a wrong file is refused before anything listens. */
const api = z
  .strictObject({
    host: z
      .string()
      .min(1)
      .max(253)
      .default('127.0.0.1')
      .describe('address to listen on; any but loopback needs a token'),
    port: z.number().int().min(0).max(65_535).default(8090).describe('0: one that is free'),
    tokenFile: z.string().min(1).optional().describe('file with the token that callers send as a bearer token'),
  })
  .superRefine(({ host, tokenFile }, context) => {
    if (isLoopback(host) || tokenFile !== undefined) return;
    const message = `must name a file with a token, because \`api.host\` is not loopback but "${host}"`;
    context.addIssue({ code: 'custom', path: ['tokenFile'], message });
  });

const agentConfig = z.strictObject({
  device: name,
  dataDir: z.string().min(1).default('./data'),
  hub: hub.optional(),
  updates: updates.optional().describe('models that the hub may send; without it those of this file run'),
  models: z.record(
    name,
    z.union([
      z
        .string()
        .min(1)
        .transform((p) => model.parse({ path: p })),
      model,
    ]),
  ),
  // Checked one by one below: a wrong stream must not stop the others.
  streams: z.record(z.string(), z.unknown()),
  runners: z
    .strictObject({
      count: z.union([z.literal('auto'), z.number().int().min(1).max(64)]).default('auto'),
      threads: z.number().int().min(1).max(64).default(1).describe('threads of one inference'),
      provider: z
        .enum(providers)
        .default('cpu')
        .describe('execution provider of ONNX Runtime; falls back to the CPU, and says so, where it cannot be had'),
      memoryMb: z
        .number()
        .int()
        .min(128)
        .max(1_000_000)
        .default(1024)
        .describe('a runner that takes more is drained and started afresh'),
    })
    .default({ count: 'auto', threads: 1, provider: 'cpu', memoryMb: 1024 }),
  buffer: z
    .strictObject({
      quotaMb: z.number().int().min(8).max(1_000_000).default(512).describe('most disk the outbox may take'),
    })
    .default({ quotaMb: 512 }),
  api: z
    .union([z.literal(false), api])
    .default(() => api.parse({}))
    .describe('false turns the local API off'),
  log: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
});

export interface RefusedStream {
  readonly stream: string;
  readonly complaints: readonly Complaint[];
}

export interface AgentConfig extends Omit<z.infer<typeof agentConfig>, 'streams'> {
  readonly streams: ReadonlyMap<string, StreamConfig>;
  readonly refused: readonly RefusedStream[];
  /** Of the file; what relative paths start from. */
  readonly folder: string;
  /** Names this very text: short digest. */
  readonly revision: string;
}

/** A configuration that cannot be used at all; the message has one line a complaint. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** @throws ConfigError naming the file and, for each wrong field, its path, what was found and what is allowed */
export function loadConfig(file: string): AgentConfig {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigError(`${file}: cannot be read: ${messageOf(error)}`);
  }
  return parseConfig(text, path.resolve(file));
}

/** @param file absolute; names the source in errors and anchors relative paths */
export function parseConfig(text: string, file: string): AgentConfig {
  let raw: unknown;
  try {
    raw = parse(text);
  } catch (error) {
    throw new ConfigError(`${file}: not YAML: ${messageOf(error)}`);
  }
  const parsed = agentConfig.safeParse(raw);
  if (!parsed.success) {
    const lines = complaintsOf(parsed.error, raw).map((c) => `\n  ${describeComplaints([c])}`);
    throw new ConfigError(`${file} is not a valid configuration:${lines.join('')}`);
  }
  const folder = path.dirname(file);
  const { streams: rawStreams, models, hub: hubConfig, updates: updatesConfig, api: apiConfig, ...rest } = parsed.data;
  const { streams, refused } = checkStreams(rawStreams, Object.keys(models), folder);
  return {
    ...rest,
    ...(hubConfig ? { hub: withAbsoluteFiles(hubConfig, folder) } : {}),
    ...(updatesConfig ? { updates: { ...updatesConfig, rootFile: path.resolve(folder, updatesConfig.rootFile) } } : {}),
    api:
      apiConfig !== false && apiConfig.tokenFile !== undefined
        ? { ...apiConfig, tokenFile: path.resolve(folder, apiConfig.tokenFile) }
        : apiConfig,
    dataDir: path.resolve(folder, rest.dataDir),
    models: Object.fromEntries(
      Object.entries(models).map(([id, m]) => [id, { ...m, path: path.resolve(folder, m.path) }]),
    ),
    streams,
    refused,
    folder,
    revision: digestOf(text).slice(0, 'sha256:'.length + 12),
  };
}

/**
 * Streams as they stand in `agent.yaml`, or as the hub sends them, one by one.
 * @param models names that a stream may use
 * @param folder what relative paths start from
 */
export function checkStreams(
  raw: Readonly<Record<string, unknown>>,
  models: readonly string[],
  folder: string,
): { streams: Map<string, StreamConfig>; refused: RefusedStream[] } {
  const streams = new Map<string, StreamConfig>();
  const refused: RefusedStream[] = [];
  for (const [stream, value] of Object.entries(raw)) {
    const complaints = checkStream(stream, value, models);
    if (Array.isArray(complaints)) refused.push({ stream, complaints });
    else streams.set(stream, withAbsoluteSource(complaints, folder));
  }
  return { streams, refused };
}

function checkStream(stream: string, value: unknown, models: readonly string[]): StreamConfig | Complaint[] {
  const root = `streams.${stream}`;
  const named = name.safeParse(stream);
  if (!named.success)
    return [{ path: root, message: `the stream's name ${named.error.issues[0]?.message ?? 'is not allowed'}` }];
  const parsed = streamConfig.safeParse(value);
  if (!parsed.success) return complaintsOf(parsed.error, value, root);
  if (models.includes(parsed.data.model)) return parsed.data;
  const known = models.length > 0 ? `; known are: ${models.join(', ')}` : '; `models` is empty';
  return [{ path: `${root}.model`, message: `names no model of \`models\`: found "${parsed.data.model}"${known}` }];
}

function withAbsoluteFiles(config: z.infer<typeof hub>, folder: string): z.infer<typeof hub> {
  const files = Object.entries(config).filter(([key]) => key.endsWith('File'));
  return { ...config, ...Object.fromEntries(files.map(([key, file]) => [key, path.resolve(folder, String(file))])) };
}

function withAbsoluteSource(config: StreamConfig, folder: string): StreamConfig {
  if (config.kind === 'audio') {
    return { ...config, source: { ...config.source, url: absoluteAddress(config.source.url, folder) } };
  }
  if (config.kind !== 'sensor') return { ...config, source: absoluteSource(config.source, folder) };
  const { url, passwordFile } = config.source;
  const password = passwordFile === undefined ? {} : { passwordFile: path.resolve(folder, passwordFile) };
  return { ...config, source: { ...config.source, url: absoluteAddress(url, folder), ...password } };
}
