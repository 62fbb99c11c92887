import { writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  absoluteAddress,
  absoluteSource,
  withCredentials,
  withoutCredentials,
} from '../../../../agent/pipeline/source/address.ts';
import { sourceConfig } from '../../../../shared/contract/config/source.ts';
import { tempFolder } from '../../../support/temp.ts';

test.each([
  ['rtsp://me:secret@cam:554/live', 'rtsp://cam:554/live'],
  ['rtsp://cam:554/live', 'rtsp://cam:554/live'],
  ['rtsp://me:se/cr#et@cam/live', 'rtsp://cam/live'],
  ['http://cam/video?user=me&password=secret&fps=5', 'http://cam/video?user=me&password=***&fps=5'],
  ['cannot open rtsp://me:secret@cam/x: refused', 'cannot open rtsp://cam/x: refused'],
  ['/clips/a@b.mp4', '/clips/a@b.mp4'],
])('%s is shown as %s', (url, shown) => expect(withoutCredentials(url)).toBe(shown));

test('no password survives, whatever is in it', () => {
  const secret = fc.stringMatching(/^[!-~]{4,20}$/).map((text) => `se${text}ret`);
  fc.assert(
    fc.property(secret, (password) => {
      expect(withoutCredentials(`rtsp://me:${password}@cam.example/live`)).not.toContain(password);
    }),
  );
});

test('files become absolute, addresses and standard input stay', () => {
  expect(absoluteAddress('a/b.mp4', '/etc/x')).toBe('/etc/x/a/b.mp4');
  expect(absoluteAddress('/a.mp4', '/etc')).toBe('/a.mp4');
  for (const url of ['-', 'rtsp://cam/x', 'test:testsrc2']) expect(absoluteAddress(url, '/etc')).toBe(url);
  const source = sourceConfig.parse({ url: 'rtsp://cam/x', user: 'me', passwordFile: './cam.password' });
  expect(absoluteSource(source, '/etc').passwordFile).toBe('/etc/cam.password');
});

test('a password out of its file is written so that every sign arrives', () => {
  const passwordFile = path.join(tempFolder(), 'password');
  writeFileSync(passwordFile, 'p@s/s:w?rd\n');
  const source = sourceConfig.parse({ url: 'rtsp://cam:554/x', user: 'a b', passwordFile });
  expect(withCredentials(source)).toBe('rtsp://a%20b:p%40s%2Fs%3Aw%3Frd@cam:554/x');
  expect(() => withCredentials({ ...source, passwordFile: '/nowhere' })).toThrow(/rtsp:\/\/cam:554\/x: passwordFile/);
});
