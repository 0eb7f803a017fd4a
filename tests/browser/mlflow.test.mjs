// What MLflow's own pages show of vigie's runs, in Chromium: the figures on the model's page, the report among the artefacts.
//
// VIGIE_MLFLOW_PYTHON names a Python with crates/mlflow/tests/requirements.txt, whose server is started. VIGIE_SHOTS: a folder
// for pictures of both pages.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { chromium } from 'playwright-core';
import { World, root } from './world.mjs';

const python = process.env.VIGIE_MLFLOW_PYTHON;
const shots = process.env.VIGIE_SHOTS;
const name = 'credit-default';
const address = `models:/${name}@champion`;
const days = [1, 2, 3, 4, 5];
let server, url, browser, world, model, report, experiment;

const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

function freePort() {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.listen(0, '127.0.0.1', () => { const { port } = probe.address(); probe.close(() => resolve(port)); });
  });
}

/** Starts MLflow with its data in the world's folder. */
async function startServer() {
  const port = await freePort();
  const log = openSync(world.path('server.log'), 'w');
  const args = ['-m', 'mlflow', 'server', '--host', '127.0.0.1', '--port', `${port}`, '--workers', '1', '--serve-artifacts',
    '--backend-store-uri', `sqlite:///${world.path('mlflow.db')}`, '--artifacts-destination', world.path('artifacts')];
  const env = { ...process.env, PATH: `${dirname(python)}:${process.env.PATH}`, MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false', MLFLOW_DISABLE_TELEMETRY: 'true' };
  server = spawn(python, args, { cwd: world.folder, env, stdio: ['ignore', log, log], detached: true });
  url = `http://127.0.0.1:${port}`;
  for (let attempt = 0; attempt < 600; attempt += 1) {
    const isUp = await fetch(`${url}/version`).then((reply) => reply.ok, () => false);
    if (isUp) return;
    await sleep(200);
  }
  assert.fail(`the server does not start: ${readFileSync(world.path('server.log'), 'utf8')}`);
}

const get = async (call) => (await fetch(`${url}/api/2.0/mlflow/${call}`)).json();

/** Opens a page of MLflow, and keeps the errors of its console. */
async function open(path) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  const errors = [];
  page.on('console', (message) => { if (message.type() === 'error') errors.push(`${message.location().url}: ${message.text()}`); });
  page.on('pageerror', (error) => errors.push(`${error.message}\n${error.stack}`));
  await page.goto(`${url}/#${path}`);
  return { page, errors };
}

/** A picture without MLflow's assistant, which covers a third of the page. */
async function shoot(page, file) {
  if (!shots) return;
  const close = page.getByRole('button', { name: 'Close', exact: true });
  if (await close.count()) await close.first().click();
  await sleep(500);
  await page.screenshot({ path: join(shots, file) });
}

const plain = (text) => text.replaceAll('\u00a0', ' ');

describe('MLflow’s pages', { skip: !python && 'NOT RUN: set VIGIE_MLFLOW_PYTHON' }, () => {
  before(async () => {
    world = new World();
    await startServer();
    const example = join(root, 'reference_data/home_credit');
    // The model's page states the script and the user that logged it.
    copyFileSync(join(root, 'crates/mlflow/tests/real_driver.py'), world.path('train.py'));
    const driver = [world.path('train.py'), 'example', join(example, 'model.cbm'), join(example, 'reference.parquet'), world.folder];
    const environment = { ...process.env, MLFLOW_TRACKING_URI: url, XDG_CACHE_HOME: world.path('cache'), GIT_PYTHON_REFRESH: 'quiet', LOGNAME: 'risk', MLFLOW_HTTP_REQUEST_TIMEOUT: '120' };
    Object.assign(process.env, environment);
    const registered = execFileSync(python, driver, { cwd: world.folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    model = JSON.parse(registered.trim().split('\n').at(-1));
    world.vigie('learn', '--data', join(example, 'reference.parquet'), '--model', address, '--target', 'TARGET', '--probability', 'probability', '--holdout', 'yes', '--out', 'reference.vigie', '--register');
    world.write('vigie.yaml', `model: {name: ${name}, file: "${address}"}\nreference: "${address}"\nmlflow: {tracking_uri: "${url}", tracking: true}
source:
  path: ${example}/log
  where: {endpoint: /predict}
  fields: {timestamp: ts, features: inputs, probability: outputs.proba_default, decision: outputs.decision, latency_ms: latency_ms, status: status_code, error: error, id: request_id}
reports: {dir: reports}\n`);
    const date = (day) => `2026-10-${String(day).padStart(2, '0')}`;
    for (const day of days) world.check('vigie.yaml', date(day), date(day + 1));
    const last = days.at(-1);
    report = world.report(name, `202610${String(last).padStart(2, '0')}T000000Z_202610${String(last + 1).padStart(2, '0')}T000000Z`);
    experiment = (await get(`experiments/get-by-name?experiment_name=${encodeURIComponent(`vigie/${name}`)}`)).experiment.experiment_id;
    browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
    if (shots) mkdirSync(shots, { recursive: true });
  });
  after(async () => {
    await browser?.close();
    if (server) process.kill(-server.pid, 'SIGTERM');
  });

  test('the model’s page shows vigie’s figures', async () => {
    const { page } = await open(`/experiments/${model.experiment_id}/models/${model.model_id}`);
    for (const figure of ['drift/share', 'score/psi', 'rows', 'latency/p95_ms']) {
      await page.getByText(figure, { exact: true }).first().waitFor({ timeout: 60_000 });
    }
    const value = report.json.window.rows_used;
    assert.ok(plain(await page.locator('body').innerText()).includes(`${value}`), `the page does not show ${value} rows`);
    await shoot(page, 'mlflow-model.png');
    await page.close();
  });

  test('the report is shown among the artefacts of its run', async () => {
    const found = await fetch(`${url}/api/2.0/mlflow/runs/search`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ experiment_ids: [experiment], filter: `attributes.run_name = '${report.address.split('/')[2]}'` }),
    });
    const [run] = (await found.json()).runs;
    const { page, errors } = await open(`/experiments/${experiment}/runs/${run.info.run_id}/artifacts/report.html`);
    const frame = page.frameLocator('iframe').first();
    await frame.locator('h1').first().waitFor({ timeout: 60_000 });
    const title = plain(await frame.locator('h1').first().innerText());
    const own = await browser.newPage();
    await own.goto(report.url);
    assert.equal(title, plain(await own.locator('h1').first().innerText()));
    assert.equal(await frame.locator('#findings').count(), 1);
    // Errors of MLflow's own scripts are not ours.
    const ours = errors.filter((error) => /about:srcdoc|blob:|report\.html|Content Security Policy/.test(error));
    assert.deepEqual(ours, []);
    await shoot(page, 'mlflow-report.png');
    await page.close();
    await own.close();
  });
});
