import { existsSync } from 'node:fs';

/** Tests that start whole processes run what `npm run build` made. */
export default function setup(): void {
  if (!existsSync(new URL('../../dist/agent/main.js', import.meta.url))) {
    throw new Error('dist/ is missing: run `npm run build` first (npm test does it)');
  }
}
