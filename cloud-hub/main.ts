#!/usr/bin/env node
/**
 * `vedette-hub`: gives the program (program.ts) its process. `import` opens hundreds of files at once, and calls one that it may
 * not open a missing package. So the limit is looked at first, and the program is loaded by `require`, file by file.
 */
import { createRequire } from 'node:module';
import { openFilesLimit, tooFewFiles } from '../shared/kit/open-files.ts';

const tooFew = tooFewFiles(openFilesLimit());
if (tooFew === undefined) {
  const { program } = createRequire(import.meta.url)('./program.js') as typeof import('./program.ts');
  await program(process);
} else {
  console.error(`vedette-hub: ${tooFew}`);
  process.exitCode = 1;
}
