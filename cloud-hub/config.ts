/** Settings of the hub. */
import { isIP } from 'node:net';
import { z } from 'zod';
import { name } from '../shared/contract/names.ts';
import { messageOf } from '../shared/kit/errors.ts';
import { isLoopback } from '../shared/kit/loopback.ts';
import { contact, mqttAddress, networks } from './config-addresses.ts';
import { opinionSettings } from './config-opinions.ts';
import { telemetrySettings } from './config-telemetry.ts';
import { databaseAddress } from './database-address.ts';

const port = (what: string) =>
  z.coerce
    .number({ error: `${what} must be a number from 0 to 65535 (0: the system gives one)` })
    .int()
    .min(0)
    .max(65_535)
    .describe(`${what}; 0: the system gives one`);

/** Of one device per day; 0: no limit. */
const perDay = (what: string) =>
  z.coerce
    .number({ error: `must be a whole number of ${what}; 0: no limit` })
    .int()
    .min(0)
    .max(1e12);

const file = z.string().min(1);
/** A host name, or an IP address. */
const HOST = /^[A-Za-z0-9:]([A-Za-z0-9.:-]{0,251}[A-Za-z0-9])?$/;

/** What has an age at which it ends. */
export const KEPT_KINDS = ['events', 'summaries', 'readings', 'problems'] as const;
export type KeptKind = (typeof KEPT_KINDS)[number];

/** Days since it was received; a kind that is not named is kept for ever. */
export type Keep = Readonly<Partial<Record<KeptKind, number>>>;

const MAX_DAYS = 36_500;
const PART = /^(events|summaries|readings|problems)=([1-9]\d{0,4})$/;

/** `events=365,readings=30`. */
export const keepText = z
  .string()
  .max(256)
  .transform((text) => text.split(/[\s,]+/).filter((one) => one !== ''))
  .refine((parts) => parts.every((part) => PART.test(part) && Number(part.split('=')[1]) <= MAX_DAYS), {
    error: `must be KIND=DAYS with commas between: ${KEPT_KINDS.join(', ')}; 1 to ${MAX_DAYS} days (events=365,readings=30)`,
  })
  .refine((parts) => new Set(parts.map((part) => part.split('=')[0])).size === parts.length, {
    error: 'names a kind twice',
  });

/** @param parts as `keepText` gives them */
export function keepOf(parts: readonly string[]): Keep {
  return Object.fromEntries(parts.map((part) => [part.split('=')[0], Number(part.split('=')[1])]));
}

