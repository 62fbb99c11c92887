/** Running programs for the proofs. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** @returns its output, both kinds @throws Error with it when it fails */
export async function run(program: string, args: readonly string[], input?: string): Promise<string> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  child.stdin.on('error', () => undefined).end(input ?? '');
  const [code] = await once(child, 'close');
  if (code === 0) return output;
  throw new Error(`${program} ${args.slice(-1).join(' ')} ended with ${String(code)}:\n${output.trimEnd()}`);
}
