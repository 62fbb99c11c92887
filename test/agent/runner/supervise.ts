/** A supervisor with processes that fare as a test says (`puppet.ts`), on a clock that the test moves. */
import path from 'node:path';
import { onTestFinished } from 'vitest';
import type { FromRunner } from '../../../agent/runner/messages.ts';
import { createSupervisor, type SupervisorOptions } from '../../../agent/runner/supervisor.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { tempFolder } from '../../support/temp.ts';
import { until } from '../../support/until.ts';
import { notesOf, writePuppet } from './puppet.ts';

export function supervise(options: Partial<SupervisorOptions> = {}) {
  const clock = new ManualClock();
  const messages: FromRunner[] = [];
  const recycled: { streams: readonly string[]; message: string }[] = [];
  const died: { streams: readonly string[]; message: string; code: string }[] = [];
  const supervisor = createSupervisor({
    entry: writePuppet(),
    workDir: path.join(tempFolder(), 'runners'),
    runners: 2,
    restart: true,
    clock,
    onMessage: (message) => messages.push(message),
    onRecycled: (what) => recycled.push(what),
    onRunnerDied: (what) => died.push(what),
    ...options,
  });
  onTestFinished(async () => {
    const stopped = supervisor.stop();
    for (let i = 0; i < 20; i++) await clock.advance(1000);
    await stopped;
  });
  const assigned = () => notesOf(messages).flatMap((n) => (n.assigned ? [n.assigned as string[]] : []));
  /** Streams that have been answered for, in order. */
  const answered = (...streams: string[]) =>
    until(
      () =>
        streams.every((s) =>
          assigned()
            .flat()
            .some((a) => a.startsWith(`${s}=`)),
        ),
      `${streams} are answered`,
    );
  /** Lets time go on until it is done. */
  const passing = async <T>(promise: Promise<T>, step = 500): Promise<T> => {
    let over = false;
    const watched = promise.finally(() => {
      over = true;
    });
    watched.catch(() => undefined);
    while (!over) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      await clock.advance(step);
    }
    return watched;
  };
  return { supervisor, clock, messages, recycled, died, assigned, answered, passing };
}
