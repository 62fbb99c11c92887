/** Before each file of tests: its modules load as they are. Stryker sets the mutant when the tests of the file begin. */
const stryker: unknown = Reflect.get(globalThis, '__stryker__') ?? Reflect.get(globalThis, '__stryker2__');
if (typeof stryker === 'object' && stryker !== null) Reflect.set(stryker, 'activeMutant', undefined);
