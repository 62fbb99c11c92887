/** `vedette-hub dataset …`: samples with verdicts and corrections, as files to train with. */
import type { Command } from 'commander';
import type { Clock } from '../../shared/kit/clock.ts';
import { ApiError } from '../client/request.ts';
import { datasetItem } from '../contract/dataset.ts';
import { writeDataset } from '../dataset/write.ts';
import { isoTime } from '../store/rows.ts';
import type { CommandContext } from './context.ts';
import { clientOf, type HubAccess, withHubAccess } from './hub-access.ts';

const PROGRESS_MS = 1000;

interface ExportFlags extends HubAccess {
  readonly device?: string;
  readonly stream?: string;
  readonly since?: string;
  readonly until?: string;
  readonly corrected?: boolean;
  readonly license: string;
}

export function addDatasetCommands(program: Command, { clock, stdout, stderr }: CommandContext): void {
  const dataset = program.command('dataset').description('samples of second opinions, to train with: export');
  withHubAccess(
    dataset
      .command('export <folder>')
      .description('write pictures, COCO and JSON lines into a new folder; near-duplicates are left out')
      .option('--device <id>', 'only of this device')
      .option('--stream <id>', 'only of this stream')
      .option('--since <time>', 'only what the hub received from then on, for example 2026-11-01T00:00:00Z')
      .option('--until <time>', 'only what the hub received before')
      .option('--corrected', 'only samples of events that an operator has corrected')
      .option('--license <name>', 'licence of the pictures, for the files', 'not stated')
      .addHelpText(
        'after',
        '\nNeeds an API token of an operator. Progress is on stderr. Exit code: 0 if the folder is complete, 1 if not.',
      ),
  ).action(async (folder: string, flags: ExportFlags) => {
    const client = clientOf(flags);
    const { device, stream, since, until, corrected } = flags;
    const query = { device, stream, since, until, corrected: corrected ? 'true' : undefined };
    const tell = now(clock, PROGRESS_MS);
    const { samples, annotations, repeated, gone, labels } = await writeDataset({
      folder,
      items: client.pages('/dataset', datasetItem, query),
      picture: (id) =>
        client.bytes(`/dataset/${id}/picture`).catch((error: unknown) => {
          if (error instanceof ApiError && error.status === 404) return undefined;
          throw error;
        }),
      license: flags.license,
      at: isoTime(clock.wall()),
      onProgress: (seen, written) => tell(() => stderr.write(`${seen} samples read, ${written} written\n`)),
    });
    stdout.write(`${samples} pictures, ${annotations} objects, ${labels.length} labels\n`);
    stdout.write(`left out: ${repeated} near-duplicates, ${gone} whose picture is no longer kept\n`);
  });
}

/** At most once per time. */
function now(clock: Clock, everyMs: number): (work: () => void) => void {
  let at = clock.mono();
  return (work) => {
    if (clock.mono() - at < everyMs) return;
    at = clock.mono();
    work();
  };
}
