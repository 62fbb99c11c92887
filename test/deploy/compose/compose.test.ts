/** deploy/compose: its schema, what its services may and see, and that its files fit each other. `npm run proof -- compose` runs it. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { loadConfig } from '../../../agent/config.ts';
import { readSettings } from '../../../cloud-hub/commands/settings.ts';
import { readRules } from '../observability/expressions.ts';

const folder = path.join(import.meta.dirname, '../../../deploy/compose');
const text = (file: string) => readFileSync(path.join(folder, file), 'utf8');
const hasCompose = spawnSync('docker-compose', ['version']).status === 0;

const service = z.looseObject({
  image: z.string(),
  volumes: z.array(z.string()),
  ports: z.array(z.string()).default([]),
  read_only: z.literal(true),
  cap_drop: z.tuple([z.literal('ALL')]),
  security_opt: z.tuple([z.literal('no-new-privileges:true')]),
});
const file = z.object({ services: z.record(z.string(), service), volumes: z.record(z.string(), z.object({})) });
const compose = file.parse(parse(text('compose.yaml'), { merge: true }));
const mounts = Object.entries(compose.services).flatMap(([name, { volumes }]) =>
  volumes.map((volume) => {
    const [from = '', to = '', mode = 'rw'] = volume.split(':');
    return { service: name, from, to, mode };
  }),
);
const whoSees = (volume: string) => mounts.filter(({ from }) => from === volume).map((m) => `${m.service} ${m.mode}`);

test.skipIf(!hasCompose)(
  `the schema of the compose specification takes it${hasCompose ? '' : ' (skipped: no docker-compose, Debian package docker-compose)'}`,
  () => {
    const ended = spawnSync('docker-compose', ['config', '-q'], { cwd: folder, encoding: 'utf8' });
    expect(ended.stderr).toBe('');
    expect(ended.status).toBe(0);
  },
);

test('what is mounted is there, read-only, and its scripts can be run', () => {
  const files = mounts.filter(({ from }) => from.startsWith('.'));
  expect(files.length).toBeGreaterThan(8);
  for (const { from, mode } of files) {
    expect(existsSync(path.join(folder, from)), from).toBe(true);
    expect(mode, from).toBe('ro');
    if (from.endsWith('.sh')) {
      expect(statSync(path.join(folder, from)).mode & 0o111, from).toBe(0o111);
      expect(spawnSync('sh', ['-n', path.join(folder, from)]).status, from).toBe(0);
    }
  }
  const named = new Set(mounts.map(({ from }) => from).filter((from) => !from.startsWith('.')));
  expect([...named].toSorted()).toEqual(Object.keys(compose.volumes).toSorted());
});

test("only hub and `prepare` see the hub's data, and only the hub writes it", () => {
  expect(whoSees('hub')).toEqual(['hub rw', 'prepare ro']);
  expect(whoSees('database')).toEqual(['postgres rw']);
  expect(whoSees('socket')).toEqual(['hub rw', 'postgres rw']);
  expect(whoSees('broker')).toEqual(['hub rw', 'mosquitto ro']);
  expect(whoSees('claim')).toEqual(['prepare rw', 'agent ro']);
  expect(whoSees('metrics')).toEqual(['prepare rw', 'prometheus ro']);
});

test('PostgreSQL hears nobody on a network, and the hub asks it by its socket', () => {
  const { postgres, hub } = z
    .object({
      services: z.object({
        postgres: z.looseObject({}),
        hub: z.looseObject({ environment: z.record(z.string(), z.string()) }),
      }),
    })
    .parse(parse(text('compose.yaml'), { merge: true })).services;
  expect(postgres).toMatchObject({ network_mode: 'none', command: ['postgres', '-c', 'listen_addresses='] });
  const named = new Map([...text('.env').matchAll(/^(\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]));
  const environment = Object.entries(hub.environment).map(([variable, value]) => [
    variable,
    value.replaceAll(/\$\{(\w+)\}/g, (_, name: string) => named.get(name) ?? ''),
  ]);
  // The image listens on all addresses.
  const { databaseUrl } = readSettings({ host: '0.0.0.0' }, Object.fromEntries(environment));
  const socket = new URL(databaseUrl ?? '').searchParams.get('host');
  expect(mounts.filter(({ to }) => to === socket).map((mount) => mount.service)).toEqual(['hub', 'postgres']);
});

test('Prometheus and Grafana listen on this machine alone', () => {
  const open = Object.entries(compose.services).flatMap(([name, { ports }]) =>
    ports.some((port) => !port.startsWith('127.0.0.1:')) ? [name] : [],
  );
  expect(open).toEqual(['hub', 'mosquitto']);
});

test('every setting that it names is in .env, and no other', () => {
  const set = [...text('.env').matchAll(/^(\w+)=/gm)].map(([, name = '']) => name);
  const used = [...text('compose.yaml').matchAll(/\$\{(\w+)\}/g)].map(([, name = '']) => name);
  expect([...new Set(used)].toSorted()).toEqual(set.filter((name) => name !== 'COMPOSE_PROJECT_NAME').toSorted());
});

test('the configuration of the agent is taken as it stands', () => {
  const environment = { VEDETTE_DEVICE: 'compose-agent', VEDETTE_BROKER: 'mqtts://mosquitto:8883' };
  const { hub, streams } = loadConfig(path.join(folder, 'agent.yaml'), environment);
  expect(hub?.url).toBe('mqtts://mosquitto:8883');
  expect([...streams.keys()]).toEqual(['hub-memory']);
});

test('Grafana finds its data source and its dashboards, Prometheus its rules and both jobs', () => {
  const inside = (to: string) => mounts.find((mount) => mount.to === to)?.from ?? '';
  const source = z.object({ datasources: z.array(z.object({ url: z.string() })) });
  const [first] = source.parse(parse(text('grafana-datasource.yml'))).datasources;
  expect(compose.services).toHaveProperty(new URL(first?.url ?? '').hostname);
  const provider = z.object({ providers: z.array(z.object({ options: z.object({ path: z.string() }) })) });
  const dashboards = parse(text(inside('/etc/grafana/provisioning/dashboards/vedette.yml')));
  const at = provider.parse(dashboards).providers[0]?.options.path ?? '';
  expect(path.join(folder, inside(at))).toBe(path.join(folder, '../observability/grafana/dashboards'));

  const config = z.object({
    rule_files: z.array(z.string()),
    scrape_configs: z.array(
      z.object({ job_name: z.string(), static_configs: z.array(z.object({ targets: z.array(z.string()) })) }),
    ),
  });
  const { rule_files, scrape_configs } = config.parse(parse(text('prometheus.yml')));
  for (const rules of rule_files) expect(inside(`/etc/prometheus/${rules}`)).not.toBe('');
  // The jobs have the names that the rules ask for.
  const jobs = new Set(readRules().flatMap(({ expr }) => [...expr.matchAll(/job="([^"]+)"/g)].map(([, job]) => job)));
  expect(new Set(scrape_configs.map((job) => job.job_name))).toEqual(jobs);
  for (const { static_configs } of scrape_configs)
    for (const target of static_configs.flatMap(({ targets }) => targets))
      expect(compose.services).toHaveProperty(target.split(':')[0] ?? '');
});
