import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';

/** A folder that ends with the test. */
export function tempFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'vedette-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
