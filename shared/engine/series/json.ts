/** Rows that are JSON values, and paths into them (`$.a.b[0].c`; the leading `$.` may be left out, `$` is the value). Pure. */
import type { Row } from './row.ts';

/** @returns the row, or what is wrong with the text */
export function readJsonRow(text: string): Row | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'is not JSON';
  }
  return (place) => valueAt(value, stepsOf(place));
}

/** The steps of a path: names of fields and indices of lists. */
export function stepsOf(path: string): readonly string[] {
  return path
    .replace(/^\$\.?/, '')
    .replaceAll(/\[(\d+)\]/g, '.$1')
    .split('.')
    .filter((step) => step !== '');
}

function valueAt(value: unknown, steps: readonly string[]): unknown {
  let found = value;
  for (const step of steps) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, step)) return undefined;
    found = Reflect.get(found, step);
  }
  return found;
}
