/** Running other programs, with their output shown only when they fail. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
}

/** Longest output that is kept of a program. */
const KEPT = 64 * 1024;

/** @returns what it printed on stdout @throws Error with the end of its output when it fails or is missing */
export async function sh(program: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const child = spawn(program, args, {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { ...process.env, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let stdout = '';
  let all = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    all = (all + text).slice(-KEPT);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    all = (all + text).slice(-KEPT);
  });
  child.stdin.on('error', () => undefined).end(options.input ?? '');
  const [code] = await once(child, 'close').catch((error: unknown) => {
    throw new Error(`${program} cannot be started: is it installed?`, { cause: error });
  });
  if (code === 0) return stdout;
  throw new Error(`${program} ${args.join(' ')} ended with ${String(code)}:\n${all.trimEnd()}`);
}
