import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createResource } from '../../../src/telemetry/resource.ts';

const base = { instanceId: 'instance-1', version: '0.1.0', fromEnvironment: {} };

test('the service is called after the live one, so that its numbers are never mixed with it', () => {
  const { attributes } = createResource({ ...base, liveName: 'orders' });
  assert.equal(attributes['service.name'], 'orders-twinspan');
  assert.equal(attributes['service.version'], '0.1.0');
  assert.equal(attributes['service.instance.id'], 'instance-1');
  assert.equal(attributes['telemetry.sdk.language'], 'nodejs');
});

test('without a live name the service is twinspan', () => {
  assert.equal(createResource(base).attributes['service.name'], 'twinspan');
});

test('what operators set stands over what twinspan would say', () => {
  const fromEnvironment = { 'service.name': 'edge', 'deployment.environment.name': 'staging' };
  const { attributes } = createResource({ ...base, liveName: 'orders', fromEnvironment });
  assert.equal(attributes['service.name'], 'edge');
  assert.equal(attributes['deployment.environment.name'], 'staging');
});
