/** docker-compose.yml as data, for the tests of what it promises. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { parse } from 'yaml';

export interface Service {
  readonly image: string;
  readonly build?: { readonly context: string; readonly target: string };
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly user?: string;
  readonly network_mode?: string;
  readonly networks?: { readonly default?: { readonly aliases?: readonly string[] } };
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly depends_on?: readonly string[] | Readonly<Record<string, unknown>>;
  readonly healthcheck?: object;
}

export interface ComposeFile {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

export interface Mount {
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}

const repository = join(import.meta.dirname, '..', '..', '..');

export function readRepositoryFile(path: string): string {
  return readFileSync(join(repository, path), 'utf8');
}

export function readComposeFile(): ComposeFile {
  return parse(readRepositoryFile('docker-compose.yml'), { merge: true }) as ComposeFile;
}

/** Volumes in the short form `source:target[:ro]`; a source that begins with `./` is a path of the repository. */
export function mountsOf(service: Service): Mount[] {
  return (service.volumes ?? []).map((text) => {
    const [source = '', target = '', mode] = text.split(':');
    return { source, target, readOnly: mode === 'ro' };
  });
}
