/** Where the samples of a sensor come from, and how its rows are read. Checked by agent and hub alike. */
import { z } from 'zod';
import { type ChannelSource, channelSource, place, topic } from './channel-source.ts';
import { allForms, formsThatTake, type SensorKindEntry, sensorKindOf, sensorKinds } from './sensor-kinds.ts';
import { createPattern } from './time-pattern.ts';

/** A file, or the address of a server. */
export const address = z.string().min(1).max(2048);

const file = z.string().min(1);

export const timeUnits = ['s', 'ms', 'us', 'ns'] as const;
export type TimeUnit = (typeof timeUnits)[number];

const timeFormat = z
  .string()
  .min(1)
  .max(64)
  .superRefine((format, context) => {
    try {
      createPattern(format);
    } catch (error) {
      context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) });
    }
  });

const timeZone = z
  .string()
  .min(1)
  .max(64)
  .refine((zone) => isZone(zone), { error: 'is no time zone; write one as Europe/Berlin' });

function isZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }) !== undefined;
  } catch {
    return false;
  }
}

const fields = {
  url: address
    .refine((url) => sensorKindOf(url) === 'file' || !/^[^/]*\/\/[^/]*@/.test(url), {
      error: 'must not carry credentials; give them as `username` and `passwordFile`',
    })
    .describe(
      'a CSV or JSON-lines file, mqtt://HOST:PORT (or mqtts, ws, wss), http(s)://, modbus://HOST[:PORT], ' +
        'opc.tcp://HOST:PORT or serial:/dev/NAME',
    ),
  format: z
    .enum(['csv', 'jsonl'])
    .optional()
    .describe('of a file; default: by its ending (.csv, .tsv; .jsonl, .ndjson, .json)'),
  topic: topic
    .optional()
    .describe(
      'of a broker: an MQTT topic or filter; each message is one row, or a list of rows. With a filter the first topic that gives ' +
        'a row is the one of this stream',
    ),
  username: z.string().min(1).max(256).optional().describe('of a server; with `passwordFile`'),
  passwordFile: file.optional().describe('of a server: file that holds the password'),
  caFile: file
    .optional()
    .describe('of a server: PEM of the authority to trust with mqtts, wss and https, instead of the public ones'),
  certFile: file.optional().describe('of a server: PEM of our own certificate, where it asks for one'),
  keyFile: file.optional().describe('of a server: PEM of its key'),
  version: z.enum(['3.1.1', '5']).optional().describe('of MQTT; default: 3.1.1'),
  rows: place
    .optional()
    .describe('where a list of rows stands in a message or a line of JSON; default: it is a row, or a list of rows'),
  time: place
    .optional()
    .describe(
      'where the time of a row stands: ISO 8601, 31.03.2024 14:00, or a number since 1970; ' +
        'default: `timestamp` in a file, the time of arrival for a broker',
    ),
  timeUnit: z
    .enum(timeUnits)
    .optional()
    .describe('of a time that is a number; default: by its size, as of a time since 1970'),
  timeFormat: timeFormat
    .optional()
    .describe(
      'how the time is written, in the letters of Unicode: dd/MM/yyyy HH:mm:ss, with S (fraction), a (am or pm), X (zone)',
    ),
  timeZone: timeZone
    .optional()
    .describe('of times that name no zone, as Europe/Berlin; daylight saving is followed; default: UTC'),
  values: z
    .record(z.string().min(1).max(128), z.union([place, channelSource]))
    .optional()
    .describe(
      "where each of the model's channels stands, or that and which values are none; default: under its own name",
    ),
  holdS: z
    .number()
    .positive()
    .max(86_400)
    .optional()
    .describe(
      'messages that carry some of the channels are put together: the last value of a channel counts for so many seconds; default: ' +
        'each message has all channels',
    ),
  countS: z
    .number()
    .min(1)
    .max(86_400)
    .optional()
    .describe(
      'each row in which the channel stands is an event, whatever its value: how many come in so many seconds is the value, as 60 for a minute',
    ),
  pace: z
    .enum(['pts', 'fast'])
    .default('pts')
    .describe('a file: at the speed of its timestamps, or as fast as it can be analysed'),
  speed: z.number().positive().max(1e6).default(1).describe('with pace `pts`: so many times as fast'),
  loop: z.boolean().default(false).describe('start a file again when it ends'),
  follow: z
    .boolean()
    .optional()
    .describe('a growing file, as a log: only rows that are written from now on; rotation is followed'),
  everyS: z
    .number()
    .min(0.05)
    .max(86_400)
    .optional()
    .describe('of a server that is asked: seconds from one question to the next; default: 1'),
  baudRate: z.int().min(50).max(4_000_000).optional().describe('of a serial port: bits per second; default: 9600'),
  parity: z.enum(['none', 'even', 'odd']).optional().describe('of a serial port; default: none'),
  columns: z
    .array(place)
    .min(1)
    .max(64)
    .optional()
    .describe(
      'of a serial port: names of the values of a line, in their order, between commas, semicolons, tabs or spaces; default: a line is JSON',
    ),
  security: z
    .enum(['none', 'sign', 'encrypt'])
    .optional()
    .describe(
      'of OPC UA, by Basic256Sha256: sign or encrypt with `certFile` and `keyFile`, and `caFile` with the certificate of the ' +
        'server; default: none',
    ),
  unit: z.int().min(0).max(255).optional().describe('of Modbus: unit (slave) behind the address; default: 1'),
};

