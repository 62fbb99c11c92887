/** `bench agent`: the built program from its start: first result, and what the supervisor takes, watched and not. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../shared/kit/clock.ts';
import { type Bench, median, range } from './bench.ts';
import { material } from './material.ts';

const ROUNDS = 5;
const program = fileURLToPath(new URL('../../agent/main.js', import.meta.url));

export const agent: Bench = {
  summary: 'the program: first result after its start; memory of the supervisor, idle and watched',
  async run(print) {
    const { model, clip } = await material(print);
    const firsts: number[] = [];
    for (let round = 0; round < ROUNDS; round++) firsts.push(await firstResult(model, clip));
    print(`first result: median ${median(firsts).toFixed(2)} s after the start (${range(firsts, 2)}); target 1.5`);
    await supervisorMemory(model, clip, print);
  },
};

/** Seconds from the start of `infer` to its first line. */
function firstResult(model: string, clip: string): Promise<number> {
  const start = systemClock.mono();
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, 'infer', '--model', model, '--source', clip], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    child.stdout.once('data', () => {
      const seconds = (systemClock.mono() - start) / 1000;
      child.kill('SIGKILL');
      child.once('exit', () => resolve(seconds));
    });
    child.once('error', reject);
  });
}

/** A stream a core on the clip, in a loop; nobody looks, then somebody looks at each. */
async function supervisorMemory(model: string, clip: string, print: (line: string) => void): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'vedette-bench-'));
  const stream = { source: { url: clip, loop: true }, model: 'model', fps: 5, rules: [] };
  const file = path.join(folder, 'agent.yaml');
  const config = {
    device: 'bench',
    models: { model },
    streams: { a: stream, b: stream },
    api: { port: 0 },
    log: 'info',
  };
  writeFileSync(file, JSON.stringify(config));
  const child = spawn(process.execPath, [program, 'run', '-c', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr.on('data', (chunk) => {
    log += String(chunk);
  });
  try {
    await systemClock.sleep(20_000);
    print(`supervisor RSS: ${rssMb(child.pid)} MB; target 110`);
    const [, url] = log.match(/"url":"(http:[^"]+)"/) ?? [];
    const viewers = ['a', 'b'].map((id) =>
      get(new URL(`/api/v1/streams/${id}/live.mjpeg?fps=5`, url), (response) => response.resume()),
    );
    await systemClock.sleep(20_000);
    print(`supervisor RSS while two streams are watched: ${rssMb(child.pid)} MB; target 110`);
    for (const viewer of viewers) viewer.destroy();
  } finally {
    child.kill('SIGTERM');
    await new Promise((resolve) => child.once('exit', resolve));
    rmSync(folder, { recursive: true, force: true });
  }
}

function rssMb(pid: number | undefined): number {
  const [, kib] = readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmRSS:\s+(\d+) kB/) ?? [];
  return Math.round(Number(kib) / 1024);
}
