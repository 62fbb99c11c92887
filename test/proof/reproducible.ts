/**
 * The same commit gives the same packages: two clones in folders of other names, with other caches, rights of new files, time zones and languages.
 * What both share is this machine: its dpkg-deb, xz, strip and npm.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { run } from './run.ts';

export interface ReproducibleProof {
  /** The checkout; its last commit is built. */
  readonly root: string;
  /** Folder for both clones. */
  readonly folder: string;
  /** Where the packages of the first are left. */
  readonly out: string;
  readonly arches: readonly string[];
  /** Runs a step and says how long it took. */
  readonly step: (what: string, run: () => Promise<string>) => Promise<void>;
}

const digestOf = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');

/** @throws Error that names the packages whose bytes differ */
export async function proveReproducible({ root, folder, out, arches, step }: ReproducibleProof): Promise<void> {
  const commit = (await run('git', ['-C', root, 'rev-parse', 'HEAD'])).trim();
  const builds = [
    { clone: path.join(folder, 'a'), out, setting: 'umask 022; export TZ=UTC LC_ALL=C.UTF-8' },
    {
      clone: path.join(folder, 'somewhere/else/b'),
      out: path.join(folder, 'again'),
      setting: 'umask 077; export TZ=Asia/Kolkata LC_ALL=C',
    },
  ];
  for (const { clone, out: to, setting } of builds) {
    await step(`a clone of ${commit.slice(0, 10)}, npm ci, packages`, async () => {
      mkdirSync(path.dirname(clone), { recursive: true });
      await run('git', ['clone', '-q', '--no-local', root, clone]);
      await run('git', ['-C', clone, 'checkout', '-q', commit]);
      const script = `set -eu; ${setting}; export XDG_CACHE_HOME="$1/.cache"; cd "$1"; npm ci --ignore-scripts --no-audit --no-fund
npm run package -- deb --out "$2" --arch ${arches.join(' ')}`;
      await run('sh', ['-c', script, 'sh', clone, to]);
      return setting;
    });
  }
  await step('the same bytes', async () => {
    const digests = builds.map(({ out: to }) =>
      readdirSync(to)
        .filter((name) => name.endsWith('.deb'))
        .map((name) => `${digestOf(path.join(to, name))}  ${name}`),
    ) as [string[], string[]];
    const [first, second] = digests;
    const differ = first.filter((line) => !second.includes(line));
    if (differ.length > 0 || first.length !== second.length)
      throw new Error(`not the same:\n${first.join('\n')}\n${second.join('\n')}`);
    return `\n${first.join('\n')}`;
  });
}
