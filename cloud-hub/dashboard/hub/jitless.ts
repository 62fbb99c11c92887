/** Imported first by main.tsx: the hub's content security policy forbids `eval`, so zod must not try to compile schemas. */
import { z } from 'zod';

z.config({ jitless: true });
