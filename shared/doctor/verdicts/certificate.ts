/** What the life of a certificate means. Pure. */
import { type TimeRange, whyNotNow } from '../../pki/time.ts';
import { type Finding, finding } from '../finding.ts';

export interface CertificateQuestion {
  readonly subject: string;
  /** Whose it is. */
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
  readonly time: TimeRange;
  /** What to do when it has ended. */
  readonly mend: string;
  /** What to look at when it should have been renewed by now. */
  readonly late: string;
}

/** Programs of ours renew at two thirds of a life, give or take a twentieth. */
const LATE_SHARE = 0.8;

export function judgeCertificate({ subject, name, from, to, time, mend, late }: CertificateQuestion): Finding {
  const why = whyNotNow({ from, to }, time);
  const until = new Date(to).toISOString();
  if (why === 'expired') return finding(subject, 'broken', `the certificate of ${name} expired on ${until}`, mend);
  if (why === 'not yet valid') {
    const text = `the certificate of ${name} is valid from ${new Date(from).toISOString()} on`;
    return finding(subject, 'broken', text, 'set the clock of this machine: it is behind');
  }
  const text = `the certificate of ${name} is good until ${until}`;
  return time.earliest > from + (to - from) * LATE_SHARE
    ? finding(subject, 'note', `${text}, and was not renewed in time`, late)
    : finding(subject, 'ok', text);
}
