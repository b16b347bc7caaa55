import assert from 'node:assert/strict';
import { test } from 'node:test';

import { envoy } from '../../../src/cli/envoy.ts';

test('both options are needed, and --for is one of four', async () => {
  await assert.rejects(envoy([]), { code: 'usage', message: 'envoy: --config is needed' });
  await assert.rejects(envoy(['--config', 'a.yaml']), { message: 'envoy: --for is needed' });
  await assert.rejects(envoy(['--config', 'a.yaml', '--for', 'nginx']), {
    code: 'usage',
    message: 'envoy: --for is "nginx"; it is one of static, istio, gateway, kubernetes',
  });
});
