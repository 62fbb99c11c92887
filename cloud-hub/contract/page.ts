/** A page of a list. */
import { z } from 'zod';

/** `next` is the cursor of the following page, absent on the last. A page of large items may have fewer than its limit. */
export const page = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item), next: z.string().optional() });
