import fc from 'fast-check';
import { expect, test } from 'vitest';
import { shownAddress, withShownAddresses } from '../../../shared/kit/shown-address.ts';

test.each([
  ['rtsp://cam:554/live', 'rtsp://cam:554/…'],
  ['rtsp://me:secret@cam:554/live', 'rtsp://cam:554/…'],
  ['rtsp://me@cam/', 'rtsp://cam/'],
  ['http://[fe80::1]:80', 'http://[fe80::1]:80'],
  // As cameras take them.
  ['rtsp://cam:1/user=admin_password=secret_channel=1_stream=0.sdp?real_stream', 'rtsp://cam:1/…'],
  ['http://cam/snap?loginuse=admin&loginpas=secret', 'http://cam/…'],
  ['http://cam?u=admin&p=secret', 'http://cam/…'],
  ['http://cam/live/admin/secret', 'http://cam/…'],
  ['rtsp://cam/a#password=secret', 'rtsp://cam/…'],
  ['http://cam:1/a;password=secret?x=1', 'http://cam:1/…'],
  ['http://cam;password=secret', 'http://cam/…'],
  // Not as they should be written.
  ['rtsp://me:se/cr#et@cam/live', 'rtsp://cam/…'],
  ['rtsp://me:se cret@cam/live', 'rtsp://cam/…'],
  ['rtsp://me:se@cr/et@cam/live', 'rtsp://cam/…'],
  ['rtsp://me:1234/secret@10.0.0.2/live', 'rtsp://10.0.0.2/…'],
  // No address.
  ['/clips/a@b.mp4', '/clips/a@b.mp4'],
  ['-', '-'],
])('%s is shown as %s', (url, shown) => expect(shownAddress(url)).toBe(shown));

test('within a sentence too, which keeps its signs', () => {
  expect(withShownAddresses('cannot open rtsp://me:secret@cam/x: refused')).toBe('cannot open rtsp://cam/…: refused');
  expect(withShownAddresses('see http://a/b, (http://c/d) and http://e.')).toBe(
    'see http://a/…, (http://c/…) and http://e.',
  );
});

test('no password survives, whatever is in it and wherever it is', () => {
  const secret = fc.stringMatching(/^[!-~]{4,20}$/).map((text) => `se${text}ret`);
  fc.assert(
    fc.property(secret, (password) => {
      for (const url of [
        `rtsp://me:${password}@cam.example/live`,
        `http://cam.example/${password}/live`,
        `http://cam.example/live?pw=${password}`,
        `http://cam.example#${password}`,
      ]) {
        expect(shownAddress(url)).not.toContain(password);
        expect(withShownAddresses(`cannot open ${url}: refused`)).not.toContain(password);
      }
    }),
  );
});

test('whatever a stranger writes, it takes linear time', () => {
  const long = 1_000_000;
  for (const text of [
    'a'.repeat(long),
    'a.'.repeat(long),
    `x://${':'.repeat(long)}a`,
    `x://${'@'.repeat(long)}`,
    'a://'.repeat(long / 4),
  ]) {
    expect(withShownAddresses(text).length).toBeGreaterThan(0);
    expect(shownAddress(text).length).toBeGreaterThan(0);
    expect(withShownAddresses(`${text} ${text}`).length).toBeGreaterThan(0);
  }
});

test('what is no address is shown as it is', () => {
  expect(shownAddress('clips/door.mp4')).toBe('clips/door.mp4');
  expect(shownAddress('')).toBe('');
});
