import { z } from 'zod';

/** Types of settings, each with its one line of documentation. */
export const text = (description: string) => z.string().min(1).meta({ description });
export const count = (min: number, max: number, description: string) =>
  z.number().int().min(min).max(max).meta({ description });
/** Relative paths are read from the folder of the file that states them, or from the working folder. */
export const path = (description: string) => z.string().min(1).meta({ description, format: 'path' });
export const secret = (description: string) =>
  z
    .string()
    .regex(/^(file:.+|env:[A-Za-z_][A-Za-z0-9_]*)$/, 'expected a reference: file:/path or env:NAME')
    .meta({ description: `${description} A reference: \`file:/path\` (mode 0600) or \`env:NAME\`.` });
export const url = (description: string) => z.url({ protocol: /^https?$/ }).meta({ description });
export const port = (description: string) => count(0, 65_535, `${description} 0 takes a free one.`);

/** PS3.5 6.2: at most 16 printable characters, no backslash. */
export const aeTitlePattern = /^(?=.*\S)[\x20-\x5b\x5d-\x7e]{1,16}$/;
export const aeTitle = (description: string) =>
  z.string().regex(aeTitlePattern, 'expected an AE title of at most 16 characters').meta({ description });
