/** Each setting at its bounds. A new setting without a line here fails. */
import { describe, expect, test } from 'vitest';
import { addressHere, type HubConfig, hubConfig, portsOf, protectionOf } from '../../cloud-hub/config.ts';

const port = { good: [0, '0', 65_535, '65535'], bad: [-1, 65_536, 1.5, 'http', '80x', {}] };
const file = { good: ['x'], bad: ['', 7, null] };

/** What a setting may be, and what not; the rest of the settings are as they need to be beside it. */
const table: Record<keyof HubConfig, { good: unknown[]; bad: unknown[]; beside?: Partial<HubConfig> }> = {
  dataDir: file,
  host: file,
  httpPort: port,
  mqttPort: port,
  standby: { good: [true, false], bad: ['yes', 1, null], beside: { databaseUrl: 'postgres://u@localhost/d' } },
  tls: { good: [true, false], bad: ['yes', 1, null] },
  tlsCert: { ...file, beside: { tlsKey: 'k' } },
  tlsKey: { ...file, beside: { tlsCert: 'c' } },
  tlsNames: { good: ['', 'hub.example', 'a.example,10.0.0.7,::1'], bad: ['a b/c', 'x@y', '-a', 7, null] },
  insecurePlaintext: { good: [true, false], bad: ['yes', 1, null] },
  publicUrl: {
    good: ['http://10.0.0.7:8080/', 'https://hub.example:8443/a/vedette/'],
    bad: [
      '',
      'hub.example',
      '/vedette/',
      'ftp://h/',
      'https://u:p@h/',
      'https://h/?x',
      'https://h/#x',
      'https://h/a;b',
      7,
      null,
    ],
  },
  trustProxy: {
    good: ['', '127.0.0.1', '10.0.0.0/8,::1,fd00::/8', '1.2.3.4/32'],
    bad: ['proxy.example', '10.0.0.0/33', '10.0.0.0/0', '::/0', '10.0.0/8', '10.0.0.0/8/8', 'true', '*', 7, null],
  },
  secondOpinionUrl: {
    good: ['http://triton:8000/v2/models/yolox', 'https://h/a/v2/models/y.1/versions/2'],
    bad: [
      '',
      'triton:8000',
      'http://h/',
      'http://h/v2/models/',
      'ftp://h/v2/models/a',
      'http://u:p@h/v2/models/a',
      7,
      null,
    ],
    beside: { secondOpinion: 'a@1.0.0' },
  },
  secondOpinionModels: {
    good: [
      '',
      'label:person=p:hub',
      'stream:gate-1/*+asks:event=a@1.0.0,stream:*/door=b:hub',
      'label:x=a:b,label:y=a:b',
    ],
    bad: [
      ...[
        'p:hub',
        'label:person',
        'colour:red=p:hub',
        'stream:gate=p:hub',
        'asks:me=p:hub',
        'label:=p:hub',
        'label:a=p',
        7,
      ],
      Array.from({ length: 8 }, (_, n) => `label:l${n}=m${n}:hub`).join(','),
    ],
    beside: { secondOpinion: 'a@1.0.0' },
  },
  secondOpinionBatch: { good: [1, '8', 64], bad: [0, 65, 1.5, 'many'] },
  secondOpinionWaitMs: { good: [0, '20', 5000], bad: [-1, 5001, 'long'] },
  secondOpinionMb: { good: [256, '2048'], bad: [255, 300.5, 'all'] },
  secondOpinionCacheMb: { good: [0, '16'], bad: [-1, 10_001, 'x'] },
  secondOpinionTokenFile: {
    ...file,
    beside: { secondOpinion: 'a@1.0.0', secondOpinionUrl: 'http://h/v2/models/a' },
  },
  secondOpinionCaFile: {
    good: ['/etc/vedette/ca.pem'],
    bad: ['', 7],
    beside: { secondOpinion: 'a@1.0.0', secondOpinionUrl: 'grpcs://h:8001/v2/models/a' },
  },
  secondOpinionLabels: {
    good: ['', 'car=vehicle', 'car=vehicle,traffic light=lamp'],
    bad: ['car', 'car=', '=car', 'a=b=c', 'x'.repeat(129), 7, null],
  },
  otlpEndpoint: {
    good: ['http://127.0.0.1:4318/v1/traces', 'https://otel.example/v1/traces'],
    bad: ['', 'otel:4318', 'http://ann:pw@otel/v1/traces', 'ftp://otel', 1, {}],
  },
  otlpTokenFile: { good: ['otlp.token'], bad: ['', 1, {}] },
  deviceLogMb: { good: [0, '4', 10_000], bad: [-1, 10_001, 'all', {}] },
  deviceLogsMb: { good: [0.5, '1000', 1_000_000], bad: [0, -1, 1_000_001, 'all', {}] },
  deviceLogDays: { good: [0.5, '14', 3650], bad: [0, -1, 3651, 'always', {}] },
  samplesMb: { good: [0, '1000', 1_000_000], bad: [-1, 1_000_001, 'all', {}] },
  samplesDays: { good: [0.5, '90', 3650], bad: [0, -1, 3651, 'always', {}] },
  alertNetworks: {
    good: ['', '127.0.0.1', '10.0.0.0/8,::1,fd00::/8', '1.2.3.4/32'],
    bad: ['proxy.example', '10.0.0.0/33', '10.0.0.0/0', '::/0', '10.0.0/8', '10.0.0.0/8/8', 'true', '*', 7, null],
  },
  pushContact: {
    good: ['mailto:ann@plant.example', 'https://plant.example/contact'],
    bad: ['', 'ann@plant.example', 'mailto:ann', 'mailto:a@b, c@d', 'http://plant.example', 7, null],
  },
  graceDays: { good: [0, '60', 3650], bad: [-1, 3651, 'long', {}] },
  databaseUrl: {
    good: ['postgres://hub@127.0.0.1/v', 'postgresql://hub:p@db.example:5432/v?sslmode=verify-full'],
    bad: [
      '',
      'v',
      'mysql://hub@h/v',
      'postgres://127.0.0.1/v',
      'postgres://hub@127.0.0.1',
      'postgres://hub@db.example/v',
      7,
    ],
  },
  databasePasswordFile: { ...file, beside: { databaseUrl: 'postgres://hub@127.0.0.1/v' } },
  mqttUrl: {
    good: ['mqtt://b', 'mqtts://b:8883', 'ws://b/mqtt', 'wss://[::1]:443/a/b'],
    bad: ['', 'b', 'http://b', 'mqtt://', 'mqtt://user:secret@b', 'mqtt://b/x@y', 'mqtt://a b', 'xmqtt://b', 7],
  },
  mqttUsername: { good: ['x', 'x'.repeat(256)], bad: ['', 'x'.repeat(257), 7], beside: { mqttUrl: 'mqtt://b' } },
  mqttPasswordFile: { ...file, beside: { mqttUrl: 'mqtt://b' } },
  mqttVersion: { good: ['3.1.1', '5'], bad: ['4', 5, '', null] },
  mqttCaFile: { ...file, beside: { mqttUrl: 'mqtt://b' } },
  mqttCertFile: { ...file, beside: { mqttUrl: 'mqtt://b', mqttKeyFile: 'k' } },
  mqttKeyFile: { ...file, beside: { mqttUrl: 'mqtt://b', mqttCertFile: 'c' } },
  mosquittoFiles: { ...file, beside: { mqttUrl: 'mqtts://b', tls: true } },
  downloadMbps: { good: [0.001, '100', 1_000_000], bad: [0, -1, 1_000_001, 'fast', {}] },
  secondOpinion: { good: ['yolox-640:hub', 'a@1.0.0-rc.1'], bad: ['yolox', 'A:b', 'a:', 'a@', '../x:y', 7] },
  homeAssistantUrl: {
    good: ['mqtt://b', 'mqtts://b:8883', 'ws://b/mqtt'],
    bad: ['', 'b', 'http://b', 'mqtt://', 'mqtt://user:secret@b', 7],
  },
  homeAssistantUsername: {
    ...{ good: ['x', 'x'.repeat(256)], bad: ['', 'x'.repeat(257), 7] },
    beside: { homeAssistantUrl: 'mqtt://b' },
  },
  homeAssistantPasswordFile: { ...file, beside: { homeAssistantUrl: 'mqtt://b' } },
  homeAssistantCaFile: { ...file, beside: { homeAssistantUrl: 'mqtt://b' } },
  homeAssistantPrefix: { good: ['homeassistant', 'a/B_c-1/d/e'], bad: ['', '/', 'a/', 'a//b', 'a/+', '#', 'ä', 7] },
  homeAssistantName: { good: ['vedette', 'z'.repeat(64)], bad: ['', 'A', 'a/b', 'z'.repeat(65), 7] },
  deviceRecordsPerDay: { good: [0, 1, '1000', 1e12], bad: [-1, 1.5, 1e13, 'many', {}] },
  deviceMbPerDay: { good: [0, 1, '1000', 1e12], bad: [-1, 1.5, 1e13, 'many', {}] },
  keep: {
    good: ['', 'events=1', 'events=365,summaries=90,readings=30,problems=36500'],
    bad: [
      'events',
      'events=0',
      'events=1.5',
      'events=-1',
      'events=36501',
      'pictures=3',
      'events=1,events=2',
      'events=1;x',
      7,
      null,
    ],
  },
  oidcFile: { ...file, beside: { publicUrl: 'https://hub.example/' } },
  secondFactor: { good: ['optional', 'admins', 'everybody'], bad: ['', 'all', true, null] },
  logLevel: { good: ['debug', 'info', 'warn', 'error', 'silent'], bad: ['trace', 'INFO', '', null] },
};

