/** `encryption` of `agent.yaml`: which keys the data folder is encrypted with. */
import path from 'node:path';
import { z } from 'zod';

export const encryptionConfig = z
  .strictObject({
    keyFile: z
      .string()
      .min(1)
      .optional()
      .describe(
        'file with the key: 32 random bytes as 64 hexadecimal digits (`openssl rand -hex 32`), Base64, or as they are',
      ),
    oldKeyFiles: z
      .array(z.string().min(1))
      .max(8)
      .default([])
      .describe(
        'files with earlier keys: what they encrypted is encrypted anew; without `keyFile` it becomes plain text',
      ),
    memoryDir: z
      .string()
      .min(1)
      .default('/dev/shm')
      .describe('folder in memory (tmpfs) for plain copies of the models that run; they are on no disk'),
  })
  .refine(({ keyFile, oldKeyFiles }) => keyFile !== undefined || oldKeyFiles.length > 0, {
    path: ['keyFile'],
    message: 'name the file with the key, or leave `encryption` out',
  });

/** Relative to the folder of the configuration. */
export function absoluteKeys({ keyFile, oldKeyFiles, memoryDir }: z.infer<typeof encryptionConfig>, folder: string) {
  return {
    ...(keyFile === undefined ? {} : { keyFile: path.resolve(folder, keyFile) }),
    oldKeyFiles: oldKeyFiles.map((file) => path.resolve(folder, file)),
    memoryDir: path.resolve(folder, memoryDir),
  };
}
