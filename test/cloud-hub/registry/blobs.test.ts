/** Archives on a real disk: what is kept, what is refused, and that nothing is left of what is not kept. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Blobs } from '../../../cloud-hub/registry/blobs.ts';
import { mayCutPower, powerDisk } from '../../support/power-disk.ts';
import { mayMount, mountSmallDisk } from '../../support/small-disk.ts';
import { tempFolder } from '../../support/temp.ts';

const digestOf = (bytes: Uint8Array) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
const content = Buffer.from('an archive in two parts');
const body = (bytes = content) => Readable.from([bytes.subarray(0, 10), bytes.subarray(10)]);

function blobs(maxBytes?: number) {
  const folder = path.join(tempFolder(), 'models');
  const made = new Blobs(folder, maxBytes);
  const rests = () => readdirSync(path.join(folder, 'incoming'));
  const kept = () => readdirSync(path.join(folder, 'sha256'));
  return { folder, made, rests, kept };
}

const skipped = !mayCutPower();

test.skipIf(skipped)(
  `the power is cut${skipped ? ' (skipped: this user may not mount file systems)' : ''}: what was kept is there whole, of what was not kept nothing is`,
  async () => {
    const disk = powerDisk(16 * 2 ** 20);
    const folder = path.join(disk.folder, 'models');
    // A disk of that size has less left than an upload leaves for everything else.
    const made = new Blobs(folder, undefined, 0);
    const large = Buffer.alloc(3_000_000, 'a part of an archive ');
    const digests = [];
    for (const bytes of [content, large]) {
      const incoming = await made.receive(body(bytes), undefined);
      incoming.keep();
      digests.push(incoming.digest);
      const after = new Blobs(path.join(disk.cut(), 'models'), undefined, 0);
      for (const digest of digests) expect(digestOf(readFileSync(after.pathOf(digest)))).toBe(digest);
    }
    await made.receive(body(Buffer.from('never kept')), undefined);
    const after = new Blobs(path.join(disk.cut(), 'models'), undefined, 0);
    expect(after.collect(new Set(digests))).toBe(0);
    expect(digests.map((digest) => after.has(digest))).toEqual([true, true]);
  },
);

describe('receiving', () => {
  test('hashes on the way; kept under its digest, readable for its owner only', async () => {
    const { folder, made, rests, kept } = blobs();
    const incoming = await made.receive(body(), digestOf(content));
    expect(incoming).toMatchObject({ digest: digestOf(content), bytes: content.length });
    expect(made.has(incoming.digest)).toBe(false);
    expect(rests()).toHaveLength(1);
    incoming.keep();
    expect([rests(), kept()]).toEqual([[], [`${incoming.digest.slice(7)}.tar.gz`]]);
    expect(made.has(incoming.digest)).toBe(true);
    expect(readFileSync(made.pathOf(incoming.digest))).toEqual(content);
    expect(statSync(made.pathOf(incoming.digest)).mode & 0o777).toBe(0o600);
    for (const part of ['', 'incoming', 'sha256']) expect(statSync(path.join(folder, part)).mode & 0o777).toBe(0o700);
    // A transaction may run twice. Dropping what was kept changes nothing; the same again is the same.
    incoming.keep();
    incoming.drop();
    const again = await made.receive(body(), undefined);
    again.keep();
    expect(kept()).toHaveLength(1);
    made.remove(incoming.digest);
    made.remove(incoming.digest);
    expect(kept()).toEqual([]);
  });

  test('takes so many bytes and not one more', async () => {
    const { made, rests } = blobs(content.length);
    (await made.receive(body(), undefined)).drop();
    const more = Buffer.concat([content, Buffer.from('x')]);
    await expect(made.receive(body(more), undefined)).rejects.toMatchObject({
      name: 'UploadError',
      why: 'too large',
      message: `more than ${content.length} bytes`,
    });
    expect(rests()).toEqual([]);
  });

  test('refuses another digest than was announced; a sender that fails leaves nothing', async () => {
    const { made, rests, kept } = blobs();
    const other = digestOf(Buffer.from('other'));
    await expect(made.receive(body(), other)).rejects.toMatchObject({
      why: 'other digest',
      message: `${content.length} bytes of digest ${digestOf(content)} came, ${other} was announced`,
    });
    // Gone before the file is open: it is not made afterwards.
    const gone = new PassThrough();
    const refused = made.receive(gone, undefined);
    gone.destroy(new Error('gone at once'));
    await expect(refused).rejects.toThrow('gone at once');
    expect(rests()).toEqual([]);
    const failing = new Readable({
      read() {
        this.push(content);
        this.destroy(new Error('the line broke'));
      },
    });
    await expect(made.receive(failing, undefined)).rejects.toThrow('the line broke');
    expect([rests(), kept()]).toEqual([[], []]);
  });
});

test('a start collects what no row names, and nothing else', async () => {
  const { folder, made, rests, kept } = blobs();
  const wanted = await made.receive(body(), undefined);
  wanted.keep();
  const orphan = await made.receive(body(Buffer.from('nobody names me')), undefined);
  orphan.keep();
  writeFileSync(path.join(made.scratch(), 'half'), 'x');
  await made.receive(body(), undefined);
  expect(rests()).toHaveLength(2);
  const again = new Blobs(folder);
  expect(again.collect(new Set([wanted.digest]))).toBe(1);
  expect([rests(), kept()]).toEqual([[], [`${wanted.digest.slice(7)}.tar.gz`]]);
  expect(statSync(path.join(folder, 'incoming')).mode & 0o777).toBe(0o700);
  expect(again.collect(new Set([wanted.digest]))).toBe(0);
  const scratch = again.scratch();
  expect(existsSync(scratch) && statSync(scratch).mode & 0o777).toBe(0o700);
  expect(again.scratch()).not.toBe(scratch);
});

describe('a small disk', () => {
  const MB = 1024 ** 2;

  test.skipIf(!mayMount())('is left alone: 256 MB stay free for everything else', async () => {
    const disk = mountSmallDisk(257 * MB);
    onTestFinished(() => disk.unmount());
    const made = new Blobs(path.join(disk.folder, 'models'));
    (await made.receive(body(), undefined)).drop();
    disk.resize(256 * MB);
    (await made.receive(body(), undefined)).drop();
    disk.resize(255 * MB);
    await expect(made.receive(body(), undefined)).rejects.toMatchObject({
      why: 'disk full',
      message: expect.stringMatching(/^the disk of the hub has only 26\d MB left$/),
    });
    expect(readdirSync(path.join(disk.folder, 'models', 'incoming'))).toEqual([]);
  });

  test.skipIf(!mayMount())('that becomes full on the way refuses the archive, and nothing of it is left', async () => {
    const disk = mountSmallDisk(258 * MB);
    onTestFinished(() => disk.unmount());
    const made = new Blobs(path.join(disk.folder, 'models'));
    let sent = 0;
    const endless = new Readable({
      read() {
        // Somebody else takes the disk meanwhile.
        if (sent === 0) disk.resize(2 * MB);
        sent += MB;
        this.push(sent > 300 * MB ? null : Buffer.alloc(MB, 1));
      },
    });
    await expect(made.receive(endless, undefined)).rejects.toMatchObject({
      why: 'disk full',
      message: 'the disk of the hub is full',
    });
    expect(readdirSync(path.join(disk.folder, 'models', 'incoming'))).toEqual([]);
  });
});
