/**
 * `agent.yaml`. A wrong field at the top refuses the whole file; a wrong field in a stream refuses that stream, and the
 * others start. Relative paths are relative to the file.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { deviceEscalation } from '../shared/contract/config/escalate.ts';
import type { StreamConfig } from '../shared/contract/config/stream.ts';
import { name } from '../shared/contract/names.ts';
import { providers } from '../shared/engine/infer/provider.ts';
import { digestOf } from '../shared/kit/digest.ts';
import { messageOf } from '../shared/kit/errors.ts';
import { isLoopback } from '../shared/kit/loopback.ts';
import { complaintsOf, describeComplaints } from '../shared/kit/schema.ts';
import { readYamlText } from '../shared/kit/yaml.ts';
import { checkStreams, type RefusedStream } from './check-streams.ts';
import { absoluteKeys, encryptionConfig } from './encryption-config.ts';
import { type Environment, fillIn } from './environment.ts';
import { absolutePushed, pushedConfig } from './pushed.ts';

const hub = z
  .strictObject({
    url: z
      .string()
      .regex(/^(mqtts?|wss?):\/\/[^@\s]+$/, 'must be mqtt://host:port (or mqtts, ws, wss), without user or password')
      .describe("the hub's MQTT address"),
    identityFile: z.string().min(1).optional().describe('identity.json, which `vedette-agent enroll` writes'),
    tokenFile: z
      .string()
      .min(1)
      .optional()
      .describe("file with the device's token, instead of an identity; `vedette-hub device add NAME` prints it"),
    version: z.enum(['3.1.1', '5']).default('3.1.1').describe('of MQTT; the embedded broker speaks 3.1.1'),
    caFile: z
      .string()
      .min(1)
      .optional()
      .describe('PEM of the authority to trust with mqtts, wss and https, instead of the public ones'),
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
    logKbPerHour: z
      .number()
      .int()
      .min(0)
      .max(1_000_000)
      .default(1024)
      .describe("kilobytes of this agent's log that the hub is sent per hour, behind the records; 0: none"),
  })
  .superRefine(({ url, identityFile, tokenFile, caFile, certFile, keyFile }, context) => {
    const wrong = (key: string, message: string) => context.addIssue({ code: 'custom', path: [key], message });
    if (!/^(mqtts|wss):/.test(url)) {
      for (const [key, file] of Object.entries({ identityFile, caFile, certFile, keyFile }))
        if (file !== undefined) wrong(key, 'is for mqtts:// and wss://');
    }
    if ((identityFile === undefined) === (tokenFile === undefined))
      wrong('identityFile', 'give either an identity (`vedette-agent enroll`) or `tokenFile`');
    if (identityFile !== undefined && certFile !== undefined)
      wrong('certFile', 'the identity has a certificate: leave this out');
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

const traces = z.strictObject({
  endpoint: z
    .string()
    .regex(/^https?:\/\/[^@\s]+$/, 'must be http://host:port/v1/traces or https://…, without user or password')
    .describe('collector that takes OTLP over HTTP'),
  sample: z.number().min(0).max(1).default(0.01).describe('the part of records that are traced; documents always are'),
  tokenFile: z.string().min(1).optional().describe('file with the bearer token for it'),
});

const days = z.number().int().min(1).max(366).optional();

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

export const agentConfig = z.strictObject({
  device: name,
  dataDir: z.string().min(1).default('./data'),
  hub: hub.optional(),
  updates: updates.optional().describe('models that the hub may send; without it those of this file run'),
  models: z
    .record(
      name,
      z.union([
        z
          .string()
          .min(1)
          .transform((p) => model.parse({ path: p })),
        model,
      ]),
    )
    .default({})
    .describe('model packages by name; none where all streams have an online detector'),
  // Checked one by one below: a wrong stream must not stop the others.
  streams: z.record(z.string(), z.unknown()),
  pushed: pushedConfig
    .default({ folders: [], secrets: [] })
    .describe('what streams of the hub may use of this box, beside the sources of its own streams; default: nothing'),
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
      keepDays: z
        .strictObject({ events: days, pictures: days, readings: days })
        .optional()
        .describe(
          'how long what was not sent is kept, in days in which the agent runs; default: until it is sent or the quota is full',
        ),
    })
    .default({ quotaMb: 512 }),
  encryption: encryptionConfig
    .optional()
    .describe(
      'records, samples, models of the hub and what online detectors learn are encrypted in the data folder; default: plain text',
    ),
  escalate: deviceEscalation
    .prefault({})
    .describe(
      'what the second opinions of all streams together may cost; which streams ask is said by their `escalate`',
    ),
  api: z
    .union([z.literal(false), api])
    .default(() => api.parse({}))
    .describe('false turns the local API off'),
  traces: traces.optional().describe('sampled traces of records and of documents, by OpenTelemetry; default: none'),
  log: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
});

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
export function loadConfig(file: string, environment: Environment = {}): AgentConfig {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigError(`${file}: cannot be read: ${messageOf(error)}`);
  }
  return parseConfig(text, path.resolve(file), environment);
}

/** Keys `x-…` at the top hold what is shared by anchors and `<<`, as in Compose files. */
function withoutExtensions(raw: unknown): unknown {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return raw;
  return Object.fromEntries(Object.entries(raw).filter(([key]) => !key.startsWith('x-')));
}