export const hubConfig = z
  .strictObject({
    dataDir: z.string().min(1).default('./data').describe('folder of the database and admin.token'),
    host: z.string().min(1).default('127.0.0.1').describe('address to listen on; 0.0.0.0 for all'),
    httpPort: port('HTTP port').optional().describe('default: 8080, with TLS 8443'),
    mqttPort: port('MQTT port').optional().describe('of the embedded broker; default: 1883, with TLS 8883'),
    tls: z.boolean().default(false).describe('speak TLS on loopback too'),
    tlsCert: file.optional().describe('PEM file of a certificate, with its chain, instead of one of the own authority'),
    tlsKey: file.optional().describe('PEM file of its key'),
    tlsNames: z
      .string()
      .max(4096)
      .transform((text) => text.split(/[\s,]+/).filter((name) => name !== ''))
      .refine((names) => names.length <= 100 && names.every((name) => HOST.test(name)), {
        error: 'must be at most 100 host names and addresses, with commas between',
      })
      .default([])
      .describe('more names and addresses under which people open the hub'),
    insecurePlaintext: z.boolean().default(false).describe('listen beyond loopback without TLS'),
    publicUrl: z
      .url({
        protocol: /^https?$/,
        error: 'must be the address under which people open the hub, for example https://hub.example/vedette/',
      })
      .max(2048)
      .transform((text) => new URL(text))
      .refine((url) => url.username === '' && url.password === '' && url.search === '' && url.hash === '', {
        error: 'must have no user, no password, no "?" and no "#"',
      })
      .refine((url) => /^[\w./~-]*$/.test(url.pathname), { error: 'must have a path of letters, digits and _ . ~ - /' })
      .transform((url) => (url.href.endsWith('/') ? url.href : `${url.href}/`))
      .optional()
      .describe('address under which people open the hub, with a path where a proxy serves it below one'),
    trustProxy: networks
      .default([])
      .describe('addresses of the proxies in front of the hub: what they say of the client counts'),
    graceDays: z.coerce
      .number({ error: 'must be a number of days' })
      .min(0)
      .max(3650)
      .default(60)
      .describe('how long after its end a device can renew its certificate, in days'),
    databaseUrl: z
      .string()
      .max(4096)
      .superRefine((text, context) => {
        try {
          databaseAddress(text);
        } catch (error) {
          context.addIssue({ code: 'custom', message: messageOf(error) });
        }
      })
      .optional()
      .describe('a database on a PostgreSQL server instead of the file in the data folder'),
    databasePasswordFile: file.optional().describe('file with the password of the hub at that server'),
    standby: z
      .boolean()
      .default(false)
      .describe('wait while another hub works on the database, and take over when it ends'),
    mqttUrl: mqttAddress.optional().describe('an external broker instead of the embedded one'),
    mqttUsername: z.string().min(1).max(256).optional().describe('user name of the hub at the external broker'),
    mqttPasswordFile: file.optional().describe('file with the password of the hub at the external broker'),
    mqttVersion: z.enum(['3.1.1', '5']).default('5').describe('version of MQTT, with an external broker'),
    mqttCaFile: file.optional().describe("PEM file of the authority that signed the external broker's certificate"),
    mqttCertFile: file.optional().describe("PEM file of the hub's own certificate for the external broker"),
    mqttKeyFile: file.optional().describe('PEM file of the key of that certificate'),
    mosquittoFiles: file
      .optional()
      .describe(
        'folder that the hub keeps for a Mosquitto: configuration, rights, its certificate, and who was revoked',
      ),
    downloadMbps: z.coerce
      .number({ error: 'must be a number of megabits per second' })
      .positive()
      .max(1_000_000)
      .default(100)
      .describe('megabits per second that all downloads of models share'),
    ...opinionSettings,
    alertNetworks: networks
      .default([])
      .describe('internal addresses and networks that notifications of alerts may go to; default: none'),
    pushContact: contact
      .optional()
      .describe('how push services of browsers reach whoever runs this hub; default: a public address of https'),
    homeAssistantUrl: mqttAddress
      .optional()
      .describe('broker of a Home Assistant that is told of devices, streams and rules; default: none is told'),
    homeAssistantUsername: z.string().min(1).max(256).optional().describe('user name of the hub at that broker'),
    homeAssistantPasswordFile: file.optional().describe('file with the password of the hub at that broker'),
    homeAssistantCaFile: file.optional().describe("PEM file of the authority that signed that broker's certificate"),
    homeAssistantPrefix: z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,64}(\/[A-Za-z0-9_-]{1,64}){0,3}$/, 'must be letters, digits, _, - and / between them')
      .default('homeassistant')
      .describe('where Home Assistant looks for discovery messages'),
    homeAssistantName: name
      .default('vedette')
      .describe('name of this hub there; two hubs with one Home Assistant have two'),
    deviceRecordsPerDay: perDay('records')
      .default(10_000_000)
      .describe('records stored of a device per day; 0: no limit'),
    deviceMbPerDay: perDay('megabytes').default(20_000).describe('megabytes stored of a device per day; 0: no limit'),
    ...telemetrySettings,
    keep: keepText.default([]).describe('days that records are kept, by kind; default: for ever'),
    oidcFile: file
      .optional()
      .describe('YAML file about the identity provider by which people sign in (OpenID Connect)'),
    secondFactor: z
      .enum(['optional', 'admins', 'everybody'], { error: 'must be optional, admins or everybody' })
      .default('optional')
      .describe('who must have a second factor to sign in by a password'),
    logLevel: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
  })
  .superRefine((config, context) => {
    const wrong = (key: string, message: string) => context.addIssue({ code: 'custom', path: [key], message });
    const own = ['mqttUsername', 'mqttPasswordFile', 'mqttCaFile', 'mqttCertFile', 'mqttKeyFile'] as const;
    if (config.secondOpinionUrl !== undefined && config.secondOpinion === undefined)
      wrong(
        'secondOpinionUrl',
        'name the model of the registry too, which says how its answers are read: --second-opinion',
      );
    if (config.secondOpinionModels.length > 0 && config.secondOpinion === undefined)
      wrong('secondOpinionModels', 'name the model for all other samples too: --second-opinion');
    if (config.secondOpinionTokenFile !== undefined && config.secondOpinionUrl === undefined)
      wrong('secondOpinionTokenFile', 'is for a serving engine: set its address too');
    if (config.secondOpinionCaFile !== undefined && !config.secondOpinionUrl?.startsWith('grpcs:'))
      wrong('secondOpinionCaFile', 'is for an engine at grpcs://…; for https set NODE_EXTRA_CA_CERTS');
    if (config.databasePasswordFile !== undefined && config.databaseUrl === undefined)
      wrong('databasePasswordFile', 'is for a PostgreSQL server: set the address of the database too');
    if (config.standby && config.databaseUrl === undefined)
      wrong('standby', 'is for hubs that share a PostgreSQL database: set its address too');
    if (config.mqttUrl === undefined) {
      for (const key of own)
        if (config[key] !== undefined) wrong(key, 'is for an external broker: set its address too');
    }
    const there = ['homeAssistantUsername', 'homeAssistantPasswordFile', 'homeAssistantCaFile'] as const;
    if (config.homeAssistantUrl === undefined) {
      for (const key of there)
        if (config[key] !== undefined) wrong(key, 'is for the broker of Home Assistant: set its address too');
    }
    if (config.oidcFile !== undefined && config.publicUrl === undefined)
      wrong('oidcFile', 'the provider sends people back to the address of the hub: set it with --public-url');
    if (config.mosquittoFiles !== undefined) {
      if (!config.mqttUrl?.startsWith('mqtts://'))
        wrong(
          'mosquittoFiles',
          'set the address of this Mosquitto too, mqtts://NAME:PORT, as hub and devices reach it',
        );
      if (protectionOf(config) === 'none')
        wrong('mosquittoFiles', 'devices come with certificates of the hub: let it speak TLS');
      for (const key of own)
        if (config[key] !== undefined)
          wrong(key, 'is not needed: the hub comes to its Mosquitto with a certificate of its own');
    }
    if ((config.mqttCertFile === undefined) !== (config.mqttKeyFile === undefined))
      wrong('mqttKeyFile', 'set certificate and key together');
    if ((config.tlsCert === undefined) !== (config.tlsKey === undefined))
      wrong('tlsKey', 'set certificate and key together');
    if (config.insecurePlaintext && (config.tls || config.tlsCert !== undefined))
      wrong('insecurePlaintext', 'means without TLS, and TLS is asked for too: choose one');
  });
