/**
 * The agent's composition root: the only place that puts its parts together.
 *
 * streams → runners → messages (`from-runners.ts`) → records, stamped (`stamps.ts`) → outbox → hub; the hub's documents and
 * commands come back the same way.
 */

import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Cancel } from '../shared/kit/clock.ts';
import type { Part } from '../shared/kit/lifecycle.ts';
import type { AgentOptions } from './agent-options.ts';
import { createApi } from './api/api.ts';
import { createDrawingProcess } from './api/drawing-process.ts';
import { createLive } from './api/live.ts';
import type { ApiOptions } from './api/options.ts';
import { createWatchRequests } from './api/watch-requests.ts';
import { plainAtRest } from './at-rest/keys.ts';
import { takeOverMemories } from './at-rest/memories.ts';
import { createResealing } from './at-rest/resealing.ts';
import { openOutbox } from './buffer/outbox.ts';
import { openErasing } from './erase/open.ts';
import { openEscalation, queueBytesOf } from './escalate/open.ts';
import { createFromRunners } from './from-runners.ts';
import { createBoard } from './health/board.ts';
import { diskOf } from './health/disk.ts';
import { type Doing, doingOf, Progress } from './health/progress.ts';
import { recordProblems } from './health/record-problems.ts';
import { refusals } from './health/refusals.ts';
import { buildReport } from './health/report.ts';
import { createTallies } from './health/tallies.ts';
import { createRenewer } from './identity/renewer.ts';
import { createLogLevels } from './logs/levels.ts';
import { createShipping } from './logs/shipping.ts';
import { composeModels } from './model-parts.ts';
import { removeMemoryFolder } from './models/memory-folder.ts';
import { keepNormal } from './pipeline/sensor/normal-file.ts';
import { MEMORY } from './pipeline/sensor/online.ts';
import { DETECTORS } from './reconcile/fleet.ts';
import { createRetention } from './retain/retention.ts';
import { createSupervisor } from './runner/supervisor.ts';
import { createStamps } from './stamps.ts';
import { createSync, type Sync } from './sync/sync.ts';
import { createRecordTraces } from './traces/record-traces.ts';

/** How soon it is seen that a stream has fallen silent. */
const LOOK_MS = 1_000;
const MIB = 2 ** 20;

export type Agent = Part & {
  /** What it does now. */
  doing(): Doing;
  /** Streams that gave frames and give none any more. */
  heldBack(): readonly string[];
};

