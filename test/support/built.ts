/** Where a built file lies, for whoever does not start it himself. */
import path from 'node:path';

/** Seen from the sources it is in the root, seen from within it is the root. */
const root = path.resolve(import.meta.dirname, '../..');
const dist = path.basename(root) === 'dist' ? root : path.join(root, 'dist');

/** The path of a file of `dist/`, as `npm run build` makes it; it may be missing. */
export function builtFile(file: string): string {
  return path.join(dist, file);
}
