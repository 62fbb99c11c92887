/**
 * deploy/compose as its README says, by podman-compose on images that are made here: PostgreSQL, Mosquitto and Prometheus out of Debian. Grafana is
 * not in Debian and is not started.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { freePort } from '../support/free-port.ts';
import { until } from '../support/until.ts';
import { ledger } from './hub-ledger.ts';
import type { Images } from './images.ts';
import { ask } from './run.ts';

export interface ComposeOptions {
  readonly images: Images;
  /** The checkout. */
  readonly root: string;
  readonly step: (what: string, run: () => Promise<string>) => Promise<void>;
}

const STARTED = ['postgres', 'hub', 'mosquitto', 'prepare', 'agent', 'prometheus'];
const DEVICE = 'compose-agent';
const LONG_MS = 240_000;
const apt = (name: string) =>
  `RUN apt-get update -q && apt-get install -y -q --no-install-recommends ${name} && rm -rf /var/lib/apt/lists/*`;
/** What the image of PostgreSQL does at its start, as far as compose.yaml asks it to. */
const POSTGRES_START = `#!/bin/sh
set -eu
PATH=$(echo /usr/lib/postgresql/*/bin):$PATH
if [ ! -e "$PGDATA/PG_VERSION" ]; then
  initdb -D "$PGDATA" -U "$POSTGRES_USER" --auth=trust --encoding=UTF8 --locale=C.UTF-8
  pg_ctl -D "$PGDATA" -o "-c listen_addresses=" -w start
  createdb -h /var/run/postgresql -U "$POSTGRES_USER" "$POSTGRES_DB" 2>/dev/null || true
  pg_ctl -D "$PGDATA" -m fast -w stop
fi
exec "$@"
`;
const mib = (bytes: number) => `${(bytes / 2 ** 20).toFixed(0)} MiB`;

