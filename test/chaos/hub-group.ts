/** Hubs of one database and one folder: one works, the others stand by. Like systemd it starts again what ends by itself. */
import { setTimeout as sleep } from 'node:timers/promises';
import { createHubProgram, type HubProgram } from '../support/hub-program.ts';
import { until } from '../support/until.ts';

export interface HubGroup extends HubProgram {
  /** Kills one that stands by, if there is one, and starts it again after `downMs`. */
  killStandby(downMs: number): Promise<boolean>;
  /** How long it took, each time the hub that worked was killed, until another worked; milliseconds. */
  readonly takeovers: readonly number[];
}

const LOOK_MS = 200;
const START_MS = 60_000;
const LONGEST_COMPLAINTS = 3_000;

/** @param argumentsOf of each hub */
export function createHubGroup(dataDir: string, argumentsOf: readonly (readonly string[])[]): HubGroup {
  const hubs = argumentsOf.map((extra) => createHubProgram(dataDir, [...extra, '--standby']));
  const takeovers: number[] = [];
  const wanted = new Set<number>();
  const ready = new Set<number>();
  let killedAt: number | undefined;
  let isWatched = false;

  const begin = (n: number) => {
    wanted.add(n);
    const started = hubs[n]?.start();
    const pid = hubs[n]?.pid();
    started?.then(
      () => {
        if (pid === undefined || hubs[n]?.pid() !== pid) return;
        ready.clear();
        ready.add(n);
        if (killedAt !== undefined) takeovers.push(performance.now() - killedAt);
        killedAt = undefined;
      },
      () => undefined,
    );
  };
  const kill = async (n: number, how: 'kill' | 'stop' = 'kill') => {
    wanted.delete(n);
    ready.delete(n);
    await hubs[n]?.[how]();
  };
  const watch = async () => {
    isWatched = true;
    while (isWatched) {
      await sleep(LOOK_MS);
      for (const n of [...wanted]) {
        if (!hubs[n]?.hasEnded()) continue;
        ready.delete(n);
        begin(n);
      }
    }
  };
  const worker = (): HubProgram => {
    const [n] = ready;
    const hub = n === undefined ? undefined : hubs[n];
    if (!hub) throw new Error('no hub works now');
    return hub;
  };

  return {
    takeovers,
    async start() {
      hubs.forEach((_, n) => {
        if (!wanted.has(n)) begin(n);
      });
      if (!isWatched) void watch();
      await until(() => ready.size > 0, 'a hub works', START_MS).catch((error: unknown) => {
        const said = hubs.map((hub) => hub.complaints().slice(-LONGEST_COMPLAINTS)).join('\n');
        throw new Error(`no hub works; what they said last:\n${said}`, { cause: error });
      });
    },
    async kill() {
      const [n] = ready;
      killedAt ??= performance.now();
      await kill(n ?? 0);
    },
    async killStandby(downMs) {
      const n = hubs.findIndex((_, index) => wanted.has(index) && !ready.has(index));
      if (n < 0 || ready.size === 0) return false;
      await kill(n);
      await sleep(downMs);
      if (isWatched && !wanted.has(n)) begin(n);
      return true;
    },
    async stop() {
      isWatched = false;
      await Promise.all(hubs.map((_, n) => kill(n, 'stop')));
    },
    pid: () => worker().pid(),
    hasEnded: () => hubs.every((hub) => hub.hasEnded()),
    mqttPort: () => worker().mqttPort(),
    httpPort: () => worker().httpPort(),
    complaints: () => hubs.map((hub) => hub.complaints()).join(''),
    api: async (route, body) => worker().api(route, body),
    put: async (route, body) => worker().put(route, body),
    remove: async (route) => worker().remove(route),
  };
}
