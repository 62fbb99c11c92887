/** What it means whether a port can be listened on. Pure. */
import { type Finding, finding } from '../finding.ts';
import type { PortFacts } from '../probes/port.ts';

export interface PortUse {
  /** What listens there: `local API`, `HTTP port` … */
  readonly subject: string;
  readonly host: string;
  readonly port: number;
  /** The program that is looked at runs, and so most likely holds the port: its name; undefined: it does not run. */
  readonly runs: string | undefined;
  /** How to choose another. */
  readonly choose: string;
}

export function judgePort({ subject, host, port, runs, choose }: PortUse, facts: PortFacts): Finding {
  const place = `${host}:${port}`;
  if (facts.state === 'free') return finding(subject, 'ok', `${place} is free`);
  if (facts.state === 'taken' && runs !== undefined)
    return finding(subject, 'ok', `${place} is in use; the ${runs} runs`);
  return finding(subject, 'broken', `${place}: ${facts.error}`, choose);
}
