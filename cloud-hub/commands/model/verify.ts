/** `vedette-hub model verify`: every variant opened by the runtime, and its golden samples run. */
import type { Command } from 'commander';
import { openEngine } from '../../../shared/engine/engine.ts';
import { type GoldenVerdict, runGolden } from '../../../shared/engine/golden/golden.ts';
import { packageFiles } from '../../../shared/engine/package/files.ts';
import { readPackage } from '../../../shared/engine/package/package.ts';
import type { CommandContext } from '../context.ts';
import { withPackage } from './open.ts';

export function addVerify(model: Command, { clock, stdout, fail }: CommandContext): void {
  model
    .command('verify <package>')
    .description(
      'check a model package (a folder or .tar.gz) as a device does: the manifest, the graph of every variant, whether ONNX Runtime ' +
        'loads it, and the golden samples within their tolerance',
    )
    .addHelpText('after', '\nExit code: 0 if everything passes, 1 if something does not (stdout or stderr says what).')
    .action((given: string) =>
      withPackage(given, async (dir) => {
        const pack = await readPackage(dir);
        await packageFiles(dir, pack.manifest);
        for (const { precision, file } of pack.manifest.variants) {
          const engine = await openEngine({ dir, variant: precision, threads: 1 }, clock);
          try {
            const verdicts = await runGolden(pack, engine, precision);
            stdout.write(`${precision} (${file}): ${verdictText(verdicts)}\n`);
            if (verdicts.some((v) => v.differences.length > 0)) fail();
          } finally {
            await engine.close();
          }
        }
      }),
    );
}

function verdictText(verdicts: readonly GoldenVerdict[]): string {
  const wrong = verdicts.filter((v) => v.differences.length > 0);
  if (verdicts.length === 0) return 'opens; the package has no golden samples';
  if (wrong.length === 0) return `opens; ${verdicts.length} golden samples agree`;
  return [
    `opens, but ${wrong.length} of ${verdicts.length} golden samples do not agree`,
    ...wrong.flatMap((v) => v.differences.map((d) => `  ${v.input}: ${d}`)),
  ].join('\n');
}
