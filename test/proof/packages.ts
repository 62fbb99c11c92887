/** Debian packages for the proof: the real ones, and later versions of the agent, of which some are spoiled. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { run } from './run.ts';

export interface Packages {
  readonly hub: string;
  readonly agent: string;
  readonly agentNext: string;
  /** It ends at once. */
  readonly agentBroken: string;
  /** It brings the outbox to a format of the future, and ends. */
  readonly agentNewer: string;
  readonly agentLast: string;
}

const ENDS = "console.error('this version is broken'); process.exit(1);\n";
const SPOILS = `import { DatabaseSync } from 'node:sqlite';
if (process.argv[2] === 'run') new DatabaseSync('/var/lib/vedette-agent/data/outbox.db').exec('PRAGMA user_version = 99');
${ENDS}`;

/** @param folder with the packages that \`npm run package -- deb\` wrote */
export async function laterPackages(folder: string, scratch: string): Promise<Packages> {
  const found = (product: string) => {
    const file = readdirSync(folder).find((name) => name.startsWith(`${product}_`) && name.endsWith('_amd64.deb'));
    if (!file)
      throw new Error(`there is no ${product}_…_amd64.deb in ${folder}: npm run package -- deb --out ${folder}`);
    return path.join(folder, file);
  };
  const agent = found('vedette-agent');
  const tree = path.join(scratch, 'tree');
  rmSync(tree, { recursive: true, force: true });
  await run('dpkg-deb', ['-R', agent, tree]);
  const program = path.join(tree, 'usr/lib/vedette-agent');
  const main = path.join(program, 'dist/agent/main.js');
  const good = readFileSync(main, 'utf8');
  const again = async (version: string, text: string) => {
    replaceIn(path.join(tree, 'DEBIAN/control'), /^Version: .*$/m, `Version: ${version}`);
    replaceIn(path.join(program, 'package.json'), /"version": "[^"]*"/, `"version": "${version}"`);
    writeFileSync(main, text);
    const file = path.join(scratch, `vedette-agent_${version}_amd64.deb`);
    if (existsSync(file)) rmSync(file);
    await run('dpkg-deb', ['--root-owner-group', '-Znone', '--build', tree, file]);
    return file;
  };
  return {
    hub: found('vedette-hub'),
    agent,
    agentNext: await again('90.0.0', good),
    agentBroken: await again('91.0.0', ENDS),
    agentNewer: await again('92.0.0', SPOILS),
    agentLast: await again('93.0.0', good),
  };
}

function replaceIn(file: string, pattern: RegExp, text: string): void {
  writeFileSync(file, readFileSync(file, 'utf8').replace(pattern, text));
}
