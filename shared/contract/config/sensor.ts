/** Streams without a picture: series of a sensor, and sound. Checked by agent and hub alike. */
import { z } from 'zod';
import { name } from '../names.ts';
import { refuseTwins } from './rule-names.ts';
import { rule } from './rules.ts';

const isMqtt = (url: string) => /^(mqtts?|wss?):\/\//i.test(url);

/** A place in a row: a column of a CSV file, or a path into a JSON value (`a.b[0].c`, with or without a leading `$.`). */
const place = z.string().min(1).max(256);

const sensorFields = z.strictObject({
  url: z
    .string()
    .min(1)
    .max(2048)
    .refine((url) => !isMqtt(url) || !/^[^/]*\/\/[^/]*@/.test(url), {
      error: 'must not carry credentials; give them as `username` and `passwordFile`',
    })
    .describe('a CSV or JSON-lines file, or the address of a broker: mqtt://HOST:PORT (or mqtts, ws, wss)'),
  format: z
    .enum(['csv', 'jsonl'])
    .optional()
    .describe('of a file; default: by its ending (.csv, .tsv; .jsonl, .ndjson, .json)'),
  topic: z
    .string()
    .min(1)
    .max(1024)
    .optional()
    .describe('of a broker: an MQTT topic or filter; each message is one row'),
  username: z.string().min(1).max(256).optional().describe('of a broker'),
  passwordFile: z.string().min(1).optional().describe('of a broker: file that holds the password'),
  time: place
    .optional()
    .describe(
      'where the time of a row stands: ISO 8601 (UTC unless it says otherwise), or s or ms since 1970; ' +
        'default: `timestamp` in a file, the time of arrival for a broker',
    ),
  values: z
    .record(z.string().min(1).max(128), place)
    .optional()
    .describe("where each of the model's channels stands; default: under its own name"),
  pace: z
    .enum(['pts', 'fast'])
    .default('pts')
    .describe('a file: at the speed of its timestamps, or as fast as it can be analysed'),
  speed: z.number().positive().max(1e6).default(1).describe('with pace `pts`: so many times as fast'),
  loop: z.boolean().default(false).describe('start a file again when it ends'),
});

export const sensorSource = sensorFields.superRefine((source, context) => {
  const wrong = (key: string, message: string) => context.addIssue({ code: 'custom', path: [key], message });
  if (isMqtt(source.url)) {
    if (source.topic === undefined) wrong('topic', 'is needed with the address of a broker');
    if (source.format !== undefined) wrong('format', 'is for files; messages of a broker are JSON');
    if (source.loop) wrong('loop', 'is for files');
    return;
  }
  for (const key of ['topic', 'username', 'passwordFile'] as const)
    if (source[key] !== undefined) wrong(key, 'is for a broker (mqtt://HOST:PORT)');
  if (source.format === undefined && !/\.(csv|tsv|jsonl|ndjson|json)$/i.test(source.url))
    wrong('format', 'is needed: csv or jsonl, the ending of `url` does not tell');
});
export type SensorSourceConfig = z.infer<typeof sensorSource>;

export const audioSource = z.strictObject({
  url: z.string().min(1).max(2048).describe('whatever FFmpeg reads that has sound: a file, rtsp://, http(s)://'),
  pace: z.enum(['pts', 'fast']).default('pts').describe('a file: at its own speed, or as fast as it can be analysed'),
  loop: z.boolean().default(false).describe('start a file again when it ends'),
});
export type AudioSourceConfig = z.infer<typeof audioSource>;

const common = {
  model: name.describe('one of `models`'),
  rules: z.array(rule).max(64).default([]),
  summaryS: z.number().min(1).max(3600).default(10).describe('seconds between `summary` records'),
};

/** Only a picture has places: rules with `points` have nothing to look at here. */
function refuseRules(rules: z.infer<typeof common.rules>, context: z.RefinementCtx): void {
  refuseTwins(rules, context);
  rules.forEach((r, index) => {
    const message = `"${r.kind}" looks at places in a picture; this stream has none`;
    if ('points' in r) context.addIssue({ code: 'custom', path: ['rules', index, 'kind'], message });
  });
}

export const sensorStream = z
  .strictObject({
    kind: z.literal('sensor'),
    source: sensorSource,
    ...common,
    threshold: z
      .number()
      .positive()
      .optional()
      .describe("anomaly threshold instead of the model's own; it then stays fixed"),
    maxGapS: z
      .number()
      .positive()
      .max(1e9)
      .optional()
      .describe('a longer pause between two samples begins a new window; default: five samples of the model'),
  })
  .superRefine((stream, context) => refuseRules(stream.rules, context));
export type SensorStream = z.infer<typeof sensorStream>;

export const audioStream = z
  .strictObject({
    kind: z.literal('audio'),
    source: z.union([
      z
        .string()
        .min(1)
        .transform((url) => audioSource.parse({ url })),
      audioSource,
    ]),
    ...common,
    threshold: z.number().min(0).max(1).optional().describe("score floor instead of the model's own"),
  })
  .superRefine((stream, context) => refuseRules(stream.rules, context));
export type AudioStream = z.infer<typeof audioStream>;
