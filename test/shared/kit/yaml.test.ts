import { expect, test } from 'vitest';
import { YAMLParseError } from 'yaml';
import { readYamlText, YamlError } from '../../../shared/kit/yaml.ts';

test('one document, with merge keys; an empty file holds nothing', () => {
  expect(readYamlText('x: &x { a: 1 }\ny: { <<: *x, b: 2 }')).toEqual({ x: { a: 1 }, y: { a: 1, b: 2 } });
  expect(readYamlText('---\na: 1\n...\n')).toEqual({ a: 1 });
  expect(readYamlText('')).toBeNull();
});

test('a second document, and what is no YAML, are refused by what is wrong', () => {
  expect(() => readYamlText('a: 1\n---\nb: 2')).toThrow(YamlError);
  expect(() => readYamlText('a: 1\n---\nb: 2')).toThrow('a line `---` begins a second document');
  expect(() => readYamlText('a: [')).toThrow(/^not YAML: .*at line 1, column 5/);
  expect(() => readYamlText('a: [')).toThrow(expect.objectContaining({ cause: expect.any(YAMLParseError) }));
  expect(() => readYamlText('a: 1\na: 2')).toThrow('not YAML: Map keys must be unique at line 2');
  const bomb = ['a: &a [x]', ...'bcdefgh'].map((key, i, all) =>
    i === 0 ? key : `${key}: &${key} [${`*${all[i - 1]?.[0]},`.repeat(9)}]`,
  );
  expect(() => readYamlText(bomb.join('\n'))).toThrow('not YAML: Excessive alias count');
});

test('what holds itself is refused: nobody who walks through it would come to an end', () => {
  expect(() => readYamlText('a: &a { b: *a }')).toThrow('stands inside of its own anchor');
  expect(() => readYamlText('a: &a [1, [*a]]')).toThrow(YamlError);
  expect(readYamlText('a: &a [1]\nb: [*a, *a]')).toEqual({ a: [1], b: [[1], [1]] });
});
