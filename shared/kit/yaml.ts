/** A YAML 1.2 file that a person wrote, as values. */
import { parseDocument, YAMLParseError } from 'yaml';
import { messageOf } from './errors.ts';

export class YamlError extends Error {
  override readonly name = 'YamlError';
}

/**
 * One document, with merge keys (`<<: *name`). Warnings of the parser do not reach stderr: the file may be a stranger's.
 * @throws YamlError with the line and what is wrong
 */
export function readYamlText(text: string): unknown {
  try {
    const document = parseDocument(text, { merge: true, logLevel: 'error' });
    const [first] = document.errors;
    if (first) throw first;
    const value: unknown = document.toJS();
    if (!isTree(value))
      throw new YamlError('an alias (`*name`) stands inside of its own anchor (`&name`), or it is nested too deeply');
    return value;
  } catch (error) {
    if (error instanceof YamlError) throw error;
    if (error instanceof YAMLParseError && error.code === 'MULTIPLE_DOCS')
      throw new YamlError('a line `---` begins a second document: the file may hold one; take the line out');
    throw new YamlError(`not YAML: ${messageOf(error)}`, { cause: error });
  }
}

/** Whoever walks through what holds itself does not come to an end. */
function isTree(value: unknown): boolean {
  try {
    JSON.stringify(value);
    return true;
  } catch {
    return false;
  }
}
