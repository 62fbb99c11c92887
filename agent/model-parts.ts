/** The second half of the composition root: the parts that decide which models run. */
import path from 'node:path';
import type { AgentOptions } from './agent-options.ts';
import { plainAtRest } from './at-rest/keys.ts';
import { type KeptStoreOptions, openKeptStore } from './models/sealed-store.ts';
import { createTools } from './models/tools.ts';
import { tuneAll } from './models/tuner.ts';
import { createRealPaths } from './real-paths.ts';
import { createFleet, type FleetOptions } from './reconcile/fleet.ts';
import { createReconciler, type Reconciler, type ReconcilerOptions } from './reconcile/reconcile.ts';
import { openState } from './reconcile/state.ts';
import type { Supervisor } from './runner/supervisor.ts';
import type { Stamps } from './stamps.ts';
import { createStepTraces } from './traces/step-traces.ts';

const MIB = 2 ** 20;

/** What is remembered, the store, the tools, and the reconciler over them. */
export function composeModels(
  { config, entries, hub, atRest, machine, tracing, clock, log }: AgentOptions,
  stamps: Stamps,
  supervisor: Supervisor,
  runners: number,
  callbacks: Pick<ReconcilerOptions, 'isAnswering' | 'onChange' | 'onFailure'> &
    Pick<FleetOptions, 'onStreams'> &
    Pick<KeptStoreOptions, 'onProblem'>,
): Reconciler {
  const state = openState(path.join(config.dataDir, 'models.json'), (reason) =>
    log.error(
      { reason },
      'the desired document that was kept cannot be read; the models of agent.yaml run until the hub sends it again',
    ),
  );
  const store = openKeptStore({
    folder: path.join(config.dataDir, 'models'),
    dataDir: config.dataDir,
    memoryDir: config.encryption?.memoryDir,
    reserveBytes: (config.updates?.reserveMb ?? 0) * MIB,
    sealer: (atRest ?? plainAtRest).sealer,
    onProblem: callbacks.onProblem,
  });
  const fleet = createFleet({
    config,
    store,
    supervisor,
    tune: (assignments) =>
      tuneAll(assignments, {
        entry: entries.measure,
        workDir: path.join(config.dataDir, 'runners', 'measure'),
        file: path.join(config.dataDir, 'measured.json'),
        machine,
        runners,
        clock,
        print: (message) => log.info(message),
      }),
    onStreams: callbacks.onStreams,
    realPaths: createRealPaths(clock),
    stateKey: atRest?.key,
  });
  const tools = createTools({
    config,
    token: hub?.token,
    fetch: hub?.fetch ?? fetch,
    store,
    entries,
    quality: stamps.quality,
    onDamagedTrust: (reason) =>
      log.error({ reason }, 'the trusted metadata cannot be read; trust starts again from the root file'),
    clock,
  });
  const tune = () => supervisor.setThresholds(state.state.desired?.thresholds ?? {});
  tune();
  const reconciler = createReconciler({
    state,
    store,
    fleet,
    tools,
    models: Object.keys(config.models),
    isAnswering: callbacks.isAnswering,
    onChange: callbacks.onChange,
    onFailure: callbacks.onFailure,
    ...(tracing ? { traces: createStepTraces(tracing, config.device, clock) } : {}),
    clock,
    log,
  });
  return {
    ...reconciler,
    onDesired(document) {
      reconciler.onDesired(document);
      tune();
    },
  };
}