/** @throws CodedError or RangeError when the outbox or the hub's address cannot be used */
export function createAgent(options: AgentOptions): Agent {
  const { config, clock, atRest: { sealer } = plainAtRest } = options;
  const levels = createLogLevels(options.log, clock);
  const log = levels.of('agent');
  const bufferLog = levels.of('buffer');
  /** The outbox stamps what it finds when it opens, before there is anything that knows the hub's time. */
  let sync: Sync | undefined;
  const stamps = createStamps({
    boot: options.boot,
    revision: config.revision,
    clock,
    hubClock: () => sync?.state().uplink.hubClock,
  });

  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
  const queueBytes = queueBytesOf(config.buffer.quotaMb, config.escalate);
  const outbox = openOutbox({
    folder: config.dataDir,
    quotaBytes: config.buffer.quotaMb * MIB - queueBytes,
    sealer: sealer.for('record'),
    stamp: () => stamps.stamp(),
    clock,
    log: bufferLog,
  });
  const tallies = createTallies();
  const { problem, flush } = recordProblems({ outbox, stamps, tallies, clock, log });
  takeOverMemories(path.join(config.dataDir, DETECTORS), sealer.for(MEMORY), { problem, log });
  const { keepDays = {} } = config.buffer;
  const retention = createRetention({
    file: path.join(config.dataDir, 'retention.json'),
    keepDays,
    outbox,
    clock,
    log: bufferLog,
  });
  const resealing = createResealing({ reseal: () => outbox.reseal(), keyId: sealer.keyId, clock, log: bufferLog });
  const board = createBoard(config, clock, () => sync?.changed());
  const requests = createWatchRequests(clock, (stream, request) =>
    supervisor.send(stream, { type: 'watch', stream, ...request }),
  );
  const drawing = createDrawingProcess({
    entry: options.entries.annotate,
    workDir: path.join(config.dataDir, 'runners', 'drawing'),
    clock,
  });
  const live = createLive({
    requests,
    follow: (stream, until) => supervisor.send(stream, { type: 'follow', stream, until }),
    rulesOf: (stream) => board.streams().find((s) => s.id === stream)?.rules ?? [],
    annotate: drawing.annotate,
    onFault: (stream, error) => levels.of('api').warn({ stream, err: error }, 'no picture for the local API'),
    clock,
  });

  let streams = config.streams;
  /** What is sent behind the records may go. */
  const isDrained = () => sync?.state().connected === true && sync.state().uplink.backfill === 0;
  const sendBehind = (channel: 'sample' | 'log', payload: Buffer) =>
    sync?.send(channel, payload) ?? Promise.reject(new Error('there is no hub'));
  const escalation = openEscalation({
    folder: config.dataDir,
    sealer: sealer.for('sample'),
    config: config.escalate,
    queueBytes,
    streams: () => streams,
    isOpen: isDrained,
    send: (payload) => sendBehind('sample', payload),
    clock,
    log: levels.of('escalate'),
  });
  const shipping =
    options.logLines &&
    createShipping({
      ...options.logLines,
      boot: options.boot,
      kbPerHour: config.hub?.logKbPerHour ?? 0,
      isOpen: isDrained,
      send: (payload) => sendBehind('log', payload),
      clock,
    });

  const runners = config.runners.count === 'auto' ? options.host.cpus : config.runners.count;
  const supervisor = createSupervisor({
    entry: options.entries.runner,
    workDir: path.join(config.dataDir, 'runners'),
    runners,
    restart: true,
    memoryMb: config.runners.memoryMb,
    onRecycled: ({ streams, message }) => levels.of('runner').warn({ streams }, message),
    clock,
    onMessage: (message) => fromRunners.onMessage(message),
    onRunnerDied: (death) => fromRunners.onRunnerDied(death),
  });
  supervisor.warm(config.streams.size);

  const reconciler = composeModels({ ...options, log: levels.of('models') }, stamps, supervisor, runners, {
    onStreams(set) {
      stamps.revision = set.revision;
      streams = set.streams;
      board.show(set.streams, set.refused);
    },
    isAnswering: board.answers,
    onProblem: (found) => problem({ ...found, count: 1 }),
    onChange: () => sync?.changed(),
    onFailure(model, { name, version, stage, reason }) {
      const message = `model "${model}": ${name} ${version} was rejected (${stage}): ${reason}`;
      problem({ code: 'model-rejected', message, count: 1 });
    },
  });
  const { erasing, forgot } = openErasing({
    dataDir: config.dataDir,
    ask: (stream) => supervisor.send(stream, { type: 'forget', stream }),
    places: { records: (judge) => outbox.erase(judge), samples: escalation.erase, unshow: live.drop },
    onChange: () => sync?.changed(),
    clock,
    log: levels.of('erase'),
  });
  const traces =
    options.tracing &&
    createRecordTraces({
      ...config,
      tracing: options.tracing,
      position: () => outbox.position(),
      clock,
      log: bufferLog,
    });
  const fromRunners = createFromRunners({
    ...(traces ? { traces } : {}),
    stamps,
    board,
    tallies,
    reconciler,
    live,
    requests,
    outbox,
    escalation,
    forgot,
    problem,
    preview: (picture) => sync?.preview(picture),
    clock,
    log: levels.of('runner'),
  });

  sync =
    options.hub &&
    createSync({
      device: config.device,
      ...options.hub,
      outbox,
      clock,
      log: levels.of('sync'),
      report: () =>
        buildReport({
          ...options,
          revision: stamps.revision,
          outbox,
          disk: diskOf(config.dataDir),
          streams: board.streams(),
          takesPackages: config.updates !== undefined,
          modelsReport: reconciler.report(),
          uptimeMs: stamps.uptimeMs(),
          wallOffset: stamps.wallOffset(),
          escalation: escalation.report(),
          erase: erasing.report(),
        }),
      onCommand(command) {
        if (command.kind === 'notice') return problem({ code: command.code, message: command.message, count: 1 });
        if (command.kind === 'log') return levels.onCommand(command);
        const { stream, seconds, fps, width } = command;
        if (board.has(stream)) requests.set('hub', stream, { until: clock.mono() + seconds * 1000, fps, width });
      },
      onDesired(document) {
        erasing.onDesired(document.erase ?? []);
        reconciler.onDesired(document);
        keepNormal(path.join(config.dataDir, DETECTORS), document.normal ?? []);
      },
      onVerdict: escalation.onVerdict,
      ...(traces ? { onAck: traces.onAck } : {}),
      onConnected: reconciler.onConnected,
      onProblem: (code, message, count) => problem({ code, message, count }),
    });

  const { hub } = options;
  const renewer =
    hub?.identity && createRenewer({ ...hub.identity, fetch: hub.fetch, clock, log: levels.of('identity') });

  const progress = new Progress();
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
    heldBack: () => progress.look(board.streams()),
    clock,
    log: levels.of('api'),
  };
  const api = config.api
    ? createApi(config.api, seen, (message) => problem({ code: 'config-invalid', message, count: 1 }))
    : undefined;

  let stopLooking: Cancel | undefined;
  return {
    async start() {
      stopLooking = clock.every(LOOK_MS, board.look);
      for (const found of refusals(config.refused)) problem(found);
      escalation.start();
      erasing.start();
      await resealing.start?.();
      await retention.start?.();
      sync?.start?.();
      await renewer?.start?.();
      await api?.start?.();
      await reconciler.start();
    },
    async stop() {
      stopLooking?.();
      await api?.stop();
      await drawing.stop();
      // Before the runners, which it may ask.
      await erasing.stop();
      await resealing.stop();
      await retention.stop();
      // A hand-over that is under way ends with its runners.
      await Promise.all([reconciler.stop(), supervisor.stop()]);
      if (config.encryption) removeMemoryFolder(config.encryption.memoryDir, config.dataDir);
      flush();
      shipping?.stop();
      levels.stop();
      await renewer?.stop();
      await sync?.stop();
      escalation.stop();
      outbox.close();
    },
    doing: () => doingOf(seen),
    heldBack: seen.heldBack,
  };
}
