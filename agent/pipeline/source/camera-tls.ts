/**
 * TLS of cameras, whose connections FFmpeg makes. Without `caFile` it takes any certificate. With it FFmpeg holds the certificate against
 * that file, and against the name of the host where the address has one; of an address in numbers it looks at no name.
 */
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { connect } from 'node:tls';
import { isTls } from '../../../shared/contract/config/source.ts';
import { CodedError, messageOf } from '../../../shared/kit/errors.ts';
import { certificatesOf } from '../../../shared/pki/pem.ts';

interface Secured {
  readonly url: string;
  readonly caFile?: string | undefined;
}

/** How long a camera may take to show its certificate once more, after FFmpeg was refused. */
const LOOK_MS = 5_000;
/** Of Node's words, which can hold every name of a certificate: characters. */
const MAX_WHY = 300;

/**
 * @param open opens the camera with these options of FFmpeg
 * @param shown how messages name it
 * @throws CodedError `source-open` that says why the certificate is not trusted, where that is the reason; else what `open` throws
 */
export async function withTrust<T>(
  { url, caFile }: Secured,
  shown: string,
  open: (options: Readonly<Record<string, string>>) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  if (caFile === undefined || !isTls(url)) return open({});
  let authority: string;
  try {
    authority = readFileSync(caFile, 'utf8');
    certificatesOf(authority);
  } catch (error) {
    throw new CodedError('source-open', `${shown}: caFile: ${messageOf(error)}`);
  }
  try {
    // A redirect may lead to a place without TLS.
    return await open({ ca_file: caFile, tls_verify: '1', ...(/^https:/i.test(url) ? { max_redirects: '0' } : {}) });
  } catch (error) {
    if (!(error instanceof CodedError) || error.code !== 'source-open' || signal?.aborted) throw error;
    // FFmpeg says "Input/output error".
    const why = await whyNotTrusted(url, authority);
    if (why === undefined) throw error;
    throw new CodedError('source-open', `${shown}: its certificate is not trusted by caFile: ${why}`);
  }
}

/** @returns undefined where the certificate is good, or nothing answers */
function whyNotTrusted(url: string, authority: string): Promise<string | undefined> {
  const { hostname, port, protocol } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  const isNumbers = isIP(host) !== 0;
  return new Promise((resolve) => {
    const socket = connect({
      host,
      port: Number(port) || (protocol === 'https:' ? 443 : 322),
      ca: authority,
      timeout: LOOK_MS,
      ...(isNumbers ? { checkServerIdentity: () => undefined } : { servername: host }),
    });
    const end = (why?: string) => {
      socket.destroy();
      resolve(why);
    };
    socket.once('secureConnect', () => end());
    socket.once('timeout', () => end());
    socket.once('close', () => end());
    socket.once('error', (error: NodeJS.ErrnoException) =>
      end(/^(?:E(?!RR_TLS)|ERR_SSL)/.test(error.code ?? '') ? undefined : error.message.slice(0, MAX_WHY)),
    );
  });
}
