import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { writeDurably } from '../../../shared/kit/durable-file.ts';
import { mayCutPower, powerDisk } from '../../support/power-disk.ts';

const skipped = !mayCutPower();

test.skipIf(skipped)(
  `after a power cut a file is as it was written last, whole, and so is a new one${skipped ? ' (skipped: this user may not mount file systems)' : ''}`,
  () => {
    const disk = powerDisk(16 * 2 ** 20);
    for (const [name, content] of [
      ['state.json', 'first'],
      ['state.json', 'second, and longer '.repeat(50_000)],
      ['state.json', 'third'],
      ['other.json', 'first of another'],
    ] as const) {
      writeDurably(path.join(disk.folder, 'data', name), content, 0o600);
      expect(readFileSync(path.join(disk.cut(), 'data', name), 'utf8')).toBe(content);
    }
  },
);
