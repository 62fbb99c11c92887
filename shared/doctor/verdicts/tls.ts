/** What it means who answered a TLS connection. Pure. */
import { type Finding, finding } from '../finding.ts';
import type { TlsFacts } from '../probes/tls.ts';

/** A certificate that ends within so many milliseconds is told: it should have been renewed. */
export const ENDS_SOON_MS = 7 * 24 * 3600_000;

export interface TlsPlace {
  readonly subject: string;
  /** As a person writes it: `https://hub:8443`. */
  readonly place: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly advice: {
    /** Another authority signed. */
    readonly untrusted: string;
    /** The server's certificate ended. */
    readonly expired: string;
    /** Nothing answers there. */
    readonly unreachable: string;
  };
}

const OTHER_FAULTS = {
  'not yet valid': 'is the clock of this machine behind, or that of the server ahead?',
  purpose: 'the server has to present a certificate of a server, not one of a client',
  missing: 'the server has to present a certificate: does something else listen there?',
  'another name': 'use an address that the certificate names, or have the server get a certificate that names this one',
} as const;

export function judgeTls({ subject, place, now, advice }: TlsPlace, facts: TlsFacts): Finding {
  switch (facts.state) {
    case 'unreachable':
      return finding(subject, 'broken', `${place}: ${facts.message}`, advice.unreachable);
    case 'untrusted': {
      const { why, message } = facts;
      const mend = why === 'untrusted' || why === 'expired' ? advice[why] : OTHER_FAULTS[why];
      return finding(subject, 'broken', `${place}: ${message}`, mend);
    }
    case 'trusted': {
      const names = facts.chain.map(({ name }) => name).join(' ← ');
      const end = Math.min(...facts.chain.map(({ to }) => to));
      const text = `${place}: ${facts.protocol}, ${names}, good until ${new Date(end).toISOString()}`;
      return end - now < ENDS_SOON_MS ? finding(subject, 'note', text, advice.expired) : finding(subject, 'ok', text);
    }
  }
}
