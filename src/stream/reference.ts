/**
 * Envoy's service as its own .proto files define it, loaded by @grpc/proto-loader: the method that the server
 * offers, the serializer of its answers, and the reference decoder against which the scanner is tested. Nothing
 * of it runs for a message of an exchange.
 */
import { fileURLToPath } from 'node:url';

import { loadSync, type MethodDefinition, type ServiceDefinition } from '@grpc/proto-loader';

// src/stream/reference.ts and dist/src/stream/reference.js are both two folders below proto/.
const protoFolder = fileURLToPath(new URL('../../proto', import.meta.url));

/** Full name of Envoy's service; the health service answers for it, too. */
export const serviceName = 'envoy.service.ext_proc.v3.ExternalProcessor';

/** `Process`: field names as in the .proto files, enums and longs as text, `request` names the part that is set. */
export const processMethod: MethodDefinition<object, object> = loadProcessMethod();

function loadProcessMethod(): MethodDefinition<object, object> {
  const packages = loadSync('envoy/service/ext_proc/v3/external_processor.proto', {
    keepCase: true,
    longs: String,
    enums: String,
    oneofs: true,
    includeDirs: [protoFolder],
  });
  const service = packages[serviceName] as ServiceDefinition;
  return service['Process']!;
}
