/** Channels of alerts. What is secret of a channel goes in and never comes out. */
import { z } from 'zod';
import { name } from '../../shared/contract/names.ts';
import { time } from './time.ts';

const url = z
  .url({ protocol: /^(https?|mqtts?)$/, error: 'must be an address with http or https (of a broker: mqtt or mqtts)' })
  .max(2048)
  .refine((text) => !URL.canParse(text) || (new URL(text).username === '' && new URL(text).password === ''), {
    error: 'must have no user and no password; give them as `secret`',
  });
const address = z.email().max(254);

export const channelKinds = ['webhook', 'mqtt', 'ntfy', 'alertmanager', 'email', 'push'] as const;
export type ChannelKind = (typeof channelKinds)[number];

/** Fields that a channel of each kind cannot be without, and those that it may have. */
const fieldsOfKind: Readonly<
  Record<ChannelKind, { readonly must: readonly string[]; readonly may: readonly string[] }>
> = {
  webhook: { must: ['url'], may: ['secret', 'pictures'] },
  mqtt: { must: ['url', 'topic'], may: ['user', 'secret', 'pictures'] },
  ntfy: { must: ['url', 'topic'], may: ['secret'] },
  alertmanager: { must: ['url'], may: ['secret'] },
  email: { must: ['host', 'from', 'to'], may: ['port', 'tls', 'user', 'secret'] },
  push: { must: [], may: ['users'] },
};

const fields = {
  kind: z.enum(channelKinds),
  url: url.optional().describe('webhook: where to post; mqtt, ntfy, alertmanager: address of the server'),
  topic: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}(\/[A-Za-z0-9_-]{1,64}){0,7}$/, {
      error: 'must be 1 to 64 letters, digits, _ and - (of a broker: up to eight of these, with / between)',
    })
    .optional()
    .describe('of ntfy, or of an MQTT broker'),
  host: z
    .string()
    .regex(/^[A-Za-z0-9:]([A-Za-z0-9.:-]{0,251}[A-Za-z0-9])?$/, { error: 'must be a host name or an address' })
    .optional()
    .describe('of the mail server'),
  port: z.number().int().min(1).max(65_535).optional().describe('of the mail server; default: 587, with tls 465'),
  tls: z.enum(['starttls', 'tls', 'none']).optional().describe('of the mail server; default: starttls'),
  user: z.string().min(1).max(256).optional(),
  from: address.optional(),
  to: z.array(address).min(1).max(50).optional(),
  pictures: z
    .boolean()
    .optional()
    .describe('webhook, mqtt: with the picture of the latest event, up to 512 KiB of base64; default: without'),
  users: z
    .array(name)
    .min(1)
    .max(100)
    .optional()
    .describe(
      'push: whose subscribed browsers get it; default: of all. Nobody is told of a device that he does not see',
    ),
};

export const newChannel = z
  .strictObject({
    ...fields,
    secret: z
      .string()
      .min(8)
      .max(1024)
      .optional()
      .describe(
        'webhook: key of the signature; ntfy, alertmanager: bearer token; mqtt, email: password. Absent: what there is stays',
      ),
  })
  .superRefine((channel, context) => {
    const { must, may } = fieldsOfKind[channel.kind];
    const given = Object.entries(channel).flatMap(([key, value]) => (value === undefined ? [] : [key]));
    const wrong = (key: string, message: string) => context.addIssue({ code: 'custom', path: [key], message });
    for (const key of given)
      if (key !== 'kind' && !must.includes(key) && !may.includes(key)) wrong(key, `"${channel.kind}" does not have it`);
    const isBroker = channel.url !== undefined && /^mqtts?:/.test(channel.url);
    if (channel.url !== undefined && isBroker !== (channel.kind === 'mqtt'))
      wrong('url', channel.kind === 'mqtt' ? 'must be mqtt://HOST:PORT or mqtts://HOST:PORT' : 'must be http or https');
    if (channel.kind === 'ntfy' && channel.topic?.includes('/')) wrong('topic', 'a topic of ntfy has no "/"');
    for (const key of must) if (!given.includes(key)) wrong(key, `"${channel.kind}" needs it`);
  });
export type NewChannel = z.infer<typeof newChannel>;

export const channel = z.object({
  ...fields,
  name,
  hasSecret: z.boolean(),
  changedAt: time,
  changedBy: z.string(),
});
export type Channel = z.infer<typeof channel>;

/** What came of a test. */
export const channelTest = z.object({ ok: z.boolean(), ms: z.number(), reason: z.string().optional() });
export type ChannelTest = z.infer<typeof channelTest>;
