import { existsSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { lastAside, moveAside, moveOrphans, removeAside } from '../../../../agent/buffer/file/aside.ts';
import { noteEpoch, readEpochNote } from '../../../../agent/buffer/file/epoch-note.ts';
import { tempFolder } from '../../../support/temp.ts';

function folderWith(...names: string[]) {
  const folder = tempFolder();
  for (const name of names) writeFileSync(path.join(folder, name), name);
  return { file: path.join(folder, 'outbox.db'), names: () => readdirSync(folder).sort(), folder };
}

describe('what is moved aside', () => {
  test('gets the next number by value, with its companions; the older ones go, and nothing else does', () => {
    const others = ['other.db.corrupt-3', 'outbox.db.corrupt-x', 'outbox.db.corrupt-01', 'outbox.db.corrupt-'];
    const { file, names } = folderWith(
      ...['outbox.db', 'outbox.db-wal', 'outbox.db-shm', 'outbox.epoch', ...others],
      ...['outbox.db.corrupt-9', 'outbox.db.corrupt-9-wal', 'outbox.db.corrupt-10', 'outbox.db.corrupt-10-shm'],
    );
    expect(lastAside(file)).toBe(`${file}.corrupt-10`);
    expect(moveAside(file)).toBe(`${file}.corrupt-11`);
    const moved = ['', '-wal', '-shm'].map((part) => `outbox.db.corrupt-11${part}`);
    expect(names()).toEqual([...moved, ...others, 'outbox.epoch'].sort());
    expect(readFileSync(`${file}.corrupt-11-wal`, 'utf8')).toBe('outbox.db-wal');
    expect(lastAside(file)).toBe(`${file}.corrupt-11`);
    expect(removeAside(file)).toBe(true);
    expect(names()).toEqual([...others, 'outbox.epoch'].sort());
    expect(removeAside(file)).toBe(false);
    expect(lastAside(file)).toBeUndefined();
  });

  test('begins with 1', () => {
    const { file, names } = folderWith('outbox.db');
    expect(moveAside(file)).toBe(`${file}.corrupt-1`);
    expect(names()).toEqual(['outbox.db.corrupt-1']);
  });

  test('companions without their database follow it, but not over what is there, and never those of a file that lives', () => {
    const living = folderWith('outbox.db', 'outbox.db-wal', 'outbox.db.corrupt-1');
    moveOrphans(living.file);
    expect(living.names()).toEqual(['outbox.db', 'outbox.db-wal', 'outbox.db.corrupt-1']);
    const orphans = folderWith('outbox.db-wal', 'outbox.db-shm', 'outbox.db.corrupt-2', 'outbox.db.corrupt-2-shm');
    moveOrphans(orphans.file);
    expect(readFileSync(`${orphans.file}.corrupt-2-wal`, 'utf8')).toBe('outbox.db-wal');
    expect(readFileSync(`${orphans.file}.corrupt-2-shm`, 'utf8')).toBe('outbox.db.corrupt-2-shm');
    expect(existsSync(`${orphans.file}-wal`)).toBe(false);
    // Without any database: SQLite must not find this log beside a new file.
    const alone = folderWith('outbox.db-wal');
    moveOrphans(alone.file);
    expect(alone.names()).toEqual(['outbox.db.corrupt-1-wal']);
  });
});

describe('the note of the epoch', () => {
  test('lies beside the file, for its owner only, and is written when it is another', () => {
    const { file, folder } = folderWith();
    const note = path.join(folder, 'outbox.epoch');
    expect(readEpochNote(file)).toBeUndefined();
    noteEpoch(file, 'abc');
    expect(readFileSync(note, 'utf8')).toBe('abc\n');
    expect(statSync(note).mode & 0o777).toBe(0o600);
    expect(readEpochNote(file)).toBe('abc');
    utimesSync(note, 1, 1);
    noteEpoch(file, 'abc');
    expect(statSync(note).mtimeMs).toBe(1000);
    noteEpoch(file, 'abd');
    expect(readEpochNote(file)).toBe('abd');
    noteEpoch(path.join(folder, 'plain'), 'xyz');
    expect(readFileSync(path.join(folder, 'plain.epoch'), 'utf8')).toBe('xyz\n');
  });

  test('what is no epoch counts as none, and a place where nothing can be written is borne', () => {
    const { file, folder } = folderWith();
    writeFileSync(path.join(folder, 'outbox.epoch'), 'not an epoch!');
    expect(readEpochNote(file)).toBeUndefined();
    expect(() => noteEpoch(path.join(folder, 'missing', 'outbox.db'), 'abc')).not.toThrow();
    expect(readEpochNote(path.join(folder, 'missing', 'outbox.db'))).toBeUndefined();
  });
});
