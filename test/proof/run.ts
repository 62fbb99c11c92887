/** Running programs for the proofs. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** @returns its output, both kinds @throws Error with it when it fails */
export async function run(program: string, args: readonly string[], input?: string): Promise<string> {
  return (await ended(program, args, input)).all;
}

/** @returns what it wrote to its standard output alone: warnings are no answer @throws Error with both kinds when it fails */
export async function ask(program: string, args: readonly string[]): Promise<string> {
  return (await ended(program, args)).answer;
}

async function ended(program: string, args: readonly string[], input = ''): Promise<{ answer: string; all: string }> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  let [answer, all] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    answer += text;
    all += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    all += text;
  });
  child.stdin.on('error', () => undefined).end(input);
  const [code] = await once(child, 'close');
  if (code === 0) return { answer, all };
  throw new Error(`${program} ${args.slice(-1).join(' ')} ended with ${String(code)}:\n${all.trimEnd()}`);
}
