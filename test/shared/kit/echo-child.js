// A child for child.test.ts: says how it was started, echoes, and dies as it is told.
const [mode] = process.argv.slice(2);
process.send({ hello: { args: process.argv.slice(2), env: process.env, cwd: process.cwd(), flags: process.execArgv } });
process.on('message', (message) => {
  if (message.die !== undefined) process.exit(message.die);
  process.send({ echo: message });
});
process.on('SIGTERM', () => {
  if (mode === 'deaf') return;
  process.send({ farewell: true }, () => process.exit(0));
});
setInterval(() => {}, 1000);
