/**
 * The agent's composition root: the only place that puts its parts together.
 *
 * streams → runners → records (stamped here) → outbox → hub; wishes of the hub come back the same way.
 */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { encodePicture } from '../shared/contract/codec.ts';
import type { Command } from '../shared/contract/messages/command.ts';
import type { RecordBody } from '../shared/contract/messages/record.ts';
import type { Clock } from '../shared/kit/clock.ts';
import type { Part } from '../shared/kit/lifecycle.ts';
import type { Logger } from '../shared/kit/log.ts';
import { describeComplaints } from '../shared/kit/schema.ts';
import { createApi } from './api/api.ts';
import { createDrawingProcess } from './api/drawing-process.ts';
import { createLive } from './api/live.ts';
import type { ApiOptions } from './api/options.ts';
import { createWishes } from './api/wishes.ts';
import { type Outbox, openOutbox } from './buffer/outbox.ts';
import type { AgentConfig } from './config.ts';
import { createBoard } from './health/board.ts';
import { clockQuality } from './health/clock-quality.ts';
import { buildReport, type HostFacts } from './health/report.ts';
import { createTallies } from './health/tallies.ts';
import { createTroubles, type Trouble } from './health/troubles.ts';
import { openStore } from './models/store.ts';
import { createTools } from './models/tools.ts';
import { tuneAll } from './models/tuner.ts';
import { createFleet } from './reconcile/fleet.ts';
import { createReconciler } from './reconcile/reconcile.ts';
import { openState } from './reconcile/state.ts';
import type { FromRunner } from './runner/messages.ts';
import { createSupervisor } from './runner/supervisor.ts';
import type { HubConnection } from './sync/connection.ts';
import { offsetOf } from './sync/hub-clock.ts';
import { createSync, type Sync } from './sync/sync.ts';