/**
 * @param file absolute; names the source in errors and anchors relative paths
 * @param environment what `${NAME}` in a text stands for
 */
export function parseConfig(text: string, file: string, environment: Environment = {}): AgentConfig {
  let raw: unknown;
  try {
    raw = withoutExtensions(readYamlText(text));
  } catch (error) {
    throw new ConfigError(`${file}: ${messageOf(error)}`);
  }
  const filled = fillIn(raw, environment);
  const ofStream = ({ keys }: { keys: readonly string[] }) => (keys[0] === 'streams' ? keys[1] : undefined);
  const fatal = filled.unset.filter((one) => ofStream(one) === undefined);
  if (fatal.length > 0)
    throw new ConfigError(
      `${file} is not a valid configuration:${fatal.map((c) => `\n  ${describeComplaints([c])}`).join('')}`,
    );
  const parsed = agentConfig.safeParse(filled.value);
  if (!parsed.success) {
    const lines = complaintsOf(parsed.error, raw).map((c) => `\n  ${describeComplaints([c])}`);
    throw new ConfigError(`${file} is not a valid configuration:${lines.join('')}`);
  }
  const folder = path.dirname(file);
  const {
    streams: rawStreams,
    models,
    hub: hubConfig,
    updates: updatesConfig,
    api: apiConfig,
    encryption,
    traces: tracesConfig,
    ...rest
  } = parsed.data;
  const { streams, refused } = checkStreams(rawStreams, Object.keys(models), folder, writtenStreams(raw));
  const unfilled = [...new Set(filled.unset.flatMap((one) => ofStream(one) ?? []))].map((stream) => ({
    stream,
    complaints: filled.unset.filter((one) => ofStream(one) === stream),
  }));
  for (const { stream } of unfilled) streams.delete(stream);
  return {
    ...rest,
    ...(hubConfig ? { hub: withAbsoluteFiles(hubConfig, folder) } : {}),
    ...(updatesConfig ? { updates: { ...updatesConfig, rootFile: path.resolve(folder, updatesConfig.rootFile) } } : {}),
    api:
      apiConfig !== false && apiConfig.tokenFile !== undefined
        ? { ...apiConfig, tokenFile: path.resolve(folder, apiConfig.tokenFile) }
        : apiConfig,
    dataDir: path.resolve(folder, rest.dataDir),
    ...(tracesConfig ? { traces: withAbsoluteFiles(tracesConfig, folder) } : {}),
    ...(encryption ? { encryption: absoluteKeys(encryption, folder) } : {}),
    pushed: absolutePushed(rest.pushed, folder),
    models: Object.fromEntries(
      Object.entries(models).map(([id, m]) => [id, { ...m, path: path.resolve(folder, m.path) }]),
    ),
    streams,
    refused: [...unfilled, ...refused.filter(({ stream }) => !unfilled.some((one) => one.stream === stream))],
    folder,
    revision: digestOf(text).slice(0, 'sha256:'.length + 12),
  };
}

function writtenStreams(raw: unknown): Readonly<Record<string, unknown>> {
  const file = z.looseObject({ streams: z.record(z.string(), z.unknown()) }).safeParse(raw);
  return file.success ? file.data.streams : {};
}

function withAbsoluteFiles<T extends object>(config: T, folder: string): T {
  const files = Object.entries(config).filter(([key]) => key.endsWith('File'));
  return { ...config, ...Object.fromEntries(files.map(([key, file]) => [key, path.resolve(folder, String(file))])) };
}
