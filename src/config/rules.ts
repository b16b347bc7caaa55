/**
 * The rules that span several keys. Each names the keys that it looks at and is asked only when those were
 * read without a problem, so that one slip never hides another and never causes a second, misleading error.
 */
import type { Breach } from './breach.ts';
import {
  answersAt,
  isLoopbackHost,
  parseListenAddress,
  thisMachine,
  type Machine,
} from './listen-address.ts';
import type { Path } from './path.ts';
import { routeRules } from './route-rules.ts';
import type { StatedConfig } from './schema.ts';

interface Rule {
  /** Keys, dotted. */
  readonly uses: readonly string[];
  readonly check: (config: StatedConfig, machine: Machine) => Breach | undefined;
}

/**
 * All broken rules of a configuration that may have problems elsewhere: `isSound` tells of a path whether
 * what stands there, and below, was read without one. `machine` is where the configuration is to be used.
 */
export function breachesOf(
  config: StatedConfig,
  isSound: (path: Path) => boolean,
  machine: Machine = thisMachine(),
): Breach[] {
  const sound = (key: string, base: Path = []) => isSound([...base, ...key.split('.')]);
  const breaches = rules
    .filter((rule) => rule.uses.every((key) => sound(key)))
    .map((rule) => rule.check(config, machine));
  if (Array.isArray(config?.routes)) {
    for (const [index, route] of config.routes.entries()) {
      const at: Path = ['routes', index];
      for (const rule of routeRules) {
        const applies =
          rule.uses.every((key) => sound(key, at)) && rule.and.every((key) => sound(key));
        if (applies) breaches.push(rule.check(route, config, at));
      }
    }
  }
  for (const [name, segment] of Object.entries(config?.segments ?? {})) {
    const path: Path = ['segments', name];
    if (isSound(path)) breaches.push(checkSegment(segment, path));
  }
  return breaches.filter((breach) => breach !== undefined);
}

const rules: readonly Rule[] = [
  {
    uses: ['listen', 'insecure'],
    check({ listen, insecure }) {
      if (insecure || isOnlyHere(listen.address)) return undefined;
      if (listen.tls === undefined) {
        return {
          path: ['listen'],
          message:
            'reaches beyond this machine without TLS: give listen an address and tls, or listen on loopback or a Unix socket, or state insecure: true',
        };
      }
      if (listen.tls.clientCaFile !== undefined) return undefined;
      return {
        path: ['listen', 'tls'],
        message:
          'reaches beyond this machine and asks no client who it is, so that any machine could have twinspan send what it likes to the shadow: set listen.tls.clientCaFile, so that only an Envoy with a certificate of it is served, or listen on loopback or a Unix socket, or state insecure: true',
      };
    },
  },
  {
    uses: ['listen'],
    check({ listen: { tls } }) {
      if (tls === undefined || tls.allowedSans.length === 0 || tls.clientCaFile !== undefined) {
        return undefined;
      }
      return {
        path: ['listen', 'tls', 'allowedSans'],
        message:
          'has no effect without listen.tls.clientCaFile, by which client certificates are verified',
      };
    },
  },
  {
    uses: ['admin.listen', 'admin.tokenFile'],
    check({ admin: { listen, tokenFile } }) {
      if (tokenFile !== undefined || isOnlyHere(listen)) return undefined;
      return {
        path: ['admin', 'listen'],
        message:
          'reaches beyond this machine and shows pairs: set admin.tokenFile, or listen on loopback (metrics and health have ops.listen)',
      };
    },
  },
  {
    uses: ['intake'],
    check({ intake }) {
      if (intake === undefined || intake.tokenFile !== undefined || isOnlyHere(intake.listen)) {
        return undefined;
      }
      return {
        path: ['intake', 'listen'],
        message: 'reaches beyond this machine: set intake.tokenFile, or listen on loopback',
      };
    },
  },
  {
    uses: ['shadow.tls.certFile', 'shadow.tls.keyFile'],
    check({ shadow: { tls } }) {
      if (tls === undefined || (tls.certFile === undefined) === (tls.keyFile === undefined)) {
        return undefined;
      }
      return {
        path: ['shadow', 'tls'],
        message: 'needs certFile and keyFile together, or neither',
      };
    },
  },
  targetRule('shadow'),
  targetRule('control'),
  {
    uses: ['verdict.mode'],
    check({ verdict: { mode }, routes }) {
      const index = Array.isArray(routes)
        ? routes.findIndex((route) => route?.prediction !== undefined)
        : -1;
      if (mode !== undefined || index === -1) return undefined;
      return {
        path: ['verdict', 'mode'],
        message: `must be stated, because routes[${index}] has a prediction: equivalence rejects any model that is really new, since its answers differ; noninferior asks whether it is no worse`,
      };
    },
  },
];

function checkSegment(
  { header, request }: StatedConfig['segments'][string],
  path: Path,
): Breach | undefined {
  if ((header === undefined) !== (request === undefined)) return undefined;
  return {
    path,
    message: 'needs either header or request, which say where the segment stands',
  };
}

/** A target that is twinspan or Envoy's admin would be a loop, or would let customers reach that interface. */
function targetRule(target: 'shadow' | 'control'): Rule {
  return {
    uses: [`${target}.url`, 'listen', 'admin.listen', 'ops.listen', 'envoy.adminUrl', 'intake'],
    check(config, machine) {
      const url = config[target]?.url;
      if (url === undefined) return undefined;
      const { host, port } = endpointOf(url);
      const own = {
        listen: config.listen.address,
        'admin.listen': config.admin.listen,
        'ops.listen': config.ops.listen,
        'intake.listen': config.intake?.listen,
      };
      for (const [key, text] of Object.entries(own)) {
        const address = text === undefined ? undefined : parseListenAddress(text);
        if (address?.kind === 'value' && answersAt(address.value, host, port, machine)) {
          return {
            path: [target, 'url'],
            message: `is twinspan itself (${key}): name the service that requests are to go to`,
          };
        }
      }
      const { adminUrl } = config.envoy;
      if (adminUrl === undefined) return undefined;
      if (!answersAt({ kind: 'tcp', ...endpointOf(adminUrl) }, host, port, machine)) {
        return undefined;
      }
      return {
        path: [target, 'url'],
        message: "is Envoy's admin interface (envoy.adminUrl), which customers must not reach",
      };
    },
  };
}

function endpointOf(url: string): { host: string; port: number } {
  const { hostname, port, protocol } = new URL(url);
  return { host: hostname, port: Number(port || (protocol === 'https:' ? 443 : 80)) };
}

function isOnlyHere(text: string): boolean {
  const address = parseListenAddress(text);
  if (address.kind === 'problem') return false;
  return address.value.kind === 'unix' || isLoopbackHost(address.value.host);
}
