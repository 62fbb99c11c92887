/**
 * Rows that are JSON values, and paths into them: `$.a.b[0].c`, `$['a b'][-1]`; the leading `$.` may be left out, `$` is the
 * value. Pure.
 */
import { overLimit, type ShapeLimits } from '../../contract/shape.ts';
import type { Row } from './row.ts';

/** Deeper values cannot be written into a message, and no sensor gives them. */
const SHAPE: ShapeLimits = { maxDepth: 64, maxValues: 1_000_000 };

/**
 * @param rows path of a list of rows in the value; default: the value is a row, or a list of rows
 * @returns the rows, or what is wrong with the text
 */
export function readJsonRows(text: string, rows = '$'): readonly Row[] | string {
  const over = overLimit(Buffer.from(text), SHAPE);
  if (over !== undefined) return `has ${over}`;
  const value = parsed(text);
  if (value === undefined) return 'is not JSON';
  const found = valueAt(value, stepsOf(rows));
  if (found === undefined) return `has nothing at "${rows}"`;
  return (Array.isArray(found) ? found : [found]).map((one) => (place: string) => valueAt(one, stepsOf(place)));
}

/** @returns undefined for what is no JSON. Numbers that JSON does not have, and some programs write, are null. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A text that nothing ends goes to the end: none is looked at twice.
    const without = text.replaceAll(/"(?:[^"\\]|\\[\s\S])*"?|-?\b(?:NaN|Infinity|nan|inf)\b/g, (found) =>
      found.startsWith('"') ? found : 'null',
    );
    if (without === text) return undefined;
    try {
      return JSON.parse(without);
    } catch {
      return undefined;
    }
  }
}

/** `.name`, `[index]`, `['name']` or `["name"]`, and at the beginning `name`. */
const STEP =
  /\[(-?\d+)\]|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]|\.?([^.[]+(?:\[(?!-?\d+\]|['"])[^.[]*)*)|\.|\[/gy;

/** The steps of a path: names of fields and indices of lists, those from the end below zero. */
export function stepsOf(path: string): readonly string[] {
  const steps: string[] = [];
  for (const [, index, single, double, name] of path.replace(/^\$(?=[.[]|$)\.?/, '').matchAll(STEP)) {
    const quoted = single ?? double;
    const step = quoted === undefined ? (index ?? name) : quoted.replaceAll(/\\(.)/g, '$1');
    if (step !== undefined) steps.push(step);
  }
  return steps;
}

/** A field whose name has dots in it is found by a path with dots too, where nothing stands at the parts of the name. */
function valueAt(value: unknown, steps: readonly string[]): unknown {
  const [step, ...rest] = steps;
  if (step === undefined) return value;
  if (typeof value !== 'object' || value === null) return undefined;
  if (Array.isArray(value) && /^-\d+$/.test(step)) return valueAt(value.at(Number(step)), rest);
  if (Object.hasOwn(value, step)) return valueAt(Reflect.get(value, step), rest);
  const [next, ...others] = rest;
  return next === undefined ? undefined : valueAt(value, [`${step}.${next}`, ...others]);
}
