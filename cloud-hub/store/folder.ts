/** The data folder of a hub. */
import { mkdirSync } from 'node:fs';
import { messageOf } from '../../shared/kit/errors.ts';

/** @throws Error that says what to do when it cannot be made */
export function makeDataFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    const why = messageOf(error);
    throw new Error(
      `cannot make the data folder ${folder} (${why}): choose another with --data-dir or VEDETTE_DATA_DIR`,
    );
  }
}
