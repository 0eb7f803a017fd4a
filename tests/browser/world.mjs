// Report folders for the tests, created by the real program.
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));
const vigie = process.env.VIGIE ?? join(root, 'target/debug/vigie');
const server = process.env.VIGIE_SERVE ?? join(root, 'target/debug/examples/serve');

export class World {
  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), 'vigie-browser-'));
    process.on('exit', () => rmSync(this.folder, { recursive: true, force: true }));
  }
  path(...pieces) { return join(this.folder, ...pieces); }
  write(name, content) { mkdirSync(join(this.path(name), '..'), { recursive: true }); writeFileSync(this.path(name), content); }
  vigie(...args) { return execFileSync(vigie, args, { cwd: this.folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], maxBuffer: 1 << 28 }); }
  check(config, from, to) { return this.vigie('check', '--config', config, '--from', from, '--to', to); }
  report(model, window) {
    const folder = this.path('reports', model, window);
    return { file: join(folder, 'report.html'), url: pathToFileURL(join(folder, 'report.html')).href, address: `reports/${encodeURIComponent(model)}/${window}/report.html`, json: JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8')) };
  }
  /** Replays days of the example and returns the URL of the page. */
  replay(from, to) {
    this.vigie('replay', '--config', 'config/vigie.yaml', '--from', day(from), '--to', day(to));
    const range = `${window(from).split('_')[0]}_${window(to).split('_')[0]}`;
    return pathToFileURL(this.path('reports/credit-default/replay', range, 'summary.html')).href;
  }
  get index() { return pathToFileURL(this.path('reports/index.html')).href; }
}

const day = (n) => `2026-10-${String(n).padStart(2, '0')}`;
const window = (n) => `${day(n).replaceAll('-', '')}T000000Z_${day(n + 1).replaceAll('-', '')}T000000Z`;

function shipped(language) {
  const world = new World();
  mkdirSync(world.path('config'));
  symlinkSync(join(root, 'reference_data'), world.path('reference_data'));
  const config = readFileSync(join(root, 'config/vigie.yaml'), 'utf8');
  writeFileSync(world.path('config/vigie.yaml'), config.replace('# language: en ', `language: ${language} `));
  return world;
}

/** A day of the shipped example without records. */
export function withoutData(language) {
  const world = shipped(language);
  world.check('config/vigie.yaml', day(20), day(21));
  return world.report('credit-default', window(20));
}

/** The shipped example, checked day by day, in one language. */
export function example(language) {
  const world = shipped(language);
  for (const n of [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 14]) world.check('config/vigie.yaml', day(n), day(n + 1));
  return { world, last: world.report('credit-default', window(14)), down: world.report('credit-default', window(12)), calm: world.report('credit-default', window(13)) };
}

/** The example's further days, one cause each, checked in their order: each expected day with its report. */
export function incidents(language) {
  const world = new World();
  const config = 'config/examples/incidents.yaml';
  symlinkSync(join(root, 'reference_data'), world.path('reference_data'));
  const shipped = readFileSync(join(root, config), 'utf8');
  world.write(config, shipped.replace('reports: {dir: ../../reports}', `reports: {dir: ../../reports, language: ${language}}`));
  const { days } = JSON.parse(readFileSync(join(root, 'reference_data/home_credit/incidents/expected.json'), 'utf8'));
  return days.map((expected) => {
    world.check(config, expected.from, expected.to);
    return { expected, ...world.report('credit-default-later', window(Number(expected.date.slice(-2)))) };
  });
}

export const SCRIPT = `<script>document.title='owned';alert(1)</script>`;
export const LEVEL = `"><img src=https://evil.example/x onerror="document.title='owned'">`;

/** Hostile names, levels, error texts and file names. */
export function hostile() {
  const world = new World();
  const long = 'L'.repeat(10_000);
  const line = (row, drifted) => ({
    ts: `2026-10-01T${String(Math.floor(row / 60) % 24).padStart(2, '0')}:${String(row % 60).padStart(2, '0')}:00Z`,
    id: `${SCRIPT}${row}`,
    error: row % 40 === 0 ? LEVEL : null,
    version: drifted && row % 20 === 0 ? SCRIPT : '1',
    inputs: {
      [SCRIPT]: (row % 50) + (drifted ? 25 : 0),
      '\u202eEMOCNI\u001b[31m': (row % 7) + (drifted ? 4 : 0),
      "'--></style><script>x</script>": (row % 11) + (drifted ? 8 : 0),
      WORD: drifted && row % 2 === 0 ? LEVEL : 'usual',
      [long]: row % 90 === 0 ? LEVEL : row % 3,
    },
    p: 0.3,
  });
  const rows = (count, drifted) => Array.from({ length: count }, (_, row) => line(row, drifted));
  world.write('train.ndjson', rows(2_000, false).map((one) => JSON.stringify(one.inputs)).join('\n'));
  world.vigie('learn', '--data', 'train.ndjson', '--out', 'ref.vigie', '--categorical', 'WORD');
  world.write('log/a.ndjson', rows(1_200, true).map((one) => JSON.stringify(one)).join('\n'));
  world.write(`log/'"><script>.parquet`, 'not a Parquet file');
  world.write('vigie.yaml', `model: {name: "m<b> & 'co'", version: "1"}\nreference: ref.vigie\nsource:\n  path: log\n  fields: {timestamp: ts, features: inputs, probability: p, id: id, error: error, model_version: version}\npolicy: {min_rows: 100}\nreports: {dir: reports}\n`);
  world.check('vigie.yaml', day(1), day(2));
  return { world, last: world.report("m<b> & 'co'", window(1)) };
}

