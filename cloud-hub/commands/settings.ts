/** The settings of a hub on its command line and in its environment. */
import type { Command } from 'commander';
import { complaintsOf } from '../../shared/kit/schema.ts';
import { type HubConfig, hubConfig } from '../config.ts';
import { UsageError } from './context.ts';

/** Settings: option, environment variable, explanation. */
const settings = {
  dataDir: ['--data-dir <folder>', 'VEDETTE_DATA_DIR', 'folder for the database and admin.token (default: ./data)'],
  databaseUrl: [
    '--database-url <url>',
    'VEDETTE_DATABASE_URL',
    'a PostgreSQL database instead of the file in the data folder: postgres://USER:PASSWORD@HOST/DATABASE?sslmode=verify-full',
  ],
  databasePasswordFile: [
    '--database-password-file <file>',
    'VEDETTE_DATABASE_PASSWORD_FILE',
    'file with the password of that user',
  ],
  standby: [
    '--standby',
    undefined,
    'while another hub works on that database, wait and take over when it ends (default: end with an error)',
  ],
  httpPort: [
    '--http-port <port>',
    'VEDETTE_HTTP_PORT',
    'port of the API and the dashboard; 0 picks a free one (default: 8080, with TLS 8443)',
  ],
  mqttPort: [
    '--mqtt-port <port>',
    'VEDETTE_MQTT_PORT',
    'port of the embedded MQTT broker; 0 picks a free one (default: 1883, with TLS 8883)',
  ],
  mqttUrl: ['--mqtt-url <url>', 'VEDETTE_MQTT_URL', 'an external MQTT broker instead of the embedded one'],
  mqttUsername: ['--mqtt-username <name>', 'VEDETTE_MQTT_USERNAME', "the hub's user name at the external broker"],
  mqttPasswordFile: [
    '--mqtt-password-file <file>',
    'VEDETTE_MQTT_PASSWORD_FILE',
    'file with the password of that user',
  ],
  mqttVersion: [
    '--mqtt-version <version>',
    'VEDETTE_MQTT_VERSION',
    'MQTT version for the external broker, 3.1.1 or 5 (default: 5)',
  ],
  mqttCaFile: ['--mqtt-ca-file <file>', 'VEDETTE_MQTT_CA_FILE', 'PEM file of the authority to trust, for mqtts'],
  mqttCertFile: ['--mqtt-cert-file <file>', 'VEDETTE_MQTT_CERT_FILE', "PEM file of the hub's own certificate"],
  mqttKeyFile: ['--mqtt-key-file <file>', 'VEDETTE_MQTT_KEY_FILE', 'PEM file of its key'],
  mosquittoFiles: [
    '--mosquitto-files <folder>',
    'VEDETTE_MOSQUITTO_FILES',
    'folder that the hub keeps for the Mosquitto at --mqtt-url: mosquitto.conf, rights, certificate, revocations',
  ],
  host: [
    '--host <address>',
    undefined,
    'address to listen on; 0.0.0.0: all (default: 127.0.0.1). Beyond loopback the hub speaks TLS',
  ],
  tls: ['--tls', undefined, 'speak TLS on loopback too'],
  tlsCert: [
    '--tls-cert <file>',
    'VEDETTE_TLS_CERT_FILE',
    "PEM file of a certificate with its chain (default: one of the hub's own authority)",
  ],
  tlsKey: ['--tls-key <file>', 'VEDETTE_TLS_KEY_FILE', 'PEM file of its key'],
  tlsNames: [
    '--tls-names <names>',
    'VEDETTE_TLS_NAMES',
    "more names and addresses for the own authority's certificate, with commas between",
  ],
  insecurePlaintext: ['--insecure-plaintext', undefined, 'listen beyond loopback without TLS'],
  publicUrl: [
    '--public-url <url>',
    'VEDETTE_PUBLIC_URL',
    'address under which people open the hub, with the path that a proxy serves it below',
  ],
  trustProxy: [
    '--trust-proxy <addresses>',
    'VEDETTE_TRUST_PROXY',
    'addresses or networks of the proxies in front of the hub, with commas between (default: none)',
  ],
  graceDays: [
    '--grace-days <days>',
    undefined,
    'how long after its end a device can renew its certificate (default: 60)',
  ],
  downloadMbps: [
    '--download-mbps <rate>',
    undefined,
    'megabits per second that all model downloads share (default: 100)',
  ],
  secondOpinion: [
    '--second-opinion <model>',
    'VEDETTE_SECOND_OPINION',
    'NAME:ALIAS or NAME@VERSION of the model that looks at samples of devices (default: none)',
  ],
  secondOpinionModels: [
    '--second-opinion-models <rules>',
    'VEDETTE_SECOND_OPINION_MODELS',
    'other models by stream, label or what is asked: stream:gate-1/*=plates:hub,label:person+asks:event=people@1.0.0 (default: none)',
  ],
  secondOpinionBatch: [
    '--second-opinion-batch <n>',
    'VEDETTE_SECOND_OPINION_BATCH',
    'most pictures that a model looks at together, where it gains by it (default: 8; 1: each alone)',
  ],
  secondOpinionWaitMs: [
    '--second-opinion-wait-ms <ms>',
    'VEDETTE_SECOND_OPINION_WAIT_MS',
    'most time that a sample waits for others, to be looked at with them (default: 20)',
  ],
  secondOpinionMb: [
    '--second-opinion-mb <mb>',
    'VEDETTE_SECOND_OPINION_MB',
    "memory of each model's process; one that takes more is ended (default: 2048)",
  ],
  secondOpinionCacheMb: [
    '--second-opinion-cache-mb <mb>',
    'VEDETTE_SECOND_OPINION_CACHE_MB',
    'memory for answers on pictures that were looked at before (default: 16; 0: none)',
  ],
  secondOpinionUrl: [
    '--second-opinion-url <url>',
    'VEDETTE_SECOND_OPINION_URL',
    'a serving engine that runs this model (Triton, OVMS, KServe): http://HOST:8000/v2/models/NAME, or grpc://HOST:8001/v2/models/NAME (default: the hub runs it)',
  ],
  secondOpinionTokenFile: [
    '--second-opinion-token-file <file>',
    'VEDETTE_SECOND_OPINION_TOKEN_FILE',
    'file with the bearer token for that engine',
  ],
  secondOpinionCaFile: [
    '--second-opinion-ca-file <file>',
    'VEDETTE_SECOND_OPINION_CA_FILE',
    'PEM file of the authority to trust there, for grpcs (default: those of Node)',
  ],
  secondOpinionLabels: [
    '--second-opinion-labels <pairs>',
    'VEDETTE_SECOND_OPINION_LABELS',
    'labels of this model and what they mean on the edge: car=vehicle,truck=vehicle (default: the same names)',
  ],
  samplesMb: [
    '--samples-mb <mb>',
    'VEDETTE_SAMPLES_MB',
    'megabytes of pictures of samples to keep for the dataset (default: 1000; 0: none)',
  ],
  samplesDays: [
    '--samples-days <days>',
    'VEDETTE_SAMPLES_DAYS',
    'how long to keep the picture of a sample, in days (default: 90)',
  ],
  alertNetworks: [
    '--alert-networks <networks>',
    'VEDETTE_ALERT_NETWORKS',
    'internal addresses or networks that notifications of alerts may go to, with commas between (default: none)',
  ],
  pushContact: [
    '--push-contact <address>',
    'VEDETTE_PUSH_CONTACT',
    'how push services of browsers reach you, mailto:NAME@HOST or https://… (default: the public address, if it is of https)',
  ],
  homeAssistantUrl: [
    '--home-assistant-url <url>',
    'VEDETTE_HOME_ASSISTANT_URL',
    'broker of a Home Assistant that is told of devices, streams and rules, mqtt://HOST:PORT (default: none is told)',
  ],
  homeAssistantUsername: [
    '--home-assistant-username <name>',
    'VEDETTE_HOME_ASSISTANT_USERNAME',
    'user name of the hub at that broker',
  ],
  homeAssistantPasswordFile: [
    '--home-assistant-password-file <file>',
    'VEDETTE_HOME_ASSISTANT_PASSWORD_FILE',
    'file with the password of that user',
  ],
  homeAssistantCaFile: [
    '--home-assistant-ca-file <file>',
    'VEDETTE_HOME_ASSISTANT_CA_FILE',
    'PEM file of the authority to trust there, for mqtts',
  ],
  homeAssistantPrefix: [
    '--home-assistant-prefix <prefix>',
    undefined,
    'where Home Assistant looks for discovery messages (default: homeassistant)',
  ],
  homeAssistantName: [
    '--home-assistant-name <name>',
    undefined,
    'name of this hub there; two hubs with one Home Assistant have two (default: vedette)',
  ],
  deviceRecordsPerDay: [
    '--device-records-per-day <n>',
    'VEDETTE_DEVICE_RECORDS_PER_DAY',
    'records stored of one device per day; what is over waits on the device (default: 10 million; 0: no limit)',
  ],
  deviceMbPerDay: [
    '--device-mb-per-day <mb>',
    'VEDETTE_DEVICE_MB_PER_DAY',
    'megabytes stored of one device per day, pictures included (default: 20000; 0: no limit)',
  ],
  deviceLogMb: [
    '--device-log-mb <mb>',
    'VEDETTE_DEVICE_LOG_MB',
    'megabytes of the log of one device to keep (default: 4; 0: none)',
  ],
  deviceLogsMb: [
    '--device-logs-mb <mb>',
    'VEDETTE_DEVICE_LOGS_MB',
    'megabytes of the logs of all devices to keep (default: 1000)',
  ],
  deviceLogDays: [
    '--device-log-days <days>',
    'VEDETTE_DEVICE_LOG_DAYS',
    'how long to keep the logs of devices, in days (default: 14)',
  ],
  otlpEndpoint: [
    '--otlp-endpoint <url>',
    'VEDETTE_OTLP_ENDPOINT',
    'collector that takes traces by OTLP over HTTP, http://HOST:4318/v1/traces (default: none are sent)',
  ],
  otlpTokenFile: ['--otlp-token-file <file>', 'VEDETTE_OTLP_TOKEN_FILE', 'file with the bearer token for it'],
  keep: [
    '--keep <kinds>',
    'VEDETTE_KEEP',
    'days that records are kept: events=365,summaries=90,readings=30,problems=90 (default: for ever)',
  ],
  oidcFile: [
    '--oidc-file <file>',
    'VEDETTE_OIDC_FILE',
    'YAML file about the identity provider (OpenID Connect) by which people sign in; needs --public-url (default: none)',
  ],
  secondFactor: [
    '--second-factor <who>',
    'VEDETTE_SECOND_FACTOR',
    'who must have a second factor to sign in by a password: optional, admins or everybody (default: optional)',
  ],
  logLevel: ['--log-level <level>', undefined, 'debug, info, warn, error or silent (default: info)'],
} as const satisfies Record<keyof HubConfig, readonly [string, string | undefined, string]>;

export type SettingOptions = Record<string, string | boolean | undefined>;

/** Adds the option of each setting. */
export function withSettings(command: Command): Command {
  for (const [flags, variable, help] of Object.values(settings))
    command.option(flags, variable === undefined ? help : `${help} [${variable}]`);
  return command;
}

/** @throws UsageError that names each setting that is wrong */
export function readSettings(options: SettingOptions, env: NodeJS.ProcessEnv): HubConfig {
  const input = Object.fromEntries(
    Object.entries(settings).flatMap(([key, [, variable]]) => {
      const value = options[key] ?? (variable === undefined ? undefined : env[variable]);
      return value === undefined || (value === '' && options[key] === undefined) ? [] : [[key, value]];
    }),
  );
  const parsed = hubConfig.safeParse(input);
  if (parsed.success) return parsed.data;
  const lines = complaintsOf(parsed.error, input).map(({ path, message }) => {
    const setting = settings[path as keyof HubConfig];
    const named = setting.slice(0, 2).filter((part) => part !== undefined);
    return `${named.join(' / ')}: ${message}`;
  });
  throw new UsageError(lines.join('\n'));
}
