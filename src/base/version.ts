/** The version of this twinspan, from the package it runs in: the repository's or the built one's. */
import { readFileSync } from 'node:fs';

// src/base/version.ts and dist/src/base/version.js are both two folders below their package.json.
const packageFile = new URL('../../package.json', import.meta.url);

export const version: string = (
  JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string }
).version;
