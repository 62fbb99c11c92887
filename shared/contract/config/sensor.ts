/** Streams without a picture: series of a sensor, and sound. Checked by agent and hub alike. */
import { z } from 'zod';
import { name } from '../names.ts';
import { microphoneOf } from './microphone.ts';
import { refuseDuplicates } from './rule-names.ts';
import { followsTracks, refuseFollowers } from './rule-tracks.ts';
import { rule } from './rules.ts';
import { address, sensorSource } from './sensor-source.ts';
import { isTls, sourceKindOf } from './source.ts';

/** Which kinds of address can have sound. */
const soundKinds = ['path', 'rtsp', 'http'] as const;

/** Of which kind the address of a stream of sound is; undefined when there is none like it. */
export function soundKindOf(url: string): (typeof soundKinds)[number] | 'microphone' | undefined {
  if (microphoneOf(url) !== undefined) return 'microphone';
  const found = sourceKindOf(url);
  return soundKinds.find((kind) => kind === found);
}

const audioFields = z.strictObject({
  url: address
    .refine((url) => soundKindOf(url) !== undefined, {
      error:
        'is of no known kind; known are: a path, rtsp://, http(s)://, alsa:DEVICE (as alsa:default or alsa:plughw:1,0)',
    })
    .describe('what has sound: a file, rtsp://, http(s)://, or a microphone, as alsa:default'),
  transport: z.enum(['tcp', 'udp']).optional().describe('how RTSP carries its packets; default: tcp'),
  user: z.string().min(1).max(256).optional().describe('user at the camera; with `passwordFile`'),
  passwordFile: z.string().min(1).optional().describe('file with the password of `user`; read at each connection'),
  caFile: z
    .string()
    .min(1)
    .optional()
    .describe('PEM of who signs the certificate of the camera, or of that certificate; without it any is taken'),
  openS: z
    .number()
    .min(1)
    .max(120)
    .optional()
    .describe('seconds that a camera may take until its first sound; default: 10'),
  pace: z.enum(['pts', 'fast']).default('pts').describe('a file: at its own speed, or as fast as it can be analysed'),
  loop: z.boolean().default(false).describe('start a file again when it ends'),
});

export const audioSource = audioFields.superRefine((source, context) => {
  const wrong = (key: string, message: string) => context.addIssue({ code: 'custom', path: [key], message });
  const kind = soundKindOf(source.url);
  if (source.transport !== undefined && kind !== 'rtsp') wrong('transport', 'is for rtsp://');
  for (const key of ['user', 'passwordFile', 'openS'] as const)
    if (source[key] !== undefined && (kind === 'path' || (kind === 'microphone' && key !== 'openS')))
      wrong(key, 'is for rtsp:// and http(s)://');
  if (source.caFile !== undefined && !isTls(source.url)) wrong('caFile', 'is for https:// and rtsps://');
  if ((source.user === undefined) !== (source.passwordFile === undefined))
    wrong(source.user === undefined ? 'passwordFile' : 'user', 'needs `user` and `passwordFile` together');
});
export type AudioSourceConfig = z.infer<typeof audioSource>;

/** What `model` says of a stream whose detector needs none. */
export const ONLINE = 'online';

const common = {
  rules: z.array(rule).max(64).default([]),
  summaryS: z.number().min(1).max(3600).default(10).describe('seconds between `summary` records'),
};

function refuseRules(rules: z.infer<typeof common.rules>, context: z.RefinementCtx): void {
  refuseDuplicates(rules, context);
  refuseFollowers(rules, followsTracks, 'only a stream of pictures has objects to follow', context);
}

export const sensorStream = z
  .strictObject({
    kind: z.literal('sensor'),
    source: sensorSource,
    model: name.default(ONLINE).describe('one of `models`; left out where `detector` is given'),
    detector: z
      .literal('online')
      .optional()
      .describe('`online`: learns what is usual as the series runs, and needs neither model nor training'),
    ...common,
    threshold: z
      .number()
      .positive()
      .optional()
      .describe(
        "anomaly threshold instead of the model's own; it then stays fixed. Of an online detector: an anomaly is what " +
          'comes less often than once in so many weeks, by its own estimate (default 1.75)',
      ),
    maxGapS: z
      .number()
      .positive()
      .max(1e9)
      .optional()
      .describe('a longer pause between two samples begins a new window; default: five samples of the model'),
  })
  .superRefine((stream, context) => {
    refuseRules(stream.rules, context);
    if (stream.detector === undefined || stream.model === ONLINE) return;
    const message = `must be left out: the detector "${stream.detector}" needs no model`;
    context.addIssue({ code: 'custom', path: ['model'], message });
  });
export type SensorStream = z.infer<typeof sensorStream>;

export const audioStream = z
  .strictObject({
    kind: z.literal('audio'),
    source: z.union([
      z
        .string()
        .min(1)
        .transform((url) => ({ url }))
        .pipe(audioSource),
      audioSource,
    ]),
    model: name.describe('one of `models`'),
    ...common,
    threshold: z.number().min(0).max(1).optional().describe("score floor instead of the model's own"),
  })
  .superRefine((stream, context) => refuseRules(stream.rules, context));
export type AudioStream = z.infer<typeof audioStream>;

/** The channels of a stream with an online detector: the names in `source.values`, else one channel `value`. */
export function onlineChannels({ source }: SensorStream): readonly string[] {
  const named = Object.keys(source.values ?? {});
  return named.length > 0 ? named : ['value'];
}
