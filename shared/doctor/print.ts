/** Findings as a person reads them in a terminal. */
import type { Finding } from './finding.ts';

const WIDTH = 100;

/** One finding per line, wrapped; what mends it below, after an arrow. Empty for none. */
export function printFindings(findings: readonly Finding[]): string {
  const wide = Math.max(...findings.map(({ subject }) => subject.length));
  const indent = ' '.repeat('broken'.length + wide + 4);
  return findings
    .map(({ level, subject, text, advice }) => {
      const head = `${level.padEnd('broken'.length)}  ${subject.padEnd(wide)}  `;
      const lines = [wrap(text, indent), ...(advice === undefined ? [] : [`→ ${wrap(advice, `${indent}  `)}`])];
      return `${head}${lines.join(`\n${indent}`)}\n`;
    })
    .join('');
}

function wrap(text: string, indent: string): string {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length + indent.length >= WIDTH) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines.join(`\n${indent}`);
}
