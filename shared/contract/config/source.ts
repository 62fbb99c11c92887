/** Where the pictures of a stream come from, by the form of `url`. Checked by agent and hub alike. */
import { z } from 'zod';
import { parsePattern } from './pattern.ts';

const positiveSize = /^[1-9]\d{0,4}x[1-9]\d{0,4}$/;

const fields = {
  url: z
    .string()
    .min(1)
    .max(4096)
    .describe('a file, a folder of images, rtsp://, http(s)://, /dev/videoN, a test: pattern, or - (infer only)'),
  loop: z.boolean().default(false).describe('start a file again when it ends'),
  pace: z
    .enum(['pts', 'fast'])
    .default('pts')
    .describe("pts: at the speed of the file's own timestamps; fast: as fast as it can be analysed; not for cameras"),
  transport: z.enum(['tcp', 'udp']).optional().describe('how RTSP carries its packets; default: tcp'),
  user: z.string().min(1).max(256).optional().describe('user at the camera; with `passwordFile`'),
  passwordFile: z.string().min(1).optional().describe('file with the password of `user`; read at each connection'),
  caFile: z
    .string()
    .min(1)
    .optional()
    .describe('PEM of who signs the certificate of the camera, or of that certificate; without it any is taken'),
  stallS: z
    .number()
    .min(0.5)
    .max(60)
    .optional()
    .describe('seconds without a packet after which a camera counts as stalled; default: 1.5'),
  openS: z
    .number()
    .min(1)
    .max(120)
    .optional()
    .describe('seconds that a camera may take until its first packet; default: 10'),
  size: z
    .string()
    .regex(positiveSize, 'must be WIDTHxHEIGHT, as 1280x720')
    .optional()
    .describe('what /dev/videoN gives'),
  fps: z
    .number()
    .positive()
    .max(240)
    .optional()
    .describe('rate of /dev/videoN, or at which a folder of images is played; default for a folder: 10'),
  decode: z
    .strictObject({
      hardware: z
        .enum(['off', 'auto', 'vaapi', 'cuda'])
        .default('off')
        .describe('falls back to software, and says so once, where it cannot be had'),
    })
    .optional(),
};

type Option = Exclude<keyof typeof fields, 'url' | 'pace'>;

/** Every form of `url`: how it is recognised, and which options it takes. */
export const sourceKinds = {
  rtsp: {
    form: 'rtsp://',
    pattern: /^rtsps?:\/\/\S+$/i,
    takes: ['transport', 'user', 'passwordFile', 'caFile', 'openS', 'stallS', 'decode'],
  },
  http: {
    form: 'http(s)://',
    pattern: /^https?:\/\/\S+$/i,
    takes: ['user', 'passwordFile', 'caFile', 'openS', 'stallS', 'loop', 'decode'],
  },
  device: { form: '/dev/videoN', pattern: /^\/dev\/video\d+$/, takes: ['size', 'fps', 'openS', 'stallS'] },
  pattern: { form: 'test:PATTERN', pattern: /^test:/i, takes: [] },
  stdin: { form: '-', pattern: /^-$/, takes: ['decode'] },
  path: { form: 'a path', pattern: /^(?![a-z][a-z0-9+.-]+:)/i, takes: ['loop', 'fps', 'decode'] },
} as const satisfies Record<string, { form: string; pattern: RegExp; takes: readonly Option[] }>;

export type SourceKind = keyof typeof sourceKinds;

/** Which kind an address is of; undefined when there is none like it. */
export function sourceKindOf(url: string): SourceKind | undefined {
  const kinds = Object.keys(sourceKinds) as SourceKind[];
  return kinds.find((kind) => sourceKinds[kind].pattern.test(url));
}

/** What `caFile` can be for. */
export const isTls = (url: string): boolean => /^(?:rtsps|https):/i.test(url);

/**
 * Why the address of a camera cannot be meant as it stands: "/", "?" and "#" end user and password, so that what should be the port
 * is no number, or a host comes later on.
 */
function addressFault(url: string): string | undefined {
  const [, authority = '', rest = ''] = /^(?:rtsps?|https?):\/\/([^/?#]*)(.*)$/is.exec(url) ?? [];
  if (!/^[^[@]*:/.test(authority) || authority.includes('@') || !rest.includes('@')) return undefined;
  const isPort = /:\d{0,5}$/.test(authority);
  const later = /@([^@/?#]*)[^@]*$/.exec(rest)?.[1] ?? '';
  if (isPort && !/[.:]/.test(later)) return undefined;
  return 'has a "/", "?" or "#" in its password, which ends it there: percent-encode it (%2F, %3F, %23), or use `user` and `passwordFile`';
}

/** Playlists name further addresses, which nobody has allowed. */
function isPlaylist(url: string): boolean {
  return /^https?:\/\/[^?#]*\.m3u8?(?:[?#]|$)/i.test(url);
}

export const sourceConfig = z.strictObject(fields).superRefine((source, context) => {
  const complain = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
  const kind = sourceKindOf(source.url);
  if (kind === undefined) {
    const forms = Object.values(sourceKinds).map((k) => k.form);
    return complain('url', `is of no known kind; known are: ${forms.join(', ')}`);
  }
  const fault = addressFault(source.url);
  if (fault !== undefined) return complain('url', fault);
  if (isPlaylist(source.url))
    return complain(
      'url',
      "is a playlist (HLS), which is not read: take the camera's RTSP address, or a proxy that gives RTSP",
    );
  const wrong = kind === 'pattern' ? parsePattern(source.url) : undefined;
  if (typeof wrong === 'string') complain('url', wrong);
  const takes: readonly string[] = sourceKinds[kind].takes;
  const options = Object.keys(fields).filter((key) => key !== 'url' && key !== 'pace') as Option[];
  for (const option of options) {
    const given = source[option] !== undefined && source[option] !== false;
    if (!given || takes.includes(option)) continue;
    const kinds = Object.values(sourceKinds).filter((k) => (k.takes as readonly string[]).includes(option));
    complain(option, `is not for ${sourceKinds[kind].form}; it is for: ${kinds.map((k) => k.form).join(', ')}`);
  }
  if ((source.user === undefined) !== (source.passwordFile === undefined)) {
    complain(source.user === undefined ? 'passwordFile' : 'user', 'needs `user` and `passwordFile` together');
  }
  if (source.caFile !== undefined && takes.includes('caFile') && !isTls(source.url))
    complain('caFile', 'is for https:// and rtsps://');
});
export type SourceConfig = z.infer<typeof sourceConfig>;

/** A source, or its address alone. */
export const sourceOrUrl = z.union([
  z
    .string()
    .min(1)
    .transform((url) => ({ url }))
    .pipe(sourceConfig),
  sourceConfig,
]);
