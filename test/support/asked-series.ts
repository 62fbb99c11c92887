/** A sensor's source, opened as the agent does, and what came of it. */
import { onTestFinished } from 'vitest';
import { openSamples } from '../../agent/pipeline/source/series/registry.ts';
import type { Sample } from '../../agent/pipeline/source/series/source.ts';
import { sensorSource } from '../../shared/contract/config/sensor-source.ts';
import { type Clock, systemClock } from '../../shared/kit/clock.ts';

export function listenTo(
  source: Readonly<Record<string, unknown>>,
  { channels = ['value'], quietMs = 60_000, clock = systemClock as Clock } = {},
) {
  const seen = {
    opened: 0,
    samples: [] as Sample[],
    problems: [] as { code: string; message: string; count: number }[],
    notes: [] as string[],
    end: undefined as { code: string; message: string } | 'in order' | undefined,
  };
  const series = openSamples(
    { source: sensorSource.parse(source), channels, clientId: 'test', quietMs, clock },
    {
      onOpened: () => void seen.opened++,
      async onSamples(samples) {
        seen.samples.push(...samples);
      },
      onProblem: (code, message, count) => void seen.problems.push({ code, message, count }),
      onNote: (message) => void seen.notes.push(message),
      onEnd: (failure) => {
        seen.end = failure ?? 'in order';
      },
    },
  );
  onTestFinished(() => series.close());
  return { seen, series };
}
