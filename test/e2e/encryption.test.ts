/**
 * Encryption at rest: a reading and a picture that nothing else has are planted in the streams of a box without a hub, and searched
 * in every byte of every file of its data folder: while it runs, after kill -9, during a rotation, and when encryption is switched on
 * over what is there. Without it the same search finds both.
 */
import { randomBytes } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { writeClip, writeWalkerPackage } from '../support/clip.ts';
import { filesWith } from '../support/files-with.ts';
import { picturesBelow } from '../support/find-pictures.ts';
import { runProgram } from '../support/program.ts';
import { writeCsv } from '../support/sensor.ts';
import { startAgent } from '../support/stack.ts';
import { tempFolder } from '../support/temp.ts';
import { tempMemory } from '../support/temp-memory.ts';
import { until } from '../support/until.ts';

const PLANTED = '31337.0625';

interface Box {
  readonly data: string;
  /** Writes the configuration anew. @returns its file */
  configure(encryption?: object): string;
  /** A new key; its file, by a name. */
  key(name: string): string;
}

async function makeBox(): Promise<Box> {
  const folder = tempFolder();
  const clip = await writeClip(folder);
  const rows = Array.from({ length: 300 }, (_, i) =>
    [1_790_000_000_000 + i * 1000, i % 7 === 0 ? PLANTED : '20.5'].join(','),
  );
  const csv = writeCsv(folder, 'pump.csv', rows, 'timestamp,value');
  const at = path.join(folder, 'agent');
  mkdirSync(at);
  const streams = {
    street: {
      source: { url: clip, loop: true },
      model: 'walker',
      escalate: { choose: [{ kind: 'random', share: 1 }] },
      rules: [{ kind: 'line', name: 'middle', points: [[0.5, 0], [0.5, 1]] }], // biome-ignore format: two points
    },
    pump: {
      kind: 'sensor',
      detector: 'online',
      source: { url: csv, pace: 'fast', loop: true, values: { value: 'value' } },
    },
  };
  const models = { walker: writeWalkerPackage(tempFolder()) };
  const memoryDir = tempMemory();
  return {
    data: path.join(at, 'data'),
    configure(encryption) {
      const file = path.join(at, 'agent.yaml');
      const more = encryption ? { encryption: { ...encryption, memoryDir } } : {};
      writeFileSync(file, JSON.stringify({ device: 'box', log: 'warn', api: false, models, streams, ...more }));
      return file;
    },
    key(name) {
      writeFileSync(path.join(at, name), randomBytes(32).toString('hex'));
      return `./${name}`;
    },
  };
}

/** What of the planted is in the files: names with the reading, and how many pictures. A copy is searched, as SQLite would change the files. */
function found(data: string) {
  const copy = path.join(tempFolder(), 'data');
  for (const entry of readdirSync(data, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath, entry.name);
    const to = path.join(copy, path.relative(data, file));
    mkdirSync(path.dirname(to), { recursive: true });
    try {
      copyFileSync(file, to);
    } catch {
      // The agent has just removed it.
    }
  }
  const result = { files: filesWith(copy, PLANTED), pictures: picturesBelow(copy).length };
  rmSync(copy, { recursive: true });
  return result;
}

const NOTHING = { files: [], pictures: 0 };

/** Runs the agent until there are samples and memories, kills it, and says what its files have then. */
async function runAndKill({ data }: Pick<Box, 'data'>, configFile: string, running: (data: string) => void) {
  const agent = startAgent(configFile);
  const there = (place: string) =>
    existsSync(path.join(data, place)) && filesWith(path.join(data, place), '').length > 0;
  await until(() => there('samples') && there('detectors'), 'samples wait, and a detector has learned', 60_000);
  running(data);
  agent.process.kill('SIGKILL');
  await agent.ended;
  return found(data);
}

test('the planted reading and every picture are in no byte of the data folder, whatever happens', {
  timeout: 240_000,
}, async () => {
  const box = await makeBox();
  // Without encryption the search finds both.
  const open = await runAndKill(box, box.configure(), () => undefined);
  expect(open.files.length).toBeGreaterThan(0);
  expect(open.pictures).toBeGreaterThan(0);

  // Switched on over what is there.
  const keyFile = box.key('first');
  const agent = startAgent(box.configure({ keyFile }));
  await until(() => found(box.data).files.length === 0 && found(box.data).pictures === 0, 'all is encrypted', 60_000);
  agent.process.kill('SIGKILL');
  await agent.ended;
  expect(found(box.data)).toEqual(NOTHING);

  // Killed, and a new key: killed in the middle of the rotation too.
  const next = { keyFile: box.key('second'), oldKeyFiles: [keyFile] };
  for (let times = 0; times < 2; times++)
    expect(await runAndKill(box, box.configure(next), (data) => expect(found(data)).toEqual(NOTHING))).toEqual(NOTHING);

  // Without its keys the agent does not touch it; with a wrong one it says so, and goes on.
  const refused = startAgent(box.configure());
  expect((await refused.ended).code).not.toBe(0);
  const doctor = await runProgram('agent/main.js', [
    'doctor',
    '-c',
    box.configure({ keyFile: box.key('third') }),
    '--json',
  ]);
  expect(doctor.stdout).toContain('which is not given');
  const lost = await runAndKill(box, box.configure({ keyFile: './third' }), () => undefined);
  expect(lost).toEqual(NOTHING);
});
