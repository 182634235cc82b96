import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('..', import.meta.url));

test('the package has the code, its types and what a reader needs, and can be installed and imported', (t) => {
  const target = mkdtempSync(join(tmpdir(), 'orleans-bosh-client-'));
  t.after(() => rmSync(target, { recursive: true }));
  const npm = (...parameters) => execFileSync('npm', [...parameters, '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: target, encoding: 'utf8' });
  const [packed] = JSON.parse(npm('pack', folder, '--json'));
  const files = packed.files.map(({ path }) => path);
  for (const file of ['LICENSE', 'README.md', 'package.json', 'dist/index.js', 'dist/index.d.ts']) assert.ok(files.includes(file), `${file} is missing`);
  assert.deepEqual(files.filter((file) => !/^(LICENSE|README\.md|package\.json|dist\/[\w-]+(\.js|\.d\.ts))$/.test(file)), []);

  npm('init', '--yes');
  npm('install', '--offline', packed.filename);
  const exported = execFileSync('node', ['--input-type=module', '--eval', "console.log(Object.keys(await import('orleans-bosh-client')).join())"], {
    cwd: target, encoding: 'utf8',
  });
  assert.match(exported, /BoshTransport,NodeList,/);
});
