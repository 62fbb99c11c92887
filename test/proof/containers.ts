/** The images of hub and agent, built and run as the documents say: read-only, without root, without rights; records arrive. */
import { chownSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { systemClock } from '../../shared/kit/clock.ts';
import { fetchOver } from '../../shared/pki/fetch.ts';
import { certificatesOf } from '../../shared/pki/pem.ts';
import { exactTime } from '../../shared/pki/time.ts';
import { freePort } from '../support/free-port.ts';
import { until } from '../support/until.ts';
import type { Images } from './images.ts';
import { playPod } from './pod.ts';

export interface ContainersOptions {
  readonly images: Images;
  readonly folder: string;
  /** The checkout. */
  readonly root: string;
  /** A model package. */
  readonly model: string;
  readonly helm: string;
  readonly step: (what: string, run: () => Promise<string>) => Promise<void>;
}

const HUB = 10_002;
const AGENT = 10_001;
const LONG_MS = 120_000;
/** As compose.yaml and the chart run them. */
const CONFINED = [
  '--read-only',
  '--tmpfs',
  '/tmp',
  '--cap-drop',
  'all',
  '--security-opt',
  'no-new-privileges',
  '--network',
  'host',
];
const mib = (bytes: number) => `${(bytes / 2 ** 20).toFixed(0)} MiB`;

export async function proveContainers({ images, folder, root, model, helm, step }: ContainersOptions): Promise<void> {
  const [hubData, state, etc] = ['hub', 'state', 'etc'].map((name) => path.join(folder, name)) as [
    string,
    string,
    string,
  ];
  for (const [at, user] of [
    [hubData, HUB],
    [state, AGENT],
    [etc, AGENT],
  ] as const) {
    mkdirSync(at, { recursive: true });
    chownSync(at, user, user);
  }
  const [http, mqtt, api] = [await freePort(), await freePort(), await freePort()];
  const hub = `https://127.0.0.1:${http}`;

  await step('bases are made', async () => {
    const bytes = await images.makeBases();
    return [mib(bytes), ...images.hindrances()].join('; ');
  });
  for (const [product, user] of [
    ['vedette-hub', HUB],
    ['vedette-agent', AGENT],
  ] as const)
    await step(`${product} is built`, async () => mib(await images.build(product, user)));

  await step('images say what they are', async () => {
    const found = z
      .array(
        z.object({
          Config: z.object({
            User: z.string(),
            Labels: z.record(z.string(), z.string()),
          }),
          Healthcheck: z.object({ Test: z.array(z.string()) }),
        }),
      )
      .parse(JSON.parse(await images.podman('image', 'inspect', 'localhost/vedette-agent')));
    const { User, Labels } = found[0]?.Config ?? {};
    if (User !== `${AGENT}:${AGENT}`) throw new Error(`it runs as ${User}`);
    if (Labels?.['org.opencontainers.image.title'] !== 'vedette-agent') throw new Error('it has no title');
    const sbom = await images.podman(
      'run',
      '--rm',
      '--entrypoint',
      'cat',
      'localhost/vedette-agent',
      '/usr/lib/vedette/sbom.cdx.json',
    );
    const { components } = z.object({ components: z.array(z.unknown()) }).parse(JSON.parse(sbom));
    return `user ${User}, ${components.length} components, health by ${found[0]?.Healthcheck.Test.slice(1).join(' ')}`;
  });

  const health = (name: string) =>
    until(async () => (await images.podman('healthcheck', 'run', name)).trim() === '', `${name} is healthy`, LONG_MS);
  await step('the hub runs read-only without rights, and is healthy', async () => {
    const env = ['-e', `VEDETTE_HEALTH=${hub}/readyz`, '-v', `${hubData}:/var/lib/vedette-hub`];
    const args = ['run', '--host', '0.0.0.0', '--http-port', `${http}`, '--mqtt-port', `${mqtt}`];
    await images.podman('run', '-d', '--name', 'hub', ...CONFINED, ...env, 'localhost/vedette-hub', ...args);
    await health('hub');
    const status = await images.podman(
      'exec',
      'hub',
      'sh',
      '-c',
      'touch /x 2>&1; grep -E "^(Uid|CapEff|NoNewPrivs)" /proc/1/status',
    );
    if (!/Read-only/.test(status) || !/CapEff:\s+0+$/m.test(status)) throw new Error(status);
    return status.replaceAll(/\s+/g, ' ');
  });

  await step('the agent enrols', async () => {
    const claim = await images.podman('exec', 'hub', '/etc/vedette/start', 'claim', 'create');
    writeFileSync(path.join(etc, 'claim'), claim);
    const mounts = ['-v', `${state}:/var/lib/vedette-agent`, '-v', `${etc}:/etc/vedette-agent`];
    const args = ['enroll', '--hub', hub, '--token-file', '/etc/vedette-agent/claim', '--name', 'box'];
    return images.podman(
      'run',
      '--rm',
      ...CONFINED,
      ...mounts,
      'localhost/vedette-agent',
      ...args,
      '--dir',
      '/etc/vedette-agent',
      '--state-dir',
      '/var/lib/vedette-agent',
    );
  });

  await step('the agent runs read-only without rights, is healthy, and feeds the hub', async () => {
    const file = path.join(etc, 'agent.yaml');
    const written: unknown = parse(readFileSync(file, 'utf8'));
    const streams = { test: { source: 'test:testsrc2', model: 'people', fps: 2, summaryS: 1 } };
    writeFileSync(
      file,
      stringify({
        ...(written as object),
        models: { people: '/model' },
        api: { port: api },
        runners: { count: 1 },
        streams,
      }),
    );
    const mounts = [
      '-v',
      `${state}:/var/lib/vedette-agent`,
      '-v',
      `${etc}:/etc/vedette-agent:ro`,
      '-v',
      `${model}:/model:ro`,
    ];
    const env = ['-e', `VEDETTE_HEALTH=http://127.0.0.1:${api}/readyz`];
    await images.podman('run', '-d', '--name', 'agent', ...CONFINED, ...mounts, ...env, 'localhost/vedette-agent');
    await health('agent');
    return until(() => ledger(hub, hubData, 'box'), 'records are at the hub', LONG_MS);
  });

  await step('the pod of the chart runs by `podman kube play`, and feeds the hub', async () => {
    const claim = await images.podman('exec', 'hub', '/etc/vedette/start', 'claim', 'create');
    const where = { url: hub, mqttUrl: `mqtts://127.0.0.1:${mqtt}` };
    const pod = { images, helm, root, folder: path.join(folder, 'pod'), model, hub: where, claim, node: 'node-1' };
    const said = await playPod({ ...pod, api: await freePort() });
    const records = await until(() => ledger(hub, hubData, 'node-1'), 'records of the pod are at the hub', LONG_MS);
    await images.podman('pod', 'rm', '--force', '--all');
    return `${said.replaceAll('\n', ', ')}; ${records}`;
  });

  await step('both end in order when they are told to', async () => {
    const codes: string[] = [];
    for (const name of ['agent', 'hub']) {
      await images.podman('stop', '--time', '20', name);
      codes.push(`${name} ${(await images.podman('inspect', '--format', '{{.State.ExitCode}}', name)).trim()}`);
    }
    if (codes.join() !== 'agent 0,hub 0') throw new Error(codes.join(', '));
    return codes.join(', ');
  });
}

/** What the hub has of a device, when it has something without a gap. */
async function ledger(hub: string, data: string, device: string): Promise<string | undefined> {
  const anchors = certificatesOf(readFileSync(path.join(data, 'pki/ca.pem'), 'utf8'));
  const time = () => exactTime(systemClock.wall());
  const authorization = `Bearer ${readFileSync(path.join(data, 'admin.token'), 'utf8').trim()}`;
  const fetch = fetchOver({ trust: { anchors }, time, clock: systemClock });
  const answer = await fetch(`${hub}/api/v1/devices/${device}/sequences`, { headers: { authorization } });
  const { items } = z
    .object({ items: z.array(z.object({ records: z.number(), gaps: z.array(z.unknown()) })) })
    .parse(await answer.json());
  const [records, gaps] = [
    items.reduce((sum, item) => sum + item.records, 0),
    items.reduce((sum, item) => sum + item.gaps.length, 0),
  ];
  return records >= 5 && gaps === 0 ? `${records} records, ${gaps} gaps` : undefined;
}