export async function proveCompose({ images, root, step }: ComposeOptions): Promise<void> {
  const project = `vedette-proof-${process.pid}`;
  const ports = { HUB_PORT: await freePort(), BROKER_PORT: await freePort(), PROMETHEUS_PORT: await freePort() };
  const made = ['hub', 'agent', 'postgres', 'mosquitto', 'prometheus'].map((name) => [
    `${name.toUpperCase()}_IMAGE`,
    `localhost/vedette-${name}`,
  ]);
  const settings = { ...ports, ...Object.fromEntries(made), COMPOSE_PROJECT_NAME: project };
  const folder = copyFor(path.dirname(path.dirname(images.podmanProgram)), root, settings);
  const compose = async (...args: string[]) => {
    const all = [
      '--podman-path',
      images.podmanProgram,
      '-p',
      project,
      '-f',
      path.join(folder, 'compose.yaml'),
      ...args,
    ];
    const child = spawn('podman-compose', all, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += String(chunk)));
    const [code] = await once(child, 'close');
    if (code !== 0) throw new Error(`podman-compose ${args.join(' ')} ended with ${String(code)}:\n${text}`);
    return text;
  };
  const container = (service: string) => `${project}_${service}_1`;
  const inside = (service: string, ...args: string[]) => images.podman('exec', container(service), ...args);
  const hub = (...args: string[]) => inside('hub', 'vedette-hub', ...args);
  /** Both of its outputs. */
  const logs = (service: string) =>
    ask('sh', ['-c', 'exec "$0" "$@" 2>&1', images.podmanProgram, 'logs', container(service)]);

  await step('the schema of the compose specification takes it', async () => {
    const own = path.join(root, 'deploy/compose');
    await ask('docker-compose', ['-f', path.join(own, 'compose.yaml'), '--project-directory', own, 'config', '-q']);
    return (await ask('docker-compose', ['version', '--short'])).trim();
  });
  await step('images of hub and agent', async () => {
    await images.makeBases();
    const sizes = [await images.build('vedette-hub', 10_002), await images.build('vedette-agent', 10_001)];
    return sizes.map(mib).join(', ');
  });
  await step('images of PostgreSQL, Mosquitto and Prometheus, out of Debian', async () => {
    const nobody = ['RUN install -d -o 65534 -g 65534 /prometheus', 'USER 65534:65534'];
    const start = Buffer.from(POSTGRES_START).toString('base64');
    return [
      await images.buildOnBase('vedette-postgres', [
        apt('postgresql'),
        'RUN install -d -o postgres -g postgres -m 3777 /var/run/postgresql && install -d -o postgres -g postgres -m 700 /var/lib/postgresql/data',
        `RUN echo ${start} | base64 -d > /usr/local/bin/start && chmod 755 /usr/local/bin/start`,
        'ENTRYPOINT ["/usr/local/bin/start"]',
      ]),
      await images.buildOnBase('vedette-mosquitto', [
        apt('mosquitto'),
        'ENV PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      ]),
      await images.buildOnBase('vedette-prometheus', [apt('prometheus'), ...nobody]),
    ]
      .map(mib)
      .join(', ');
  });

  /** Its container anew, on the same data: podman cannot restart one whose network was made in another mount namespace (images.ts). */
  const newAgent = async () => {
    await images.podman('rm', '--force', container('agent'));
    await compose('up', '-d', 'agent');
  };
  const began = performance.now();
  /** When there are some, and no gap. */
  const records = async () => {
    const text = (await inside('hub', 'sh', '-c', ledger(DEVICE)).catch(() => '')).trim();
    return /^[1-9]\d* records, 0 gaps$/.test(text) ? text : undefined;
  };
  const more = async (before: string | undefined) =>
    until(
      async () => {
        const now = await records();
        return Number(now?.split(' ', 1)[0]) > Number(before?.split(' ', 1)[0]) ? now : undefined;
      },
      'more records',
      LONG_MS,
    );
  try {
    await step('up: records of the agent are at the hub, by Mosquitto with certificates', async () => {
      await compose('up', '-d', ...STARTED);
      return until(records, 'records arrive', LONG_MS);
    });
    console.log(`   from \`up\` to records: ${Math.round((performance.now() - began) / 1000)} s`);
    await step('each service is confined, and the hub is healthy', async () => {
      await until(
        async () => (await images.podman('healthcheck', 'run', container('hub'))).trim() === '',
        'healthy',
        LONG_MS,
      );
      const said: string[] = [];
      for (const service of ['hub', 'postgres', 'mosquitto', 'agent', 'prometheus']) {
        const status = await inside(
          service,
          'sh',
          '-c',
          'touch /x 2>&1; grep -E "^(Uid|CapEff|NoNewPrivs)" /proc/1/status',
        );
        if (!/Read-only/.test(status) || !/CapEff:\s+0+$/m.test(status) || !/NoNewPrivs:\s+1/.test(status))
          throw new Error(`${service}: ${status}`);
        said.push(`${service} as ${/^Uid:\s+(\d+)/m.exec(status)?.[1]}`);
      }
      return said.join(', ');
    });
    await step('Mosquitto sees what it has to read, and no key of the authority', async () => {
      const seen = await inside(
        'mosquitto',
        'sh',
        '-c',
        'ls /var/lib/vedette-broker; ls /var/lib/vedette-hub 2>&1 || true',
      );
      if (/root\.key|issuer/.test(seen)) throw new Error(seen);
      return seen.trim().replaceAll('\n', ' ');
    });
    await step('Prometheus asks hub and agent, and has the rules', async () => {
      const ask = async (route: string) =>
        (await fetch(`http://127.0.0.1:${ports.PROMETHEUS_PORT}/api/v1/${route}`)).json() as Promise<unknown>;
      const up = await until(
        async () => {
          const { data } = targets.parse(await ask('targets'));
          const good = data.activeTargets.filter((target) => target.health === 'up').map((target) => target.scrapePool);
          return good.length === 2 ? good : undefined;
        },
        'both are up',
        LONG_MS,
      );
      const { data } = rules.parse(await ask('rules'));
      return `${up.join(', ')}; ${data.groups.length} groups of rules`;
    });
    await step('down and up: everything goes on, without a gap', async () => {
      const before = await records();
      await compose('down');
      await compose('up', '-d', ...STARTED);
      return more(before);
    });
    await step('a new root: Mosquitto and hub have it, the agent goes on', async () => {
      await hub('ca', 'renew-root', '--data-dir', '/var/lib/vedette-hub');
      await until(async () => /files have changed/.test(await logs('mosquitto')), 'Mosquitto reads it', LONG_MS);
      await newAgent();
      return more(await records());
    });
    await step('a revoked device does not get in again', async () => {
      const count = async () => (await logs('mosquitto')).split('files have changed').length;
      const before = await count();
      const asked = performance.now();
      await hub('device', 'revoke', DEVICE, '--reason', 'stolen');
      await until(async () => (await count()) > before, 'Mosquitto reads the list', LONG_MS);
      const took = ((performance.now() - asked) / 1000).toFixed(1);
      await newAgent();
      await until(async () => /revoked|alert|refused|certificate/i.test(await logs('agent')), 'it is refused', LONG_MS);
      const was = await records();
      await new Promise((resolve) => setTimeout(resolve, 15_000));
      if ((await records()) !== was) throw new Error('its records arrive');
      return `${took} s from the order until Mosquitto had read it`;
    });
    await step('down with its volumes: nothing stays', async () => {
      await compose('down', '-v');
      const left = await images.podman(
        'volume',
        'ls',
        '--quiet',
        '--filter',
        `label=io.podman.compose.project=${project}`,
      );
      if (left.trim() !== '') throw new Error(left);
      return 'no container, no volume';
    });
  } catch (error) {
    for (const service of STARTED) console.error(`${service}:\n${(await logs(service).catch(String)).slice(-2_000)}`);
    throw error;
  } finally {
    await compose('down', '-v').catch(() => undefined);
  }
}

/**
 * deploy/ with files that Debian's podman-compose 1.0.3 can read: it takes a service's networks as a list only, gives a network also to a service
 * that wants none, and takes `.env` before the environment. Without their aliases the services are found by their own names, which are the
 * defaults of HUB_NAME and BROKER_NAME.
 */
function copyFor(target: string, root: string, settings: Readonly<Record<string, string | number>>): string {
  const folder = path.join(target, 'deploy');
  rmSync(folder, { recursive: true, force: true });
  cpSync(path.join(root, 'deploy'), folder, { recursive: true });
  const file = path.join(folder, 'compose/compose.yaml');
  const text = readFileSync(file, 'utf8');
  let without = text;
  for (const line of [/^ {4}networks: \{ default: \{ aliases: .*\n/gm, /^ {4}network_mode: none\n/gm]) {
    const before = without;
    without = before.replaceAll(line, '');
    if (without === before) throw new Error(`compose.yaml has no line ${String(line)} any more`);
  }
  writeFileSync(file, without);
  const own = Object.entries(settings).map(([key, value]) => `${key}=${value}\n`);
  appendFileSync(path.join(path.dirname(file), '.env'), own.join(''));
  return path.dirname(file);
}

const targets = z.object({
  data: z.object({ activeTargets: z.array(z.object({ health: z.string(), scrapePool: z.string() })) }),
});
const rules = z.object({ data: z.object({ groups: z.array(z.unknown()).min(1) }) });
