/** A serial port without hardware: a pseudo terminal, of which a Python process (Debian package python3-minimal) holds the other end. */
import { spawn, spawnSync } from 'node:child_process';
import { onTestFinished } from 'vitest';
import { until } from './until.ts';

const SCRIPT = `
import os, sys, pty, tty
lead, follow = pty.openpty()
tty.setraw(follow)
print(os.ttyname(follow), flush=True)
while True:
    data = sys.stdin.buffer.raw.read(65536)
    if not data: break
    os.write(lead, data)
`;

export const hasPython = spawnSync('python3', ['-c', 'import pty']).status === 0;

export interface Pty {
  /** Of the port. */
  readonly path: string;
  /** What the device says. */
  write(text: string | Buffer): void;
  /** The device is pulled out. */
  unplug(): void;
}

export async function startPty(): Promise<Pty> {
  const child = spawn('python3', ['-c', SCRIPT], { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let said = '';
  child.stdout.on('data', (bytes: Buffer) => {
    said += bytes.toString();
  });
  await until(() => said.includes('\n'), 'the name of the port');
  return {
    path: said.trim(),
    write: (text) => void child.stdin.write(text),
    unplug: () => void child.kill('SIGKILL'),
  };
}
