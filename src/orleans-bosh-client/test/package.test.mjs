import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('..', import.meta.url));

let target;
let files;

before(() => {
  target = mkdtempSync(join(tmpdir(), 'orleans-bosh-client-'));
  const npm = (...parameters) => execFileSync('npm', [...parameters, '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: target, encoding: 'utf8' });
  const [packed] = JSON.parse(npm('pack', folder, '--json'));
  files = packed.files.map(({ path }) => path);
  npm('init', '--yes');
  npm('install', '--offline', packed.filename);
});

after(() => rmSync(target, { recursive: true }));

test('the package has the code, its types and what a reader needs, and can be imported', () => {
  for (const file of ['LICENSE', 'README.md', 'package.json', 'dist/index.js', 'dist/index.d.ts']) assert.ok(files.includes(file), `${file} is missing`);
  assert.deepEqual(files.filter((file) => !/^(LICENSE|README\.md|package\.json|dist\/[\w-]+(\.js|\.d\.ts))$/.test(file)), []);

  const exported = execFileSync('node', ['--input-type=module', '--eval', "console.log(Object.keys(await import('orleans-bosh-client')).join())"], {
    cwd: target, encoding: 'utf8',
  });
  assert.match(exported, /BoshTransport,NodeList,/);
});

test('the examples of the README fit the types, those of Strophe included', () => {
  const examples = [...readFileSync(join(folder, 'README.md'), 'utf8').matchAll(/^```js\n(.+?)^```/gms)].map(([, code]) => code);
  assert.equal(examples.length, 2);
  symlinkSync(join(folder, 'node_modules', 'strophe.js'), join(target, 'node_modules', 'strophe.js'));
  writeFileSync(join(target, 'examples.ts'), `
    import { Strophe } from 'strophe.js';
    declare const converse: any, password: string, onStatus: (status: number) => void, show: (text: string) => void;
    ${examples.join('\n')}`);
  const options = '--noEmit --strict --skipLibCheck --module esnext --moduleResolution bundler --target es2022 --lib es2022,dom'.split(' ');
  try {
    execFileSync('node', [join(folder, 'node_modules', 'typescript', 'bin', 'tsc'), ...options, 'examples.ts'], { cwd: target, encoding: 'utf8' });
  } catch (error) {
    assert.fail(error.stdout);
  }
});
