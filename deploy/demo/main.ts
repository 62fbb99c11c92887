#!/usr/bin/env node
/** `npm start`: hub, dashboard and one agent on this machine, on a real clip with a real detector. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, homedir } from 'node:os';
import path from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { ensureClip } from '../../fixtures/clip/clip.ts';
import { ensureDetector } from '../../fixtures/detector/detector.ts';
import { packPackage } from '../../shared/engine/package/archive.ts';
import { readPackage } from '../../shared/engine/package/package.ts';
import { systemClock } from '../../shared/kit/clock.ts';
import { plainTerminal, plainText } from '../../shared/kit/plain-terminal.ts';
import { type DemoRules, demoAgentYaml } from './agent-config.ts';
import { createHubClient } from './hub-client.ts';
import { type OwnModel, ownClip, ownModel } from './own.ts';
import { startPrograms } from './programs.ts';
import { type DemoReady, describeDemo, hubOf } from './ready.ts';
import { type DemoSensor, ensureSensor } from './sensor.ts';

const DEVICE = 'demo';

interface Flags {
  dataDir: string;
  httpPort: number;
  mqttPort: number;
  clip?: string;
  model?: string;
}

const stdout = plainTerminal(process.stdout);
const print = (line: string) => void stdout.write(`${line}\n`);

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
    // Started by another program that is gone now.
    process.on('disconnect', () => resolve());
  });
  const dataDir = path.resolve(flags.dataDir);
  const agentDir = path.join(dataDir, 'agent');
  mkdirSync(agentDir, { recursive: true, mode: 0o700 });

  if (!process.send) print('Vedette demo: hub, dashboard and one agent, all on this machine.');
  const material = prepare(flags, dataDir);
  const prepared = await Promise.race([material, stopped]);
  if (!prepared) process.exit(0);

  const programs = startPrograms({ env: process.env, cwd: dataDir, clock: systemClock, print });
  // A signal during the start must not leave the hub behind.
  void stopped.then(async () => {
    if (!process.send) print('Ending …');
    await programs.stop();
    process.exit(0);
  });
  const hub = await programs.startHub({
    dataDir: path.join(dataDir, 'hub'),
    httpPort: flags.httpPort,
    mqttPort: flags.mqttPort,
    secondOpinion: prepared.opinion?.id,
  });

  const adminTokenFile = path.join(dataDir, 'hub', 'admin.token');
  const client = createHubClient(hubOf(hub), readFileSync(adminTokenFile, 'utf8').trim());
  const tokenFile = path.join(agentDir, 'device.token');
  writeFileSync(tokenFile, `${await client.deviceToken(DEVICE)}\n`, { mode: 0o600 });
  const configFile = path.join(agentDir, 'agent.yaml');
  const { clip, model, rules, sensor, opinion } = prepared;
  if (opinion) await client.addModel(opinion.archive);
  const mqttUrl = `mqtt://127.0.0.1:${hub.mqttPort}`;
  writeFileSync(
    configFile,
    demoAgentYaml({
      device: DEVICE,
      mqttUrl,
      tokenFile,
      dataDir: agentDir,
      model,
      clip,
      rules,
      sensor,
      asks: opinion !== undefined,
    }),
  );
  programs.startAgent(configFile);

  const ready: DemoReady = {
    type: 'ready',
    ...hub,
    signInCode: await client.signInCode(),
    clip,
    model,
    sensor: sensor.series,
    agent: configFile,
    dataDir,
    adminTokenFile,
  };
  if (process.send) process.send(ready);
  else print(`${describeDemo(ready)}\n  Ctrl-C ends all of it; the next start goes on where this one ended.`);
}

interface Material {
  readonly clip: string;
  readonly model: string;
  readonly rules: DemoRules;
  readonly sensor: DemoSensor;
  /** What the hub is asked about events: the same detector, which looks at the whole picture that it is sent. */
  readonly opinion: { readonly id: string; readonly archive: Buffer } | undefined;
}

async function prepare(flags: Flags, dataDir: string): Promise<Material> {
  const cacheDir = path.join(process.env.XDG_CACHE_HOME ?? path.join(homedir(), '.cache'), 'vedette');
  const own = flags.clip === undefined ? undefined : await ownClip(flags.clip);
  if (flags.model !== undefined && !existsSync(flags.model)) throw new Error(`${flags.model}: there is no such model`);
  const fetched = own === undefined ? await ensureClip({ cacheDir, print }) : undefined;
  const clip = own ?? fetched?.path ?? '';
  if (fetched?.origin === 'generated')
    print('The street clip cannot be had here: running on a generated clip, in which no person is to be found.');
  // Packages that are made of bare ONNX files.
  const options = {
    dir: path.join(dataDir, 'models'),
    clip,
    threads: availableParallelism(),
    clock: systemClock,
    print,
  };
  const mine = flags.model === undefined ? undefined : await ownModel(flags.model, options);
  const model = mine?.dir ?? (await ensureDetector({ cacheDir, print })).dir;
  const sensor = await ensureSensor(
    cacheDir,
    path.join(dataDir, 'agent', 'detectors', 'machine.json'),
    systemClock,
    print,
  );
  const street = fetched !== undefined && fetched.origin !== 'generated';
  const rules = rulesFor(mine, street);
  return { clip, model, sensor, rules, opinion: rules === 'none' ? undefined : await opinionOf(model, dataDir) };
}

async function opinionOf(dir: string, dataDir: string): Promise<Material['opinion']> {
  const { name, version } = (await readPackage(dir)).manifest;
  const file = path.join(dataDir, 'opinion.tar.gz');
  await packPackage(dir, file);
  return { id: `${name}@${version}`, archive: readFileSync(file) };
}

/** The street's rules are about persons; a model that finds no objects has nothing to cross a line. */
function rulesFor(mine: OwnModel | undefined, street: boolean): DemoRules {
  if (mine && !mine.objects) return 'none';
  return street && (mine?.objects?.includes('person') ?? true) ? 'street' : 'any';
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
  .option('--model <path>', 'your own model instead of the default detector: a package, or a bare ONNX file')
  .action(demo)
  .parseAsync()
  .catch((error: unknown) => {
    process.stderr.write(`npm start: ${plainText(error instanceof Error ? error.message : String(error))}\n`);
    process.exit(1);
  });
