/** A logger per part of the agent, whose level can be changed while it runs, with an end. */
import {
  type LogCommand,
  type LogComponent,
  logComponents,
  type ShippedLevel,
} from '../../shared/contract/messages/log.ts';
import type { Cancel, Clock } from '../../shared/kit/clock.ts';
import type { Logger } from '../../shared/kit/log.ts';

export interface LogLevels {
  /** The logger of a part; its lines name it. */
  of(component: LogComponent): Logger;
  /** Replaces the order before. */
  onCommand(command: LogCommand): void;
  stop(): void;
}

/** @param log at the level of the configuration, to which each part returns */
export function createLogLevels(log: Logger, clock: Clock): LogLevels {
  const loggers = new Map(logComponents.map((component) => [component, log.child({ component })]));
  const own = log.level;
  const agent = loggers.get('agent') ?? log;
  let cancel: Cancel | undefined;

  const apply = (levels: Readonly<Record<string, ShippedLevel>>) => {
    for (const [component, logger] of loggers) logger.level = levels[component] ?? own;
  };
  /** Said at any level: who changed it wants to see that. */
  const say = (fields: object, message: string) =>
    log.child({ component: 'agent' }, { level: 'info' }).info(fields, message);

  return {
    of: (component) => loggers.get(component) ?? agent,
    onCommand({ levels, seconds }) {
      cancel?.();
      cancel = undefined;
      if (seconds === 0 || Object.keys(levels).length === 0) {
        apply({});
        return say({ level: own }, 'the log is as the configuration says again');
      }
      apply(levels);
      cancel = clock.after(seconds * 1000, () => {
        apply({});
        say({ level: own }, 'the time is over: the log is as the configuration says again');
      });
      say({ levels, seconds: Math.round(seconds) }, 'the hub changed how much is logged');
    },
    stop: () => cancel?.(),
  };
}
