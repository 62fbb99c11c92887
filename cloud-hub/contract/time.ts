/** Times as the hub tells them. */
import { z } from 'zod';

export const time = z.iso.datetime();