const pathsOf = (input: unknown) => hubConfig.safeParse(input).error?.issues.map((issue) => issue.path.join('.')) ?? [];

test('without any setting it is a hub for this machine only', () => {
  expect(hubConfig.parse({})).toEqual({
    dataDir: './data',
    host: '127.0.0.1',
    standby: false,
    tls: false,
    tlsNames: [],
    trustProxy: [],
    alertNetworks: [],
    secondOpinionLabels: [],
    ...{ secondOpinionModels: [], secondOpinionBatch: 8, secondOpinionWaitMs: 20, secondOpinionMb: 2048 },
    secondOpinionCacheMb: 16,
    deviceLogMb: 4,
    deviceLogsMb: 1000,
    deviceLogDays: 14,
    samplesMb: 1000,
    samplesDays: 90,
    insecurePlaintext: false,
    graceDays: 60,
    mqttVersion: '5',
    downloadMbps: 100,
    homeAssistantPrefix: 'homeassistant',
    homeAssistantName: 'vedette',
    deviceRecordsPerDay: 10_000_000,
    deviceMbPerDay: 20_000,
    keep: [],
    secondFactor: 'optional',
    logLevel: 'info',
  });
});

test('the table names every setting, and others are refused', () => {
  expect(Object.keys(table).toSorted()).toEqual(Object.keys(hubConfig.shape).toSorted());
  expect(hubConfig.safeParse({ httpProt: 1 }).success).toBe(false);
});

