/** Hub and agent as child processes: started again when they die, as systemd would, and ended together. */
import { z } from 'zod';
import { createBackoff } from '../../shared/kit/backoff.ts';
import { type Child, createChild } from '../../shared/kit/child.ts';
import type { Clock } from '../../shared/kit/clock.ts';

const ready = z.object({ type: z.literal('ready'), httpPort: z.number(), mqttPort: z.number() });
export type HubPorts = Omit<z.infer<typeof ready>, 'type'>;

export interface ProgramsOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly clock: Clock;
  print(line: string): void;
}

export interface HubStart extends HubPorts {
  readonly dataDir: string;
  /** NAME@VERSION of the model that gives second opinions. */
  readonly secondOpinion?: string | undefined;
}

export interface Programs {
  /** Resolves with its ports; rejects when it ends before it is ready (it has said why on stderr). */
  startHub(options: HubStart): Promise<HubPorts>;
  startAgent(configFile: string): void;
  stop(): Promise<void>;
}

export function startPrograms({ env, cwd, clock, print }: ProgramsOptions): Programs {
  const children: Child<object>[] = [];
  const inherited = Object.fromEntries(Object.entries(env).filter((e): e is [string, string] => e[1] !== undefined));
  const common = { env: inherited, cwd, clock, graceMs: 1300, restart: createBackoff(500, 10_000) };
  const died = (what: string) => (exit: { code: number | null; signal: string | null; wanted: boolean }) => {
    if (!exit.wanted)
      print(`${what} ended ${exit.signal ? `by ${exit.signal}` : `with code ${exit.code}`}; starting it again`);
  };
  return {
    startHub({ dataDir, httpPort, mqttPort, secondOpinion }) {
      return new Promise((resolve, reject) => {
        let ports: HubPorts = { httpPort, mqttPort };
        let isReady = false;
        const hub: Child<object> = createChild<object, unknown>({
          ...common,
          entry: new URL('../../cloud-hub/main.js', import.meta.url),
          args: () => [
            'run',
            '--data-dir',
            dataDir,
            '--http-port',
            `${ports.httpPort}`,
            '--mqtt-port',
            `${ports.mqttPort}`,
            '--log-level',
            'warn',
            ...(secondOpinion === undefined ? [] : ['--second-opinion', secondOpinion]),
          ],
          onMessage(message) {
            const parsed = ready.safeParse(message);
            if (!parsed.success) return;
            // A hub that comes back must be where the agent looks for it.
            ports = { httpPort: parsed.data.httpPort, mqttPort: parsed.data.mqttPort };
            isReady = true;
            resolve(ports);
          },
          onExit(exit) {
            if (isReady) return died('the hub')(exit);
            void hub.stop();
            reject(new Error('the hub did not start; the line above says why'));
          },
        });
        children.push(hub);
        hub.start();
      });
    },
    startAgent(configFile) {
      const agent: Child<object> = createChild<object, unknown>({
        ...common,
        restart: createBackoff(500, 10_000),
        entry: new URL('../../agent/main.js', import.meta.url),
        args: () => ['run', '--config', configFile],
        onMessage: () => undefined,
        onExit: died('the agent'),
      });
      children.push(agent);
      agent.start();
    },
    async stop() {
      // The agent first: what it says last still reaches the hub.
      for (const child of children.toReversed()) await child.stop();
    },
  };
}
