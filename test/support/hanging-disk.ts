/** A real file system (FUSE) that a test can make hang, as a dead network mount does. Needs root, and Debian's fuse3 and python3-fusepy. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';

// Debian's own: its packages are there, not with a Python from elsewhere.
const python = '/usr/bin/python3';

/** Is what it needs installed, and may this user mount? */
export const canHang =
  existsSync(python) &&
  process.getuid?.() === 0 &&
  mayOpen('/dev/fuse') &&
  spawnSync(python, ['-c', 'import fusepy']).status === 0;

function mayOpen(file: string): boolean {
  try {
    accessSync(file, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

export interface HangingDisk {
  /** Resolves when it is so. From `hang` on whoever asks for anything waits until `answer`. */
  send(command: 'hang' | 'answer'): Promise<void>;
  /** Answers what waits, and unmounts. */
  stop(): Promise<void>;
}

/** Shows `folder` at `mountpoint`, both of which exist; whoever started it stops it. */
export async function mountHangingDisk(folder: string, mountpoint: string): Promise<HangingDisk> {
  const script = path.resolve(import.meta.dirname, 'hanging-disk.py').replace(`${path.sep}dist${path.sep}`, path.sep);
  const child: ChildProcess = spawn(python, [script, folder, mountpoint], { stdio: ['pipe', 'pipe', 'inherit'] });
  const { stdin, stdout } = child;
  if (!stdin || !stdout) throw new Error('no pipes to the disk');
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  const receive = async () => {
    if ((await lines.next()).done) throw new Error('the disk ended; see what it printed');
  };
  const gone = new Promise((resolve) => child.once('exit', resolve));
  await receive();
  return {
    async send(command) {
      stdin.write(`${command}\n`);
      await receive();
    },
    async stop() {
      stdin.end();
      await gone;
    },
  };
}
