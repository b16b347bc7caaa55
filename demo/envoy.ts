/**
 * Starts a real Envoy with a configuration and tells where it listens. Ports given as 0 are chosen by Envoy and read
 * from its admin interface, so nothing has to be guessed.
 */

import { readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';

import { startProcess, type RunningProcess } from './child-process.ts';
import type { Address, JsonObject } from './envoy-config.ts';
import { getJson } from './http-json.ts';

/** What to run and where its files go. */
export type EnvoyOptions = {
  readonly binary: string;
  readonly config: JsonObject;
  /** Existing folder for `envoy.json`, `envoy.log` and `envoy-admin-address`. */
  readonly directory: string;
  /** Worker threads. */
  readonly concurrency?: number;
};

/** A running Envoy. */
export type Envoy = {
  readonly process: RunningProcess<true>;
  readonly configPath: string;
  /** Bound address of the admin interface. */
  readonly admin: Address;
  /** Bound addresses of the listeners by name. */
  readonly listeners: Readonly<Record<string, Address>>;
  stop(): Promise<void>;
};

type ListenersAnswer = {
  readonly listener_statuses: readonly {
    readonly name: string;
    readonly local_address: {
      readonly socket_address: { readonly address: string; readonly port_value: number };
    };
  }[];
};

/** Starts Envoy; resolves when its workers take connections. Throws `ProcessFailure` with the end of its log. */
export async function startEnvoy(options: EnvoyOptions): Promise<Envoy> {
  const configPath = join(options.directory, 'envoy.json');
  const adminAddressPath = join(options.directory, 'envoy-admin-address');
  await writeFile(configPath, `${JSON.stringify(options.config, undefined, 2)}\n`);
  await rm(adminAddressPath, { force: true });
  const process = await startProcess<true>({
    name: 'Envoy',
    command: options.binary,
    args: [
      '-c',
      configPath,
      '--admin-address-path',
      adminAddressPath,
      '--concurrency',
      String(options.concurrency ?? 2),
      // Several Envoys on one machine would otherwise share memory by their base id.
      '--disable-hot-restart',
    ],
    logPath: join(options.directory, 'envoy.log'),
    ready: (line) => (line.includes('starting workers') ? true : undefined),
  });
  try {
    const admin = (await readFile(adminAddressPath, 'utf8')).trim();
    const answer = (await getJson(`http://${admin}/listeners?format=json`)) as ListenersAnswer;
    const listeners: Record<string, Address> = {};
    for (const { name, local_address } of answer.listener_statuses) {
      const { address, port_value } = local_address.socket_address;
      listeners[name] = `${address}:${port_value}`;
    }
    return { process, configPath, admin, listeners, stop: async () => void (await process.stop()) };
  } catch (error) {
    await process.stop();
    throw error;
  }
}

/**
 * A loopback port that was free a moment ago, for the one listener whose port somebody must know before Envoy runs
 * (twinspan's way out to the shadow). Another process can take it in between; Envoy then says so and ends.
 */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
