/** The repository on real files: what is published when, what a crash leaves, what it refuses. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { OnlineKeys } from '../../../../cloud-hub/registry/signing/online-keys.ts';
import { Repository } from '../../../../cloud-hub/registry/signing/repository.ts';
import { newSigningKey } from '../../../../shared/trust/sign.ts';
import { DAY, Forge } from '../../../shared/trust/forge.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { tempFolder } from '../../../support/temp.ts';

const START = Date.UTC(2026, 5, 1);

/** The folder of a hub, the hub's keys in it, and an owner of the offline keys. */
function bench() {
  const folder = tempFolder();
  const metadata = path.join(folder, 'metadata');
  const clock = new ManualClock(START);
  const keys = new OnlineKeys(path.join(folder, 'keys'));
  const forge = new Forge();
  forge.now = START;
  forge.versions = { root: 0, targets: 0, snapshot: 0, timestamp: 0 };
  const open = () => new Repository(metadata, keys, clock);
  /** Bytes of the next root, which names the hub's keys unless it is told others. */
  const root = (more: Parameters<Forge['publishRoot']>[1] = {}, signers = forge.keys.root) => {
    forge.publishRoot(signers, { snapshot: [keys.next('snapshot')], timestamp: [keys.next('timestamp')], ...more });
    return forge.file(`${forge.versions.root}.root.json`);
  };
  const targets = (...paths: string[]) => {
    for (const target of paths) forge.addTarget(target);
    forge.publishTargets();
    return forge.file(`${forge.versions.targets}.targets.json`);
  };
  const files = () => (existsSync(metadata) ? readdirSync(metadata).toSorted() : []);
  const versions = ({ state }: Repository) => ({
    root: state?.root.signed.version,
    targets: state?.targets?.signed.version,
    snapshot: state?.snapshot?.signed.version,
    timestamp: state?.timestamp?.signed.version,
  });
  return { metadata, clock, keys, forge, open, root, targets, files, versions };
}

