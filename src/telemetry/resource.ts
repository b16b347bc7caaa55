/** Who speaks: the OpenTelemetry resource of this process, the same on spans and metrics. */
import { defaultResource, resourceFromAttributes, type Resource } from '@opentelemetry/resources';
import {
  ATTR_SERVICE_INSTANCE_ID,
  ATTR_SERVICE_NAME,
  ATTR_SERVICE_VERSION,
} from '@opentelemetry/semantic-conventions';

export interface ResourceOptions {
  /** `live.name` of the configuration. */
  readonly liveName?: string | undefined;
  /** Unique among the replicas. */
  readonly instanceId: string;
  /** Of twinspan itself. */
  readonly version: string;
  /** What operators set stands over what twinspan would say. */
  readonly fromEnvironment: Readonly<Record<string, string>>;
}

export function createResource(options: ResourceOptions): Resource {
  const { liveName, instanceId, version, fromEnvironment } = options;
  return defaultResource().merge(
    resourceFromAttributes({
      [ATTR_SERVICE_NAME]: liveName === undefined ? 'twinspan' : `${liveName}-twinspan`,
      [ATTR_SERVICE_VERSION]: version,
      [ATTR_SERVICE_INSTANCE_ID]: instanceId,
      ...fromEnvironment,
    }),
  );
}
