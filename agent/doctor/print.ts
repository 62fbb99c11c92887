/** The figures of streams as a person reads them in a terminal. */
import { loadOf, type StreamCase } from './stream-verdicts.ts';

/** Milliseconds a frame, stage by stage, and what that comes to. */
export function printStreams(cases: readonly StreamCase[], cores: number): string {
  const head = [
    'stream',
    'source/s',
    'decode ms',
    'scale ms',
    'infer ms',
    'head ms',
    'holds/s',
    'asked/s',
    'gets/s',
    'cores',
  ];
  const rows = cases.map((one) => {
    const { figures, stream, live } = one;
    const { decode, preprocess, infer, postprocess } = figures.ms;
    const { holdsFps, wantedFps, cores: busy } = loadOf(one, cores);
    const decodeMs = live ? 'live' : decode.toFixed(1);
    const times = [decodeMs, ...[preprocess, infer, postprocess].map((ms) => ms.toFixed(1))];
    const gets = wantedFps === undefined ? undefined : Math.min(wantedFps, holdsFps);
    const rates = [rate(holdsFps), rate(one.askedFps ?? wantedFps), rate(gets)];
    return [stream, rate(figures.sourceFps), ...times, ...rates, busy.toFixed(2)];
  });
  const wide = head.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(wide[0] ?? 0) : cell.padStart(wide[column] ?? 0)))
      .join('  ')
      .trimEnd();
  return [head, ...rows].map((row) => `${line(row)}\n`).join('');
}

function rate(fps: number | undefined): string {
  return fps === undefined || !Number.isFinite(fps) ? '-' : fps.toFixed(1);
}
