import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { filesOfTheHouse, root } from './files.ts';
import { brokenReferences, sectionsOf } from './references.ts';

const architecture = readFileSync(path.join(root, 'shared/ARCHITECTURE.md'), 'utf8');
const texts = new Map(
  filesOfTheHouse()
    .filter((file) => /\.(ts|tsx|md|mjs|yml|yaml|css)$/.test(file))
    .map((file) => [file, readFileSync(path.join(root, file), 'utf8')]),
);

test('each reference to the architecture names a section that exists', () => {
  expect(sectionsOf(architecture)).toEqual(expect.arrayContaining(['1', '1.5', '2.3', '3.1', '3.7', '6']));
  expect(brokenReferences(texts, architecture)).toEqual([]);
});

test('a reference to a section that is not there is found, and so is one to what is not in the repository', () => {
  const word = 'ARCHITECTURE';
  const sources = new Map([
    ['a.ts', `/** Of records (${word} 3.4). */`],
    ['b.ts', `/** Of records (${word} 3.99). */`],
    ['c.md', `see ${word} 9 and [${word}](${word}.md)`],
    ['d.ts', `/** Of records (${'DES'}${'IGN'} 3.4). */`],
  ]);
  expect(brokenReferences(sources, architecture)).toEqual([
    `b.ts: ${word} 3.99 is no section of shared/${word}.md`,
    `c.md: ${word} 9 is no section of shared/${word}.md`,
    `d.ts: ${'DES'}${'IGN'} 3.4 is not in the repository; name a section of shared/${word}.md`,
  ]);
});

/** Documents that name files from the root; not their examples of what may come. */
const guides = ['shared/ARCHITECTURE.md', '.github/CONTRIBUTING.md', 'README.md'];

test.each(guides)('each file that %s names exists', (document) => {
  const pattern = /`((?:agent|cloud-hub|shared|deploy|fixtures|test)\/[^`\s*]+\.\w+)`/g;
  const named = [...(texts.get(document) ?? '').matchAll(pattern)].map(([, file = '']) => file);
  const real = named.filter((file) => !/NAME|loiter|\/x\/y\b/.test(file));
  expect(real.length).toBeGreaterThan(10);
  expect(real.filter((file) => !existsSync(path.join(root, file)))).toEqual([]);
});

test('each link of a document leads to a file, and to a heading of it', () => {
  const documents = [...texts].filter(([file]) => file.endsWith('.md'));
  const broken = documents.flatMap(([file, text]) =>
    [...text.matchAll(/\]\((?!https?:|mailto:)([^)\s#]*)(?:#([^)\s]*))?\)/g)].flatMap(([, target = '', anchor]) => {
      const found = target === '' ? file : path.posix.join(path.posix.dirname(file), target);
      // Pages of GitHub, not files.
      if (found.startsWith('../') || target.startsWith('../blob')) return [];
      if (!existsSync(path.join(root, found))) return [`${file}: ${target} does not exist`];
      if (anchor === undefined || !found.endsWith('.md')) return [];
      const headings = headingsOf(texts.get(found) ?? readFileSync(path.join(root, found), 'utf8'));
      return headings.includes(anchor) ? [] : [`${file}: ${found} has no heading #${anchor}`];
    }),
  );
  expect(broken).toEqual([]);
});

/** Anchors as GitHub makes them. */
function headingsOf(text: string): string[] {
  return [...text.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

test('each decision has a number of its own, the next one', () => {
  const numbers = [...texts.keys()].flatMap((file) => /^shared\/decisions\/(\d{4})-/.exec(file)?.[1] ?? []).toSorted();
  expect(numbers).toEqual(numbers.map((_, index) => String(index + 1).padStart(4, '0')));
});