export type HubConfig = z.infer<typeof hubConfig>;

/**
 * How the listeners are protected: `own`, a certificate of the hub's own authority; `given`, a certificate from files; `none`.
 * Beyond loopback it is `none` only where that was asked for.
 */
export type Protection = 'own' | 'given' | 'none';

export function protectionOf(config: Pick<HubConfig, 'host' | 'tls' | 'tlsCert' | 'insecurePlaintext'>): Protection {
  if (config.tlsCert !== undefined) return 'given';
  if (config.tls) return 'own';
  return isLoopback(config.host) || config.insecurePlaintext ? 'none' : 'own';
}

/** What is stored of one device per day at most; infinite: no limit. */
export function dailyLimitsOf({ deviceRecordsPerDay, deviceMbPerDay }: HubConfig): {
  readonly records: number;
  readonly bytes: number;
} {
  const limit = (value: number) => (value === 0 ? Number.POSITIVE_INFINITY : value);
  return { records: limit(deviceRecordsPerDay), bytes: limit(deviceMbPerDay * 1_000_000) };
}

/** What is kept of pictures of samples. */
export function pictureLimitsOf({ samplesMb, samplesDays }: Pick<HubConfig, 'samplesMb' | 'samplesDays'>): {
  readonly bytes: number;
  readonly days: number;
} {
  return { bytes: samplesMb * 1_000_000, days: samplesDays };
}

/** Where the hub listens, with the usual ports where none is set. */
export function portsOf(config: HubConfig): { readonly http: number; readonly mqtt: number } {
  const isSecure = protectionOf(config) !== 'none';
  return { http: config.httpPort ?? (isSecure ? 8443 : 8080), mqtt: config.mqttPort ?? (isSecure ? 8883 : 1883) };
}

/** In the data folder: the address of the hub that runs on it, for the commands on the same machine. */
export const ADDRESS_FILE = 'hub.url';

/** Where programs on this machine reach a hub that listens on `host`. */
export function addressHere(config: HubConfig, port: number): string {
  const host = /^(0\.0\.0\.0|::)$/.test(config.host) ? '127.0.0.1' : hostInUrl(config.host);
  return `${protectionOf(config) === 'none' ? 'http' : 'https'}://${host}:${port}`;
}

/** As it stands in an address. */
export function hostInUrl(host: string): string {
  return isIP(host) === 6 ? `[${host}]` : host;
}
