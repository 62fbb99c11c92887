#!/usr/bin/env node
/** `npm start`: hub, dashboard and one agent on this machine, on a real clip with a real detector. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { ensureClip } from '../../fixtures/clip/clip.ts';
import { ensureDetector } from '../../fixtures/detector/detector.ts';
import { systemClock } from '../../shared/kit/clock.ts';
import { demoAgentYaml } from './agent-config.ts';
import { createHubClient } from './hub-client.ts';
import { startPrograms } from './programs.ts';
import { type DemoSensor, ensureSensor } from './sensor.ts';

const DEVICE = 'demo';

interface Flags {
  dataDir: string;
  httpPort: number;
  mqttPort: number;
  clip?: string;
  model?: string;
}

const say = (line: string) => void process.stdout.write(`${line}\n`);

// A reader that went away (`| head`) does not end the demo.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

function port(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 65_535)
    throw new InvalidArgumentError('must be a port, 0 to 65535.');
  return value;
}

async function demo(flags: Flags): Promise<void> {
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => resolve());
  });
  const dataDir = path.resolve(flags.dataDir);
  const agentDir = path.join(dataDir, 'agent');
  mkdirSync(agentDir, { recursive: true, mode: 0o700 });

  say('Vedette demo: hub, dashboard and one agent, all on this machine.');
  const material = prepare(flags);
  const prepared = await Promise.race([material, stopped]);
  if (!prepared) process.exit(0);

  const programs = startPrograms({ env: process.env, cwd: dataDir, clock: systemClock, say });
  // A signal during the start must not leave the hub behind.
  void stopped.then(async () => {
    say('Ending …');
    await programs.stop();
    process.exit(0);
  });
  const hub = await programs.startHub({
    dataDir: path.join(dataDir, 'hub'),
    httpPort: flags.httpPort,
    mqttPort: flags.mqttPort,
  });

  const base = `http://127.0.0.1:${hub.httpPort}`;
  const client = createHubClient(base, readFileSync(path.join(dataDir, 'hub', 'admin.token'), 'utf8').trim());
  const tokenFile = path.join(agentDir, 'device.token');
  writeFileSync(tokenFile, `${await client.deviceToken(DEVICE)}\n`, { mode: 0o600 });
  const configFile = path.join(agentDir, 'agent.yaml');
  const { clip, model, street, sensor } = prepared;
  const mqttUrl = `mqtt://127.0.0.1:${hub.mqttPort}`;
  writeFileSync(
    configFile,
    demoAgentYaml({ device: DEVICE, mqttUrl, tokenFile, dataDir: agentDir, model, clip, street, sensor }),
  );
  programs.startAgent(configFile);

  say(`
  Dashboard   ${base}/#code=${await client.signInCode()}
              (signs you in once; later: ${base} with the token of ${path.join(dataDir, 'hub', 'admin.token')})
  API         ${base}/api/v1/docs
  MQTT        127.0.0.1:${hub.mqttPort}
  Clip        ${clip}
  Model       ${model}
  Sensor      ${sensor.series}
  Agent       ${configFile}
  Data        ${dataDir}

  Ctrl-C ends all of it; the next start goes on where this one ended.`);
}

interface Material {
  readonly clip: string;
  readonly model: string;
  readonly street: boolean;
  readonly sensor: DemoSensor;
}

async function prepare(flags: Flags): Promise<Material> {
  const cacheDir = path.join(process.env.XDG_CACHE_HOME ?? path.join(homedir(), '.cache'), 'vedette');
  const fetched = flags.clip === undefined ? await ensureClip({ cacheDir, say }) : undefined;
  const clip = fetched?.path ?? path.resolve(flags.clip ?? '');
  if (fetched?.origin === 'generated')
    say('The street clip cannot be had here: running on a generated clip, in which no person is to be found.');
  const model = flags.model === undefined ? (await ensureDetector({ cacheDir, say })).dir : path.resolve(flags.model);
  const sensor = await ensureSensor(cacheDir, systemClock, say);
  return { clip, model, sensor, street: fetched !== undefined && fetched.origin !== 'generated' };
}

new Command('npm start --')
  .description(
    'Runs everything on this machine: hub with embedded broker and dashboard, and an agent on a street clip.',
  )
  .option('--data-dir <dir>', 'where everything is kept (VEDETTE_DATA_DIR)', process.env.VEDETTE_DATA_DIR ?? './data')
  .option(
    '--http-port <port>',
    'dashboard and API (VEDETTE_HTTP_PORT); 0: any free one',
    port,
    port(process.env.VEDETTE_HTTP_PORT ?? '8080'),
  )
  .option(
    '--mqtt-port <port>',
    'embedded broker (VEDETTE_MQTT_PORT); 0: any free one',
    port,
    port(process.env.VEDETTE_MQTT_PORT ?? '1883'),
  )
  .option('--clip <file>', 'your own clip instead of the street')
  .option('--model <dir>', 'your own model package instead of the default detector')
  .action(demo)
  .parseAsync()
  .catch((error: unknown) => {
    process.stderr.write(`npm start: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  });
