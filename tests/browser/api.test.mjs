// The OpenAPI description is valid, and the responses match it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import Ajv from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { example, served } from './world.mjs';

let world, server, description;
before(async () => {
  world = example('en');
  server = await served(world.world);
  description = await (await fetch(new URL('api/v1/openapi.json', server.address))).json();
});
after(() => server?.end());

test('the description is valid OpenAPI 3.1', async () => {
  const result = await new Validator().validate(structuredClone(description));
  assert.ok(result.valid, JSON.stringify(result.errors));
});

test('every response matches its schema', async () => {
  const ajv = new Ajv({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema({ $id: 'api', ...description });
  const run = 'credit-default/20261014T000000Z_20261015T000000Z';
  let checked = 0;
  for (const [path, { get }] of Object.entries(description.paths)) {
    const address = path.replace('{id}', run).replace('{address}', `${run}/report.html`);
    const response = await fetch(new URL(address.slice(1), server.address));
    const documented = get.responses[response.status];
    assert.ok(documented, `${path} returned ${response.status}`);
    const [kind] = Object.keys(documented.content ?? {});
    if (!kind) continue;
    assert.ok(response.headers.get('content-type').startsWith(kind), path);
    if (kind !== 'application/json') continue;
    const pointer = path.replaceAll('~', '~0').replaceAll('/', '~1');
    const validate = ajv.compile({ $ref: `api#/paths/${encodeURIComponent(pointer)}/get/responses/200/content/application~1json/schema` });
    assert.ok(validate(await response.json()), `${path}: ${JSON.stringify(validate.errors?.slice(0, 5))}`);
    checked += 1;
  }
  assert.ok(checked >= 5);
  // The schemas must not accept everything.
  const validate = ajv.compile({ $ref: 'api#/components/schemas/Run' });
  assert.ok(!validate({ id: 'x' }));
  const lists = [['runs', 'Run'], ['models', 'Model']];
  for (const [list, schema] of lists) {
    const [one] = (await (await fetch(new URL(`api/v1/${list}`, server.address))).json())[list];
    assert.deepEqual(Object.keys(one).sort(), description.components.schemas[schema].required.toSorted());
  }
});

test('invalid requests are rejected as described', async () => {
  for (const [path, status] of [['api/v1/runs?limit=0', 400], ['api/v1/runs/x', 400], ['api/v1/runs/x/20261014T000000Z_20261015T000000Z', 404]]) {
    const response = await fetch(new URL(path, server.address));
    assert.equal(response.status, status, path);
  }
});
