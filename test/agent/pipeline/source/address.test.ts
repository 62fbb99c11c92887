import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { absoluteAddress, absoluteSource, withCredentials } from '../../../../agent/pipeline/source/address.ts';
import { sourceConfig } from '../../../../shared/contract/config/source.ts';
import { tempFolder } from '../../../support/temp.ts';

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
  expect(() => withCredentials({ ...source, passwordFile: '/nowhere' })).toThrow(/rtsp:\/\/cam:554\/…: passwordFile/);
});
