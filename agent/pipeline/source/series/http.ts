/** A web server that gives the last values of a sensor, or a list of rows, as JSON. */
import http from 'node:http';
import https from 'node:https';
import type { SensorSourceConfig } from '../../../../shared/contract/config/sensor-source.ts';
import { readJsonRows } from '../../../../shared/engine/series/json.ts';
import { CodedError } from '../../../../shared/kit/errors.ts';
import type { Asker } from './polled.ts';
import { secretOf } from './secrets.ts';

const MAX_BODY = 262_144;

/**
 * One connection, kept between questions. Redirects are not followed: they may lead to a host that nobody has named.
 * @throws CodedError `source-open` for a file of the configuration that cannot be read
 */
export function createHttpAsker(source: SensorSourceConfig): Asker {
  const { url, username } = source;
  const isSecure = /^https:/i.test(url);
  const agent = isSecure ? new https.Agent(secureOptions(source)) : new http.Agent({ keepAlive: true, maxSockets: 1 });
  const auth = username === undefined ? {} : { auth: `${username}:${secretOf(source, 'passwordFile') ?? ''}` };
  const headers = { accept: 'application/json', 'user-agent': 'vedette-agent' };
  return {
    ask: (signal) =>
      new Promise((resolve, reject) => {
        const request = (isSecure ? https : http).get(url, { agent, signal, headers, ...auth }, (response) => {
          const wrong = refusal(response.statusCode ?? 0, response.headers.location);
          if (wrong) {
            response.destroy();
            return reject(wrong);
          }
          read(response).then(
            (text) => resolve(typeof text === 'object' ? text.wrong : readJsonRows(text, source.rows)),
            reject,
          );
        });
        request.on('error', reject);
      }),
    close: () => agent.destroy(),
  };
}

function secureOptions(source: SensorSourceConfig): https.AgentOptions {
  const ca = secretOf(source, 'caFile');
  const cert = secretOf(source, 'certFile');
  const key = secretOf(source, 'keyFile');
  return {
    keepAlive: true,
    maxSockets: 1,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
  };
}

function refusal(status: number, location: string | undefined): Error | undefined {
  if (status === 200) return undefined;
  if (status === 401 || status === 403)
    return new CodedError('source-auth', `the server answers ${status}: it refuses this user or password`);
  if (status >= 300 && status < 400 && location !== undefined)
    return new Error(`the server answers ${status} and names another address; give that one as \`url\``);
  return new Error(`the server answers ${status}`);
}

async function read(response: http.IncomingMessage): Promise<string | { readonly wrong: string }> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    // Leaving the loop ends the connection.
    if (bytes > MAX_BODY) return { wrong: `the answer is longer than ${MAX_BODY} bytes` };
    chunks.push(chunk);
  }
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/^\uFEFF/, '');
}