test.each(Object.entries(table))('%s', (key, { good, bad, beside = {} }) => {
  for (const value of good) {
    const read = hubConfig.safeParse({ ...beside, [key]: value });
    expect(read.error?.message, `${key}: ${value}`).toBeUndefined();
    expect(String(Reflect.get(read.data ?? {}, key))).toBe(String(value));
  }
  for (const value of bad)
    expect(pathsOf({ ...beside, [key]: value }), `${key}: ${JSON.stringify(value)}`).toEqual([key]);
});

describe('settings that belong together', () => {
  const own = ['mqttUsername', 'mqttPasswordFile', 'mqttCaFile'] as const;

  test.each(own)('%s is for an external broker', (key) => {
    expect(pathsOf({ [key]: 'x' })).toEqual([key]);
    expect(pathsOf({ [key]: 'x', mqttUrl: 'mqtt://b' })).toEqual([]);
  });

  test('certificate and key are given together, and for an external broker', () => {
    const url = { mqttUrl: 'mqtts://b' };
    expect(pathsOf({ ...url, mqttCertFile: 'c' })).toEqual(['mqttKeyFile']);
    expect(pathsOf({ ...url, mqttKeyFile: 'k' })).toEqual(['mqttKeyFile']);
    expect(pathsOf({ ...url, mqttCertFile: 'c', mqttKeyFile: 'k' })).toEqual([]);
    expect(pathsOf({ mqttCertFile: 'c', mqttKeyFile: 'k' })).toEqual(['mqttCertFile', 'mqttKeyFile']);
  });
});

