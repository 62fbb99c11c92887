/** Where the samples of a sensor come from, and how its rows are read. Checked by agent and hub alike. */
import { z } from 'zod';
import { sourceKindOf } from './source.ts';
import { createPattern } from './time-pattern.ts';

const isBroker = (url: string) => /^(mqtts?|wss?):\/\//i.test(url);
const isSecure = (url: string) => /^(mqtts|wss):\/\//i.test(url);

/** A file, or the address of a broker or of a stream of sound. */
export const address = z.string().min(1).max(2048);

/** A place in a row: a column of a CSV file, or a path into a JSON value (`a.b[0].c`, `$['a b'][-1]`; `$` is the value). */
const place = z.string().min(1).max(256);

const topic = z.string().min(1).max(1024);
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

export const channelSource = z.strictObject({
  at: place.optional().describe("where the channel stands in a row; default: under the channel's own name"),
  topic: topic.optional().describe('of a broker: the channel comes with messages of this topic or filter only'),
  range: z
    .tuple([z.number(), z.number()])
    .refine(([low, high]) => low <= high, { error: 'begins with the lowest value' })
    .optional()
    .describe('lowest and highest value that the sensor can have; a row with another one is left out'),
  missing: z
    .array(z.number())
    .min(1)
    .max(32)
    .optional()
    .describe('values that stand for none, as -127 or 65535; a row with one of them is left out'),
  counter: z
    .boolean()
    .optional()
    .describe('the value counts up, and may begin again from 0: its increase per second is the value'),
});

const fields = {
  url: address
    .refine((url) => !isBroker(url) || !/^[^/]*\/\/[^/]*@/.test(url), {
      error: 'must not carry credentials; give them as `username` and `passwordFile`',
    })
    .describe('a CSV or JSON-lines file, or the address of a broker: mqtt://HOST:PORT (or mqtts, ws, wss)'),
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
  username: z.string().min(1).max(256).optional().describe('of a broker'),
  passwordFile: file.optional().describe('of a broker: file that holds the password'),
  caFile: file
    .optional()
    .describe('of a broker: PEM of the authority to trust with mqtts and wss, instead of the public ones'),
  certFile: file.optional().describe('of a broker: PEM of our own certificate, for a broker that asks for one'),
  keyFile: file.optional().describe('of a broker: PEM of its key'),
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
  pace: z
    .enum(['pts', 'fast'])
    .default('pts')
    .describe('a file: at the speed of its timestamps, or as fast as it can be analysed'),
  speed: z.number().positive().max(1e6).default(1).describe('with pace `pts`: so many times as fast'),
  loop: z.boolean().default(false).describe('start a file again when it ends'),
};

const OF_A_BROKER = ['topic', 'username', 'passwordFile', 'caFile', 'certFile', 'keyFile', 'version'] as const;

export const sensorSource = z.strictObject(fields).superRefine((source, context) => {
  const wrong = (key: string, message: string) => context.addIssue({ code: 'custom', path: [key], message });
  const channels = Object.entries(source.values ?? {});
  const withTopic = channels.filter(([, channel]) => typeof channel === 'object' && channel.topic !== undefined);
  if (source.timeFormat !== undefined && source.timeUnit !== undefined)
    wrong('timeUnit', 'is for times that are numbers, `timeFormat` for texts');
  if (isBroker(source.url)) {
    const covered = channels.length > 0 && withTopic.length === channels.length;
    if (source.topic === undefined && !covered) wrong('topic', 'is needed with the address of a broker');
    if (source.format !== undefined) wrong('format', 'is for files; messages of a broker are JSON');
    if (source.loop) wrong('loop', 'is for files');
    for (const key of ['caFile', 'certFile', 'keyFile'] as const)
      if (source[key] !== undefined && !isSecure(source.url)) wrong(key, 'is for mqtts:// and wss://');
    if ((source.certFile === undefined) !== (source.keyFile === undefined))
      wrong('keyFile', 'certificate and key are given together');
    return;
  }
  if (sourceKindOf(source.url) !== 'path')
    wrong('url', 'is of no known kind; known are: a path, mqtt://, mqtts://, ws://, wss://');
  for (const key of OF_A_BROKER) if (source[key] !== undefined) wrong(key, 'is for a broker (mqtt://HOST:PORT)');
  for (const [name] of withTopic)
    context.addIssue({
      code: 'custom',
      path: ['values', name, 'topic'],
      message: 'is for a broker (mqtt://HOST:PORT)',
    });
  if (source.format === undefined && !/\.(csv|tsv|jsonl|ndjson|json)$/i.test(source.url))
    wrong('format', 'is needed: csv or jsonl; the ending of `url` does not say which');
});
export type SensorSourceConfig = z.infer<typeof sensorSource>;