export interface AgentOptions {
  readonly config: AgentConfig;
  /** Only with `config.hub`. */
  readonly hub?: HubConnection;
  readonly version: string;
  /** Id of this start. */
  readonly boot: string;
  readonly host: HostFacts;
  readonly entries: Entries;
  /** Names what the speed of a model depends on. */
  readonly machine: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The built files of the processes that it starts. */
export interface Entries {
  readonly runner: URL;
  readonly measure: URL;
  readonly proof: URL;
  readonly shadow: URL;
  readonly annotate: URL;
}

/** A fault that repeats is written down at once, then at most so often. */
const TROUBLE_INTERVAL_MS = 60_000;
const MIB = 2 ** 20;

/** @throws CodedError or RangeError when the outbox or the hub's address cannot be used */
export function createAgent(options: AgentOptions): Part {
  const { config, clock, log, boot } = options;
  const bootMono = clock.mono();
  /** Of the configuration in force: of the file, until the hub sends streams. */
  let { revision } = config;

  /** The outbox stamps what it finds when it opens, before there is anything that knows the hub's time. */
  let sync: Sync | undefined;

  const stamp = (at: number) => {
    const wall = clock.wall() - Math.max(0, clock.mono() - at);
    const quality = clockQuality(wall, wallOffset());
    return { config: revision, boot, mono: Math.max(0, at - bootMono), wall, clock: quality };
  };
  const wallOffset = () => {
    const hubClock = sync?.state().uplink.hubClock;
    return hubClock && offsetOf(hubClock, clock.wall(), clock.mono());
  };

  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
  const outbox: Outbox = openOutbox({
    folder: config.dataDir,
    quotaBytes: config.buffer.quotaMb * MIB,
    stamp: () => stamp(clock.mono()),
    clock,
    log,
  });
  const state = openState(path.join(config.dataDir, 'models.json'), (reason) =>
    log.error(
      { reason },
      'what the hub wished for cannot be read any more; the models of agent.yaml run until it says again',
    ),
  );
  const keep = (record: RecordBody) => void outbox.append(record);

  const troubles = createTroubles(TROUBLE_INTERVAL_MS, clock, ({ code, message, stream, count }) => {
    log.warn({ code, stream, count }, message);
    const text = message.slice(0, 2048);
    keep({ kind: 'error', ...stamp(clock.mono()), ...(stream ? { stream } : {}), code, message: text, count });
  });
  const tallies = createTallies();
  const trouble = (found: Trouble) => {
    tallies.trouble(found, clock.wall());
    troubles.add(found);
  };
  const board = createBoard(config, () => sync?.changed());
  const wishes = createWishes(clock, (stream, wish) => supervisor.send(stream, { type: 'watch', stream, ...wish }));
  const drawing = createDrawingProcess({
    entry: options.entries.annotate,
    workDir: path.join(config.dataDir, 'runners', 'drawing'),
    clock,
  });
  const live = createLive({
    wishes,
    follow: (stream, until) => supervisor.send(stream, { type: 'follow', stream, until }),
    rulesOf: (stream) => board.streams().find((s) => s.id === stream)?.rules ?? [],
    annotate: drawing.annotate,
    onFault: (stream, error) => log.warn({ stream, err: error }, 'no picture for the local API'),
    clock,
  });

  const heard = (message: FromRunner): void => {
    switch (message.type) {
      case 'record':
        if (message.body.kind === 'summary') {
          board.measure(message.body);
          tallies.summary(message.body);
          reconciler.onSummary(message.model, message.body);
        }
        keep({ ...message.body, ...stamp(message.at), model: message.model });
        break;
      case 'status':
        log.info({ stream: message.stream, ...message.status }, `stream ${message.status.state}`);
        board.set(message.stream, message.status);
        break;
      case 'trouble':
        trouble(message);
        break;
      case 'note':
        log.info({ stream: message.stream }, message.message);
        break;
      case 'latest':
        live.onLatest(message.stream, message.result);
        break;
      case 'preview':
        live.onPreview(message.header, message.jpeg);
        if (wishes.due('hub', message.header.stream))
          sync?.preview(encodePicture({ ...message.header, wall: clock.wall() }, message.jpeg));
        break;
      case 'result':
      case 'done':
        break;
    }
  };

  const runners = config.runners.count === 'auto' ? options.host.cpus : config.runners.count;
  const supervisor = createSupervisor({
    entry: options.entries.runner,
    workDir: path.join(config.dataDir, 'runners'),
    runners,
    restart: true,
    memoryMb: config.runners.memoryMb,
    onRecycled: ({ streams, message }) => log.warn({ streams }, message),
    clock,
    onMessage: heard,
    onRunnerDied({ streams, code, message }) {
      for (const stream of streams) {
        trouble({ code, message, stream, count: 1 });
        board.set(stream, { state: 'waiting', error: message });
      }
      reconciler.onCrash(streams);
    },
  });
  supervisor.warm(config.streams.size);

  const store = openStore(path.join(config.dataDir, 'models'), (config.updates?.reserveMb ?? 0) * MIB);
  const fleet = createFleet({
    config,
    store,
    supervisor,
    tune: (assignments) =>
      tuneAll(assignments, {
        entry: options.entries.measure,
        workDir: path.join(config.dataDir, 'runners', 'measure'),
        file: path.join(config.dataDir, 'measured.json'),
        machine: options.machine,
        runners,
        clock,
        say: (message) => log.info(message),
      }),
    onStreams(set) {
      revision = set.revision;
      board.show(set.streams, set.refused);
    },
  });
  const reconciler = createReconciler({
    state,
    store,
    fleet,
    tools: createTools({
      config,
      token: options.hub?.token,
      store,
      entries: options.entries,
      quality: () => clockQuality(clock.wall(), wallOffset()),
      onDamagedTrust: (reason) => log.error({ reason }, 'the trusted metadata cannot be read; trust begins anew'),
      clock,
    }),
    models: Object.keys(config.models),
    onChange: () => sync?.changed(),
    onFailure(model, { name, version, stage, reason }) {
      const message = `${model}: ${name} ${version} is given up (${stage}): ${reason}`;
      trouble({ code: 'model-rejected', message, count: 1 });
    },
    clock,
    log,
  });

  const obey = (command: Command): void => {
    const { stream, seconds, fps, width } = command;
    if (!board.has(stream)) return;
    wishes.set('hub', stream, { until: clock.mono() + seconds * 1000, fps, width });
  };

  sync = createSyncIfWanted(options, outbox, {
    report: () => {
      const [streams, told] = [board.streams(), reconciler.report()];
      const uptimeMs = clock.mono() - bootMono;
      return buildReport({ ...options, revision, outbox, streams, told, uptimeMs, wallOffset: wallOffset() });
    },
    onCommand: obey,
    onDesired: reconciler.onDesired,
    onConnected: reconciler.onConnected,
    onTrouble: (code, message, count) => trouble({ code, message, count }),
  });

  const seen: ApiOptions = {
    device: config.device,
    version: options.version,
    streams: board.streams,
    tallies,
    live,
    outbox,
    quotaBytes: config.buffer.quotaMb * MIB,
    runners: () => supervisor.pids().length,
    hubConnected: () => sync?.state().connected,
    clock,
    log,
  };
  const api = config.api
    ? createApi(config.api, seen, (message) => trouble({ code: 'config-invalid', message, count: 1 }))
    : undefined;

  return {
    async start() {
      for (const { stream, complaints } of config.refused) {
        const message = `stream "${stream}" is not started: ${describeComplaints(complaints)}`;
        trouble({ code: 'config-invalid', message, count: 1, ...(config.streams.has(stream) ? { stream } : {}) });
      }
      sync?.start?.();
      await api?.start?.();
      await reconciler.start();
    },
    async stop() {
      await api?.stop();
      await drawing.stop();
      // A hand-over that is under way ends with its runners.
      await Promise.all([reconciler.stop(), supervisor.stop()]);
      troubles.flush();
      await sync?.stop();
      outbox.close();
    },
  };
}

function createSyncIfWanted(
  { config, hub, clock, log }: AgentOptions,
  outbox: Outbox,
  wishes: Pick<Parameters<typeof createSync>[0], 'report' | 'onCommand' | 'onDesired' | 'onConnected' | 'onTrouble'>,
): Sync | undefined {
  return hub && createSync({ device: config.device, ...hub, outbox, clock, log, ...wishes });
}
