/**
 * A process at the other end of the supervisor's messages that does what a test asks: real processes and signals, no models.
 * An assignment's `modelDir` says how its stream fares; wishes for pictures are orders to the process.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Assignment, FromRunner, ToRunner } from '../../../agent/runner/messages.ts';
import { streamConfig } from '../../../shared/contract/config/stream.ts';
import { tempFolder } from '../../support/temp.ts';

/**
 * `good`: runs and is ready. `refused`: is refused. `mute`: never ready. `dies`: its process ends with code 7 at once;
 * `dies warm`: after all its streams were ready.
 */
export type Fare = 'good' | 'refused' | 'mute' | 'dies' | 'dies warm';

/** `deaf`: does not end when it is asked to. `silent`: ends without a last word. */
export type Manner = 'polite' | 'deaf' | 'silent';

const SOURCE = `
let manner = 'polite';
let streams = [];
const send = (message, then) => process.send(message, then);
const note = (what) => send({ type: 'note', stream: streams[0] ?? 'none', message: JSON.stringify(what) });
process.on('message', (message) => {
  if (message.type === 'assign') {
    streams = message.assignments.map((a) => a.stream);
    note({ assigned: message.assignments.map((a) => a.stream + '=' + a.modelDir + ' ' + a.variant), standby: message.standby });
    for (const { stream, modelDir, variant } of message.assignments) {
      manner = message.assignments[0].variant;
      if (modelDir.startsWith('dies') && modelDir !== 'dies warm') process.exit(7);
      if (modelDir.startsWith('refused')) send({ type: 'status', stream, status: { state: 'refused', error: 'not this one' } });
      else send({ type: 'status', stream, status: { state: 'running', decoder: String(process.pid) } });
      if (!modelDir.startsWith('mute') && !modelDir.startsWith('refused')) send({ type: 'ready', stream });
    }
    if (message.assignments.some((a) => a.modelDir === 'dies warm')) setImmediate(() => send({ type: 'memory', rssMb: -1 }, () => process.exit(7)));
  }
  if (message.type === 'live') note({ live: message.after });
  if (message.type === 'follow') {
    send({ type: 'memory', rssMb: message.until });
    note({ weighed: message.until });
  }
  if (message.type === 'watch') {
    if (message.fps > 0) process.exit(message.fps);
    process.kill(process.pid, 'SIGKILL');
  }
});
process.on('SIGTERM', () => {
  if (manner === 'deaf') return;
  const end = () => process.exit(0);
  if (manner === 'silent') return end();
  streams.forEach((stream, i) => send({ type: 'drained', stream, ...(i === 0 ? { lastAt: 42 } : {}) }));
  send({ type: 'memory', rssMb: 0 }, end);
});
process.on('disconnect', () => process.exit(0));
note({ env: process.env, cwd: process.cwd(), flags: process.execArgv });
`;

/** The file of the process. */
export function writePuppet(): string {
  const file = path.join(tempFolder(), 'puppet.mjs');
  writeFileSync(file, SOURCE);
  return file;
}

/** @param model how it fares, and after a space whatever makes it another model */
export const puppetStream = (stream: string, model: string, manner: Manner = 'polite', summaryS = 60): Assignment => ({
  stream,
  config: streamConfig.parse({ source: { url: 'test:testsrc2' }, model: 'walker', summaryS }),
  modelDir: model,
  variant: manner,
  batch: 1,
  runtime: { threads: 1, provider: 'cpu' },
  once: false,
});

/** Asks the process to say how much memory it takes. */
export const weigh = (stream: string, rssMb: number): ToRunner => ({ type: 'follow', stream, until: rssMb });
/** Asks the process to end with a code, or by SIGKILL. */
export const end = (stream: string, code: number | 'SIGKILL'): ToRunner => ({
  type: 'watch',
  stream,
  until: 0,
  fps: code === 'SIGKILL' ? 0 : code,
  width: 0,
});

/** What processes said of themselves, in order. */
export function notesOf(messages: readonly FromRunner[]): Record<string, unknown>[] {
  return messages.flatMap((m) => (m.type === 'note' ? [JSON.parse(m.message) as Record<string, unknown>] : []));
}