describe('publishing', () => {
  test('begins with root 1, and each targets makes a new snapshot and timestamp', () => {
    const { open, root, targets, files, versions } = bench();
    const repository = open();
    expect(repository.state).toBeUndefined();
    expect(() => repository.publishTargets(targets())).toThrow(/publish a root first/);
    expect(files()).toEqual([]);
    repository.publishRoot(root());
    expect(files()).toEqual(['1.root.json']);
    repository.publishTargets(targets('a/1.0.0.tar.gz'));
    expect(versions(repository)).toEqual({ root: 1, targets: 2, snapshot: 1, timestamp: 1 });
    repository.publishTargets(targets());
    expect(versions(repository)).toEqual({ root: 1, targets: 3, snapshot: 2, timestamp: 2 });
    expect(files()).toEqual([
      '1.root.json',
      '1.snapshot.json',
      '2.snapshot.json',
      '2.targets.json',
      '3.targets.json',
      'timestamp.json',
    ]);
    // As it was, after a restart.
    const again = open();
    expect(versions(again)).toEqual(versions(repository));
    expect(again.file('timestamp.json')).toEqual(repository.file('timestamp.json'));
  });

  test('says what is signed by path and digest, and of no name that every object has', () => {
    const { open, root, targets, forge } = bench();
    const repository = open();
    const digest = () => `sha256:${forge.targets['a/1.0.0.tar.gz']?.hashes.sha256}`;
    repository.publishRoot(root());
    expect(repository.isSigned('a/1.0.0.tar.gz', 'sha256:')).toBe(false);
    repository.publishTargets(targets('a/1.0.0.tar.gz'));
    expect(repository.isSigned('a/1.0.0.tar.gz', digest())).toBe(true);
    expect(repository.isSigned('a/1.0.0.tar.gz', `sha256:${'0'.repeat(64)}`)).toBe(false);
    expect(repository.isSigned('a/2.0.0.tar.gz', digest())).toBe(false);
    expect(repository.isSigned('constructor', 'sha256:undefined')).toBe(false);
  });

  test('refuses what a device would refuse, and then nothing has changed', () => {
    const { open, root, targets, forge, keys, files, versions } = bench();
    const repository = open();
    const stranger = [newSigningKey()];
    expect(() => repository.publishRoot(root({ snapshot: stranger }))).toThrow(
      /does not name the hub's key for snapshot/,
    );
    forge.versions.root = 0;
    expect(() => repository.publishRoot(root({ timestamp: stranger }))).toThrow(/the hub's key for timestamp/);
    expect(() => repository.publishRoot(root())).toThrow('the first root must be version 1, this is 2');
    forge.versions.root = 0;
    forge.thresholds.snapshot = 2;
    const two = [keys.next('snapshot'), newSigningKey()];
    expect(() => repository.publishRoot(root({ snapshot: two }))).toThrow(/the threshold of snapshot must be 1/);
    forge.thresholds.snapshot = 1;
    expect(files()).toEqual([]);
    forge.versions.root = 0;
    repository.publishRoot(root());
    const first = targets();
    repository.publishTargets(first);
    const before = { files: files(), versions: versions(repository) };
    expect(() => repository.publishTargets(first)).toThrow(/targets\.json 1: 2 should come next/);
    forge.publishTargets(stranger);
    expect(() => repository.publishTargets(forge.file('2.targets.json'))).toThrow(/0 valid signatures of 1/);
    expect(() => repository.publishRoot(root({}, stranger))).toThrow(/valid signatures/);
    forge.versions.root = 2;
    expect(() => repository.publishRoot(root())).toThrow(/2 should come next/);
    expect(() => repository.publishRoot(Buffer.from('{}'))).toThrow();
    expect({ files: files(), versions: versions(repository) }).toEqual(before);
    expect(versions(open())).toEqual(before.versions);
  });

  test('a root that takes the targets’ keys away signs nothing until there are new targets', () => {
    const { open, root, targets, forge, versions } = bench();
    const repository = open();
    repository.publishRoot(root());
    repository.publishTargets(targets());
    const fresh = newSigningKey();
    repository.publishRoot(root({ targets: [fresh] }));
    expect(versions(repository)).toEqual({ root: 2, targets: 1, snapshot: 1, timestamp: 1 });
    expect(repository.renew()).toBe(false);
    forge.publishTargets([fresh]);
    repository.publishTargets(forge.file('2.targets.json'));
    expect(versions(repository)).toEqual({ root: 2, targets: 2, snapshot: 2, timestamp: 2 });
  });
});

describe('the files that are served', () => {
  test('are metadata by their exact names', () => {
    const { open, root, targets, metadata } = bench();
    const repository = open();
    repository.publishRoot(root());
    repository.publishTargets(targets());
    for (const name of ['1.root.json', '1.targets.json', '1.snapshot.json', 'timestamp.json']) {
      expect(repository.file(name), name).toEqual(readFileSync(path.join(metadata, name)));
    }
    for (const odd of [
      'root.json',
      '1.timestamp.json',
      '2.root.json',
      'x1.root.json',
      '1.root.json.new',
      '../keys/snapshot.pem',
      '12345678901.root.json',
    ]) {
      writeFileSync(path.join(metadata, path.basename(odd)), 'x', { flag: odd.startsWith('2.') ? 'a' : 'w' });
      if (odd.startsWith('2.')) rmSync(path.join(metadata, odd));
      expect(repository.file(odd), odd).toBeUndefined();
    }
  });
});

describe('freshness', () => {
  const published = () => {
    const found = bench();
    const repository = found.open();
    repository.publishRoot(found.root());
    repository.publishTargets(found.targets());
    return { ...found, repository };
  };

  test('a timestamp is signed anew when half of its two days is over, a snapshot after half of its thirty', () => {
    const { repository, clock, versions } = published();
    expect(Date.parse(repository.state?.timestamp?.signed.expires ?? '')).toBe(START + 2 * DAY);
    expect(Date.parse(repository.state?.snapshot?.signed.expires ?? '')).toBe(START + 30 * DAY);
    expect(repository.state?.timestamp?.signed.x_signed_at).toBe(new Date(START).toISOString());
    expect(repository.renew()).toBe(false);
    clock.setWall(START + DAY);
    expect(repository.renew()).toBe(false);
    clock.setWall(START + DAY + 1);
    expect(repository.renew()).toBe(true);
    expect(versions(repository)).toMatchObject({ targets: 1, snapshot: 1, timestamp: 2 });
    expect(repository.renew()).toBe(false);
    clock.setWall(START + 15 * DAY);
    expect(repository.renew()).toBe(true);
    expect(versions(repository)).toMatchObject({ targets: 1, snapshot: 1, timestamp: 3 });
    clock.setWall(START + 15 * DAY + 1);
    expect(repository.renew()).toBe(true);
    expect(versions(repository)).toMatchObject({ targets: 1, snapshot: 2, timestamp: 4 });
  });

  test('a clock that was ahead at the last time is made good at the next', () => {
    const { repository, clock, versions } = published();
    clock.setWall(START - 1);
    expect(repository.renew()).toBe(true);
    expect(repository.state?.timestamp?.signed.x_signed_at).toBe(new Date(START - 1).toISOString());
    expect(repository.renew()).toBe(false);
    expect(versions(repository).timestamp).toBe(2);
  });

  test('a new key signs from the root on that names it; until then, and after a restart, the old one', () => {
    const { repository, keys, open, root, targets, versions, metadata } = published();
    const signerOf = (role: 'snapshot' | 'timestamp', of = repository) => of.state?.root.signed.roles[role].keyids[0];
    const old = keys.next('snapshot').id;
    const made = keys.renew('snapshot');
    expect(made.id).not.toBe(old);
    expect(keys.next('snapshot').id).toBe(made.id);
    repository.publishTargets(targets());
    expect(open().renew()).toBe(false);
    expect(signerOf('snapshot')).toBe(old);
    const bytes = root();
    repository.publishRoot(bytes);
    expect(signerOf('snapshot')).toBe(made.id);
    expect(versions(repository)).toEqual({ root: 2, targets: 2, snapshot: 3, timestamp: 3 });
    expect(readdirSync(path.join(metadata, '../keys')).toSorted()).toEqual(['snapshot.pem', 'timestamp.pem']);
    expect(keys.next('snapshot').id).toBe(made.id);
    expect(versions(open())).toEqual(versions(repository));
  });

  test('a root that names the old key yet leaves the new one waiting: the hub signs on, also after a restart', () => {
    const { repository, keys, open, root, targets, versions } = published();
    const old = keys.next('timestamp');
    const made = keys.renew('timestamp');
    repository.publishRoot(root({ timestamp: [old] }));
    expect(keys.next('timestamp').id).toBe(made.id);
    repository.publishTargets(targets());
    const before = versions(repository);
    const again = open();
    expect(versions(again)).toEqual(before);
    again.publishTargets(targets());
    expect(versions(again).timestamp).toBe((before.timestamp ?? 0) + 1);
    // Until a root names it.
    again.publishRoot(root());
    expect(again.state?.timestamp?.signed && keys.current('timestamp', again.state.root.signed)?.id).toBe(made.id);
  });

  test('a root whose timestamp a crash has swallowed is signed at the next start', () => {
    const { keys, open, root, versions, metadata } = published();
    keys.renew('timestamp');
    writeFileSync(path.join(metadata, '2.root.json'), root());
    const again = open();
    expect(versions(again)).toEqual({ root: 2, targets: 1, snapshot: 2, timestamp: 2 });
    expect(again.renew()).toBe(false);
    expect(readdirSync(path.join(metadata, '../keys')).toSorted()).toEqual(['snapshot.pem', 'timestamp.pem']);
  });

  test('files of a higher version that the timestamp does not lead to are rests, and are written over', () => {
    const { open, targets, versions, metadata } = published();
    writeFileSync(path.join(metadata, '2.targets.json'), 'half');
    writeFileSync(path.join(metadata, '2.snapshot.json'), 'half');
    const again = open();
    expect(versions(again)).toEqual({ root: 1, targets: 1, snapshot: 1, timestamp: 1 });
    again.publishTargets(targets());
    expect(versions(open())).toEqual({ root: 1, targets: 2, snapshot: 2, timestamp: 2 });
  });

  test.each(['2.targets.json', '2.snapshot.json', 'timestamp.json'])(
    'whichever file could not be written, here %s: a restart has what was signed before, and the next try signs all',
    (name) => {
      const { open, targets, versions, metadata } = published();
      const repository = open();
      const before = versions(repository);
      const served = repository.file('timestamp.json');
      // A folder in the place of its draft.
      mkdirSync(path.join(metadata, `${name}.new`));
      const bytes = targets('later/1.0.0.tar.gz');
      expect(() => repository.publishTargets(bytes)).toThrow(/EISDIR/);
      for (const one of [repository, open()]) {
        expect(versions(one)).toEqual(before);
        expect(one.file('timestamp.json')).toEqual(served);
        expect(one.isSigned('later/1.0.0.tar.gz', `sha256:${'0'.repeat(64)}`)).toBe(false);
      }
      rmdirSync(path.join(metadata, `${name}.new`));
      open().publishTargets(bytes);
      expect(versions(open())).toEqual({ root: 1, targets: 2, snapshot: 2, timestamp: 2 });
    },
  );

  test.each(['1.targets.json', '1.snapshot.json'])(
    'a %s that somebody has changed, or taken away, stops the hub',
    (name) => {
      const { open, metadata } = published();
      const file = path.join(metadata, name);
      const before = readFileSync(file, 'utf8');
      const changed = before.replace(/"expires": "20(\d\d)/, '"expires": "21$1');
      expect(changed).not.toBe(before);
      writeFileSync(file, changed);
      expect(open).toThrow(/is not the file that is named/);
      rmSync(file);
      expect(open).toThrow(`${name} is missing in ${metadata}`);
      writeFileSync(file, before);
      expect(open().state).toBeDefined();
    },
  );

  test('a root that somebody has changed stops the hub', () => {
    const { open, metadata } = published();
    const file = path.join(metadata, '1.root.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace(/"expires": "20(\d\d)/, '"expires": "21$1'));
    expect(open).toThrow(/valid signatures/);
  });
});
