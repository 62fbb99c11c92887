/** One seed for all property tests where `VEDETTE_TEST_SEED` names one; otherwise each run has its own. Loaded before each test file. */
const seed = process.env.VEDETTE_TEST_SEED;
if (seed !== undefined) {
  if (!/^-?\d+$/.test(seed)) throw new Error(`VEDETTE_TEST_SEED is "${seed}"; write a whole number`);
  const { default: fc } = await import('fast-check');
  fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(seed) | 0 });
}
