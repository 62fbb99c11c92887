/** Each variable of the environment that the help names sets what its option sets. */
import { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { readSettings, withSettings } from '../../../cloud-hub/commands/settings.ts';

const options = withSettings(new Command()).options.flatMap((option) => {
  const variable = /\[(VEDETTE_[A-Z_]+)\]$/.exec(option.description)?.[1];
  return variable === undefined ? [] : [{ key: option.attributeName(), variable }];
});

/** The settings, or what is said against them. */
function outcome(...input: Parameters<typeof readSettings>): unknown {
  try {
    return readSettings(...input);
  } catch (error) {
    return String(error);
  }
}

test('the help names many variables, and none twice', () => {
  expect(options.length).toBeGreaterThan(30);
  expect(new Set(options.map(({ variable }) => variable)).size).toBe(options.length);
});

describe.each(options)('$variable', ({ key, variable }) => {
  test.each(['7', 'true', 'mqtts://host.example', 'postgres://hub@host.example/hub', 'relative/path'])(
    '%s',
    (value) => {
      expect(outcome({}, { [variable]: value })).toEqual(outcome({ [key]: value }, {}));
    },
  );

  test('says something, and nothing when it is empty; the option goes before it', () => {
    const plain = outcome({}, {});
    expect(outcome({}, { [variable]: '\0' })).not.toEqual(plain);
    expect(outcome({}, { [variable]: '' })).toEqual(plain);
    expect(outcome({ [key]: '7' }, { [variable]: '\0' })).toEqual(outcome({ [key]: '7' }, {}));
  });
});
