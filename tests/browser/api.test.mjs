// The description of the API is a valid OpenAPI document, and what is served is as it says.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import Ajv from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { example, served } from './world.mjs';

let world, server, described;
before(async () => {
  world = example('en');
  server = await served(world.world);
  described = await (await fetch(new URL('api/v1/openapi.json', server.address))).json();
});
after(() => server?.end());

test('the description is valid OpenAPI 3.1', async () => {
  const result = await new Validator().validate(structuredClone(described));
  assert.ok(result.valid, JSON.stringify(result.errors));
});

test('every answer is as it is described', async () => {
  const ajv = new Ajv({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema({ $id: 'api', ...described });
  const run = 'credit-default/20261014T000000Z_20261015T000000Z';
  let checked = 0;
  for (const [path, { get }] of Object.entries(described.paths)) {
    const address = path.replace('{id}', run).replace('{address}', `${run}/report.html`);
    const response = await fetch(new URL(address.slice(1), server.address));
    const told = get.responses[response.status];
    assert.ok(told, `${path} answers ${response.status}`);
    const [kind] = Object.keys(told.content ?? {});
    if (!kind) continue;
    assert.ok(response.headers.get('content-type').startsWith(kind), path);
    if (kind !== 'application/json') continue;
    const pointer = path.replaceAll('~', '~0').replaceAll('/', '~1');
    const fits = ajv.compile({ $ref: `api#/paths/${encodeURIComponent(pointer)}/get/responses/200/content/application~1json/schema` });
    assert.ok(fits(await response.json()), `${path}: ${JSON.stringify(fits.errors?.slice(0, 5))}`);
    checked += 1;
  }
  assert.ok(checked >= 5);
  // A description that takes everything would be none.
  const fits = ajv.compile({ $ref: 'api#/components/schemas/Run' });
  assert.ok(!fits({ id: 'x' }));
  const lists = [['runs', 'Run'], ['models', 'Model']];
  for (const [list, schema] of lists) {
    const [one] = (await (await fetch(new URL(`api/v1/${list}`, server.address))).json())[list];
    assert.deepEqual(Object.keys(one).sort(), described.components.schemas[schema].required.toSorted());
  }
});

test('what cannot be asked for is refused as described', async () => {
  for (const [path, status] of [['api/v1/runs?limit=0', 400], ['api/v1/runs/x', 400], ['api/v1/runs/x/20261014T000000Z_20261015T000000Z', 404]]) {
    const response = await fetch(new URL(path, server.address));
    assert.equal(response.status, status, path);
  }
});
