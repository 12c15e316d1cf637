import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Api } from '../fixtures/api';
import { ROOT, type Server } from '../fixtures/server';
import { expect, test } from '../fixtures/test';

const PACKAGE = join(ROOT, 'end2end/node_modules/emoji-datasource-twitter');
const IMAGES = join(PACKAGE, 'img/twitter/64');
const LABELS = join(PACKAGE, 'emoji.json');
const EXAMPLE = JSON.parse(readFileSync(join(ROOT, 'examples/dataset_build.json'), 'utf8'));

/** What the example should find in a folder, found by other means. */
interface Expected {
  files: number;
  bytes: number;
  /** Of every valid image: its content's hash to the first file that has it. */
  unique: Map<string, string>;
  valid: number;
}

const SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');
const END = Buffer.from('0000000049454e44ae426082', 'hex');

function isWholePng(content: Buffer): boolean {
  if (content.length < 45 || !content.subarray(0, 8).equals(SIGNATURE)) return false;
  if (content.toString('latin1', 12, 16) !== 'IHDR' || !content.subarray(-12).equals(END)) return false;
  return content.readUInt32BE(16) > 0 && content.readUInt32BE(20) > 0;
}

function lookAt(folder: string): Expected {
  const expected: Expected = { files: 0, bytes: 0, unique: new Map(), valid: 0 };
  for (const file of readdirSync(folder).sort()) {
    const content = readFileSync(join(folder, file));
    expected.files += 1;
    expected.bytes += content.length;
    if (!isWholePng(content)) continue;
    expected.valid += 1;
    const hash = createHash('sha256').update(content).digest('hex');
    if (!expected.unique.has(hash)) expected.unique.set(hash, file);
  }
  return expected;
}

/** The names and categories of the package's own list. */
function labels(): Map<string, string> {
  const found = new Map<string, string>();
  interface Emoji {
    image: string;
    short_name: string;
    category: string;
    skin_variations?: Record<string, { image: string }>;
  }
  for (const emoji of JSON.parse(readFileSync(LABELS, 'utf8')) as Emoji[]) {
    const images = [emoji, ...Object.values(emoji.skin_variations ?? {})];
    for (const { image } of images) found.set(image, `"${emoji.short_name}","${emoji.category}"`);
  }
  return found;
}

async function build(api: Api, images: string, dataset: string): Promise<number> {
  return api.run(EXAMPLE, { parameters: { images, labels: LABELS, dataset } });
}

/** Asserts that outputs, images and manifest say what the folder holds. */
async function holds(api: Api, id: number, dataset: string, images: string): Promise<void> {
  const expected = lookAt(images);
  const { files, bytes, valid, unique } = expected;
  expect(await api.output(id, 0)).toEqual({ count: files, bytes });
  expect(await api.output(id, 1)).toEqual({ valid, invalid: files - valid });
  expect(await api.output(id, 2)).toEqual({ unique: unique.size, duplicates: valid - unique.size });
  expect(await api.output(id, 3)).toMatchObject({ labeled: unique.size });
  const stored = join(dataset, 'images');
  const kept = lookAt(stored);
  expect(await api.output(id, 4)).toEqual({ stored: unique.size, bytes: kept.bytes });
  expect(new Set(kept.unique.keys())).toEqual(new Set(unique.keys()));
  expect(kept.files).toBe(unique.size);

  const names = labels();
  const manifest = readFileSync(join(dataset, 'manifest.csv'), 'utf8').trimEnd().split('\n');
  expect(manifest.shift()).toBe('file,sha256,bytes,label,category');
  const rows = [...unique].map(([hash, file]) => {
    const { length } = readFileSync(join(images, file));
    const label = names.get(file) ?? `"${file.replace(/\.png$/, '')}",""`;
    return `"${file}",${hash},${length},${label}`;
  });
  expect(manifest.sort()).toEqual(rows.sort());
}

test('the dataset example builds a dataset from the real images, and its counts are true', async ({
  api,
  server,
}) => {
  const dataset = server.path('dataset');
  const id = await build(api, IMAGES, dataset);
  const progress = await api.reaches(id, 'completed', 80_000);
  expect(progress.tasks.map((task) => task.name)).toEqual([
    'Download', 'Validate', 'Deduplicate', 'Label', 'Store',
  ]);
  expect(lookAt(IMAGES).files).toBeGreaterThan(3_700);
  await holds(api, id, dataset, IMAGES);
});

/** A folder of good, repeated and broken images with names that shells trip over. */
function troublesome(server: Server): string {
  const folder = server.path('images $(touch bad) "; x');
  mkdirSync(folder);
  const good = readdirSync(IMAGES).slice(0, 40);
  for (const file of good) copyFileSync(join(IMAGES, file), join(folder, file));
  const first = join(IMAGES, good[0] ?? '');
  for (const name of ['-n.png', '--help.png', '$HOME `id`.png', "it's a copy.png"]) {
    copyFileSync(first, join(folder, name));
  }
  writeFileSync(join(folder, 'cut short.png'), readFileSync(first).subarray(0, 300));
  writeFileSync(join(folder, 'empty.png'), '');
  writeFileSync(join(folder, 'text.png'), 'this is no image, whatever its name says; it is only text');
  return folder;
}

test('broken images are left out and names that shells trip over do no harm', async ({ api, server }) => {
  const images = troublesome(server);
  const dataset = server.path('data set; touch worse');
  const id = await build(api, images, dataset);
  await api.reaches(id, 'completed');
  await holds(api, id, dataset, images);
  const told = (await api.log(id, 1)).map((line) => line.text);
  for (const file of ['cut short.png', 'empty.png', 'text.png']) {
    expect(told).toContain(`not a whole PNG image: ${file}`);
  }
});

test('the example recovers from any of its steps to the same dataset', async ({ api, server }) => {
  const images = troublesome(server);
  const dataset = server.path('dataset');
  // A file where the images belong makes the last step fail.
  mkdirSync(join(dataset, 'images'), { recursive: true });
  mkdirSync(join(dataset, 'manifest.csv', 'in the way'), { recursive: true });
  const id = await api.run(
    { ...EXAMPLE, steps: EXAMPLE.steps.map((step: object) => ({ ...step, max_retries: 0 })), max_recovery_attempts: 10 },
    { parameters: { images, labels: LABELS, dataset } },
  );
  expect((await api.reaches(id, 'failed')).current_step).toBe(4);
  for (const from_step of [4, 3, 2, 1, 0]) {
    await api.act(id, 'recover', { from_step });
    expect((await api.reaches(id, 'failed')).current_step).toBe(4);
  }
  rmSync(join(dataset, 'manifest.csv'), { recursive: true });
  await api.act(id, 'recover', { from_step: 4 });
  const progress = await api.reaches(id, 'completed');
  expect(progress.recovery_attempts).toBe(6);
  await holds(api, id, dataset, images);
});

test('the same example runs from the command line with a data folder of its own', async ({ server }) => {
  const dataset = server.path('dataset');
  const words = ['run', join(ROOT, 'examples/dataset_build.json')];
  for (const [name, value] of Object.entries({ images: IMAGES, labels: LABELS, dataset })) {
    words.push('--parameter', `${name}=${value}`);
  }
  const busy = await server.command(words);
  expect(busy.code).toBe(3);
  await server.terminate();
  const ended = await server.command(words);
  expect(ended.code, ended.stderr).toBe(0);
  expect(lookAt(join(dataset, 'images')).files).toBe(lookAt(IMAGES).unique.size);
  await server.start();
});
