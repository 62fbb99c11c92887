/** A command of the shell on the hub's machine that prints `N records, N gaps` of a device, out of the hub's API. */
export function ledger(device: string): string {
  const script = `
const { readFileSync } = require('node:fs');
const folder = '/var/lib/vedette-hub/';
const url = readFileSync(folder + 'hub.url', 'utf8').trim();
const authorization = 'Bearer ' + readFileSync(folder + 'admin.token', 'utf8').trim();
fetch(url + '/api/v1/devices/${device}/sequences', { headers: { authorization } })
  .then((response) => response.json())
  .then(({ items }) => {
    const sum = (of) => items.reduce((total, item) => total + of(item), 0);
    console.log(sum((i) => i.records) + ' records, ' + sum((i) => i.gaps.length) + ' gaps');
  });`;
  return `NODE_EXTRA_CA_CERTS=/var/lib/vedette-hub/pki/ca.pem /usr/lib/vedette-hub/node -e "${script.replaceAll('\n', ' ')}"`;
}
