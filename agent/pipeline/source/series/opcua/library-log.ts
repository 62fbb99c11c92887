/**
 * What the OPC UA library has to say comes back as an error of a call. A second time, on the standard output of the process, it would
 * stand between the lines of `infer`.
 */
import { setErrorLogger, setWarningLogger } from 'node-opcua-debug';

setWarningLogger(() => undefined);
setErrorLogger(() => undefined);
