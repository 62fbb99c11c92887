import { expect, test } from 'vitest';
import { fnv1a } from '../../../shared/kit/fnv1a.ts';

test('the published values of FNV-1a with 32 bits, of texts and of bytes', () => {
  const published: [string, number][] = [
    ['', 0x811c9dc5],
    ['a', 0xe40c292c],
    ['foobar', 0xbf9cf968],
  ];
  for (const [text, hash] of published) {
    expect(fnv1a(text)).toBe(hash);
    expect(fnv1a(Buffer.from(text))).toBe(hash);
  }
});