test('files for a Mosquitto: it speaks TLS, so does the hub, and the hub needs no credentials of others', () => {
  const whole = { mqttUrl: 'mqtts://b', mosquittoFiles: 'f', tls: true };
  expect(pathsOf(whole)).toEqual([]);
  expect(pathsOf({ ...whole, mqttUrl: 'mqtt://b' })).toEqual(['mosquittoFiles']);
  expect(pathsOf({ ...whole, mqttUrl: undefined })).toEqual(['mosquittoFiles']);
  expect(pathsOf({ ...whole, tls: false })).toEqual(['mosquittoFiles']);
  expect(pathsOf({ ...whole, mqttCaFile: 'x' })).toEqual(['mqttCaFile']);
});

describe('how the listeners are protected', () => {
  const key = { tlsCert: 'c', tlsKey: 'k' };
  test.each([
    [{}, 'none', 'http://127.0.0.1:7', { http: 8080, mqtt: 1883 }],
    [{ host: '::1' }, 'none', 'http://[::1]:7', { http: 8080, mqtt: 1883 }],
    [{ tls: true }, 'own', 'https://127.0.0.1:7', { http: 8443, mqtt: 8883 }],
    [{ host: '0.0.0.0' }, 'own', 'https://127.0.0.1:7', { http: 8443, mqtt: 8883 }],
    [{ host: '::' }, 'own', 'https://127.0.0.1:7', { http: 8443, mqtt: 8883 }],
    [{ host: 'hub.example' }, 'own', 'https://hub.example:7', { http: 8443, mqtt: 8883 }],
    [{ host: '0.0.0.0', insecurePlaintext: true }, 'none', 'http://127.0.0.1:7', { http: 8080, mqtt: 1883 }],
    [{ host: '10.0.0.1', ...key }, 'given', 'https://10.0.0.1:7', { http: 8443, mqtt: 8883 }],
    [key, 'given', 'https://127.0.0.1:7', { http: 8443, mqtt: 8883 }],
  ])('%j: %s', (input, protection, address, ports) => {
    const config = hubConfig.parse(input);
    expect([protectionOf(config), addressHere(config, 7), portsOf(config)]).toEqual([protection, address, ports]);
  });

  test('without TLS and with TLS at once is refused, and so is half a pair', () => {
    expect(pathsOf({ insecurePlaintext: true, tls: true })).toEqual(['insecurePlaintext']);
    expect(pathsOf({ insecurePlaintext: true, ...key })).toEqual(['insecurePlaintext']);
    expect(pathsOf({ tlsCert: 'c' })).toEqual(['tlsKey']);
    expect(pathsOf({ tlsKey: 'k' })).toEqual(['tlsKey']);
  });
});

test('a public address gets the slash at its end; networks may be apart by spaces too', () => {
  expect(hubConfig.parse({ publicUrl: 'https://hub.example/vedette' }).publicUrl).toBe('https://hub.example/vedette/');
  expect(hubConfig.parse({ trustProxy: ' 10.0.0.1,  ::1 ' }).trustProxy).toEqual(['10.0.0.1', '::1']);
});
