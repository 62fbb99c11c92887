// Is the program healthy? Asks an address of this container; its certificate need not have the name localhost.
import http from 'node:http';
import https from 'node:https';

const url = new URL(process.argv[2]);
const request = (url.protocol === 'https:' ? https : http).get(url, { rejectUnauthorized: false, timeout: 4000 });
request.on('response', (response) => process.exit(response.statusCode === 200 ? 0 : 1));
request.on('timeout', () => process.exit(1));
request.on('error', () => process.exit(1));
