/** Is this a Node that the programs run on? Pure. */
import { type Finding, finding } from '../finding.ts';

const LEAST_NODE = [20, 19] as const;

/** @param version as `process.version` says it */
export function judgeNode(version: string): Finding {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  const old = major < LEAST_NODE[0] || (major === LEAST_NODE[0] && minor < LEAST_NODE[1]);
  return finding(
    'node',
    old ? 'broken' : 'ok',
    version,
    old ? `install Node ${LEAST_NODE.join('.')} or newer` : undefined,
  );
}