/** 1,658 features, a few of them drifted, with 30 windows. */
export function wide() {
  const world = new World();
  const names = Array.from({ length: 1_658 }, (_, place) => `FEATURE_OF_A_WIDE_TABLE_${place}`);
  let seed = 7;
  const random = () => (seed = (seed * 1103515245 + 12345) % 2147483648) / 2147483648;
  const table = (count, shift) => Array.from({ length: count }, () => names.map((_, place) => (random() * 100 + (place % 200 === 0 ? shift : 0)).toFixed(2)).join(','));
  world.write('train.csv', `${names.join(',')}\n${table(1_000, 0).join('\n')}\n`);
  world.vigie('learn', '--data', 'train.csv', '--out', 'ref.vigie');
  world.write('log/a.csv', `ts,${names.join(',')}\n${table(600, 30).map((row) => `2026-10-30T10:00:00Z,${row}`).join('\n')}\n`);
  world.write('vigie.yaml', 'model: {name: m, version: "1"}\nreference: ref.vigie\nsource:\n  path: log\n  fields: {timestamp: ts}\npolicy: {min_rows: 100}\nreports: {dir: reports}\n');
  world.check('vigie.yaml', day(30), day(31));
  for (let n = 1; n < 30; n += 1) cpSync(world.path('reports/m', window(30)), world.path('reports/m', window(n)), { recursive: true });
  world.check('vigie.yaml', day(30), day(31));
  return { world, last: world.report('m', window(30)) };
}

/** Serves the reports over HTTP with the headers and limits of the daemon. */
export async function served(world) {
  const child = spawn(server, [world.path('reports'), '127.0.0.1:0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const address = await new Promise((done, failed) => {
    child.stdout.once('data', (data) => done(String(data).trim()));
    child.once('exit', (code) => failed(new Error(`the server exited with ${code}`)));
  });
  return { address, end: () => child.kill() };
}

/** A day without answers of a bureau and with older applicants, checked against a reference with a data dictionary. */
export function described(language) {
  const world = new World();
  const inputs = (row, drifted) => ({
    AGE: 20 + ((row * 7) % 50) + (drifted ? 40 : 0),
    BUREAU_AMOUNT: drifted ? null : (row * 7919) % 900_000,
    BUREAU_OPEN: drifted ? null : row % 12,
    BUREAU_DAYS: drifted ? null : -((row * 31) % 900),
    JOB: ['clerk', 'driver', 'nurse'][row % 3],
    RATE: (row * 13) % 100,
  });
  const rows = (count, drifted) => Array.from({ length: count }, (_, row) => ({ ts: `2026-10-01T${String(row % 24).padStart(2, '0')}:00:00Z`, id: `r${row}`, p: (row % 90) / 100, inputs: inputs(row, drifted) }));
  const lines = (list) => list.map((one) => JSON.stringify(one)).join('\n');
  world.write('train.ndjson', lines(rows(2_000, false).map((one) => ({ ...one.inputs, p: one.p }))));
  world.write('dictionary.json', JSON.stringify({
    AGE: { sentence: `Age of the client ${SCRIPT} on the day of the application.`, unit: 'years', table: '<b>application</b>' },
    BUREAU_AMOUNT: { sentence: 'Sum over credits at other lenders of the amount of open credits.', unit: 'currency', table: 'bureau' },
    BUREAU_OPEN: { sentence: 'Number of open credits at other lenders.', unit: 'count', table: 'bureau' },
    BUREAU_DAYS: { sentence: 'Maximum over credits at other lenders of the days from the application to the last update, which may be long.', unit: 'days before the application, negative', table: 'bureau' },
    JOB: { sentence: 'x'.repeat(500), unit: 'y'.repeat(40), table: 'z'.repeat(80) },
  }));
  world.vigie('learn', '--data', 'train.ndjson', '--probability', 'p', '--out', 'ref.vigie', '--dictionary', 'dictionary.json');
  world.write('log/a.ndjson', lines(rows(600, true)));
  world.write('vigie.yaml', `model: {name: m}\nreference: ref.vigie\nsource:\n  path: log\n  fields: {timestamp: ts, features: inputs, probability: p, id: id}\npolicy: {min_rows: 100}\nreports: {dir: reports, language: ${language}}\n`);
  world.check('vigie.yaml', day(1), day(2));
  return world.report('m', window(1));
}