export const sensorSource = z.strictObject(fields).superRefine((source, context) => {
  const wrong = (key: string, message: string) => context.addIssue({ code: 'custom', path: [key], message });
  const kind = sensorKindOf(source.url);
  if (kind === undefined) return wrong('url', `is of no known kind; known are: ${allForms}`);
  const entry: SensorKindEntry = sensorKinds[kind];
  for (const [key, value] of Object.entries(source)) {
    const forms = formsThatTake(key, 'takes');
    if (value !== undefined && value !== false && forms !== '' && !entry.takes.includes(key))
      wrong(key, `is for ${forms}`);
  }
  const isSecure = entry.secure?.test(source.url) ?? false;
  for (const key of ['caFile', 'certFile', 'keyFile'] as const)
    if (source[key] !== undefined && entry.secure !== undefined && !isSecure)
      wrong(key, `is for ${kind === 'broker' ? 'mqtts:// and wss://' : 'https://'}`);
  if (entry.takes.includes('certFile') && (source.certFile === undefined) !== (source.keyFile === undefined))
    wrong('keyFile', 'certificate and key are given together');
  if ((kind === 'http' || kind === 'opcua') && (source.passwordFile === undefined) !== (source.username === undefined))
    wrong('passwordFile', 'and `username` are given together');
  if (source.timeFormat !== undefined && source.timeUnit !== undefined)
    wrong('timeUnit', 'is for times that are numbers, `timeFormat` for texts');
  if (source.countS !== undefined && source.holdS !== undefined) wrong('holdS', 'is for values, `countS` for events');
  for (const issue of channelIssues(source, entry)) context.addIssue({ code: 'custom', ...issue });
  if (kind === 'opcua') for (const [key, message] of opcuaIssues(source)) wrong(key, message);
  if (kind === 'file') for (const [key, message] of fileIssues(source)) wrong(key, message);
});
export type SensorSourceConfig = z.infer<typeof sensorSource>;

type Given = z.infer<z.ZodObject<typeof fields>>;

function channelIssues(source: Given, entry: SensorKindEntry): { path: string[]; message: string }[] {
  const channels = Object.entries(source.values ?? {}).map(([name, given]) => {
    const channel: ChannelSource = typeof given === 'string' ? { at: given } : given;
    return { name, channel };
  });
  const issues = channels.flatMap(({ name, channel }) =>
    Object.entries(channel).flatMap(([key, value]) => {
      const forms = formsThatTake(key, 'ofChannel');
      const isTaken = value === undefined || forms === '' || entry.ofChannel.includes(key);
      return isTaken ? [] : [{ path: ['values', name, key], message: `is for ${forms}` }];
    }),
  );
  if (source.countS !== undefined)
    for (const { name, channel } of channels)
      for (const key of ['range', 'missing', 'counter'] as const)
        if (channel[key] !== undefined && channel[key] !== false)
          issues.push({ path: ['values', name, key], message: 'is for values, `countS` for events' });
  const lacks = (key: 'topic' | 'register' | 'at') => channels.filter(({ channel }) => channel[key] === undefined);
  if (
    entry.ofChannel.includes('topic') &&
    source.topic === undefined &&
    (channels.length === 0 || lacks('topic').length > 0)
  )
    issues.push({ path: ['topic'], message: 'is needed with the address of a broker' });
  if (entry.ofChannel.includes('register')) {
    if (channels.length === 0)
      issues.push({ path: ['values'], message: 'is needed with modbus://: the register of each channel' });
    for (const { name } of lacks('register'))
      issues.push({ path: ['values', name, 'register'], message: 'is needed with modbus://' });
  }
  return issues;
}

function* opcuaIssues({ security = 'none', caFile, certFile, username, values }: Given): Generator<[string, string]> {
  if (security === 'none') {
    if (username !== undefined) yield ['security', 'must be sign or encrypt: a password is not sent in clear'];
    if (certFile !== undefined) yield ['security', 'must be sign or encrypt with a certificate'];
  } else {
    if (certFile === undefined) yield ['certFile', `is needed with security: ${security}`];
    if (caFile === undefined) yield ['caFile', `is needed with security: ${security}: the certificate of the server`];
  }
  if (values === undefined)
    yield ['values', 'is needed with opc.tcp://: the node of each channel, as ns=2;s=Pump.Temperature'];
}

function* fileIssues({ url, format, follow, loop }: Given): Generator<[key: string, message: string]> {
  if (format === undefined && !/\.(csv|tsv|jsonl|ndjson|json)$/i.test(url))
    yield ['format', 'is needed: csv or jsonl; the ending of `url` does not say which'];
  if (follow === true && loop) yield ['loop', 'must be left out: a file that grows has no end'];
}
