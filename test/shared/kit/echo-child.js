// A child for child.test.ts: says how it was started, echoes, and dies as it is told.
const [mode] = process.argv.slice(2);
process.on('message', (message) => {
  if (message.die !== undefined) process.exit(message.die);
  process.send({ echo: message });
});
process.on('SIGTERM', () => {
  if (mode === 'deaf') return;
  process.send({ farewell: true }, () => process.exit(0));
});
setInterval(() => {}, 1000);
// Last: who hears it may ask it to end at once, and without a listener SIGTERM would kill it.
process.send({ hello: { args: process.argv.slice(2), env: process.env, cwd: process.cwd(), flags: process.execArgv } });
