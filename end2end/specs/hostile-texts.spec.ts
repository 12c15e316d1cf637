import { shell } from '../fixtures/definitions';
import { Builder, WorkflowPage } from '../fixtures/pages';
import { expect, test } from '../fixtures/test';

/** Texts that become markup or end a script where somebody forgot to escape them. */
const HOSTILE = [
  '</title><svg onload="window.hacked = 1">',
  '</textarea><script>window.hacked = 1</script>',
  '</script><script>window.hacked = 1</script>',
  '<img src=x onerror="window.hacked = 1">',
  '"><svg onload="window.hacked = 1">',
  "'; window.hacked = 1; //",
  '<!--<script>',
  '\u2028window.hacked = 1\u2029',
  '{{ parameters.text }}',
  '\u202eevil',
];

const isUnharmed = 'hacked' as const;

// The fixture of `page` fails each of these tests on any complaint of the browser: a script error,
// a dialog, a breach of the content policy or a request to another site.
test.afterEach(async ({ page }) => {
  expect(await page.evaluate((name) => name in window, isUnharmed)).toBe(false);
});

test('hostile names, logs, errors and outputs are shown as they are', async ({ api, signedIn: page }) => {
  const text = HOSTILE.filter((one) => !one.includes('{{') && !one.includes('\u2028')).join(' ').slice(0, 190);
  const script = 'printf "%s\\n" "$TEXT"; printf "%s\\n" "$TEXT" >&2; [ "$FAIL" = no ] || exit 3; printf "%s" "$JSON" >"$JOB_ORCHESTRATOR_OUTPUT"';
  const env = { TEXT: text, JSON: JSON.stringify({ [text]: text }) };
  const definition = {
    name: text,
    steps: [
      shell(text, script, {}, { ...env, FAIL: 'no' }),
      shell('Fails', script, { dependencies: [0] }, { ...env, FAIL: 'yes' }),
    ],
  };
  const saved = (await api.post('/definitions', definition)).body.definition_id;
  const { workflow_id: id } = (await api.post('/workflows', { definition: saved, start: true, metadata: { [text]: text } })).body;
  const failed = await api.reaches(id, 'failed');
  expect(failed.tasks[1]?.error_message).toContain('</script><script>');

  const workflow = new WorkflowPage(page);
  await workflow.open(id);
  await expect(page.locator('.error-card .error-text')).toContainText('</script><script>');
  await expect(page.getByRole('heading', { level: 1 })).toContainText('</textarea><script>');
  // Escaped once: neither markup in the document, nor entities in the tab.
  await expect(page).toHaveTitle(new RegExp('</title><svg onload="window.hacked = 1">'));
  for (const path of [
    `/workflows/${id}?step=0`,
    `/workflows/${id}?step=1&log=all`,
    `/workflows/${id}/recover?from=1`,
    '/',
    '/workflows',
    '/definitions',
    `/definitions/${saved}`,
    `/definitions/${saved}/edit`,
    `/definitions/${saved}/start`,
  ]) {
    await page.goto(path);
    await expect(page.locator('body[data-hydrated="true"]'), path).toBeVisible();
    expect(await page.evaluate((name) => name in window, isUnharmed), path).toBe(false);
  }
});

test('hostile texts in every field of the builder come back as they were typed', async ({ api, signedIn: page }) => {
  const builder = new Builder(page);
  await builder.open();
  await builder.add('Command', 'x');
  const text = HOSTILE.slice(0, 5).join('\n');
  await builder.name.fill(HOSTILE[0] ?? '');
  await builder.stepName.fill(HOSTILE[1] ?? '');
  await builder.field('Program').fill(HOSTILE[2] ?? '');
  await builder.field('Arguments').fill(text);
  await builder.field('Standard input').fill(`\n${text}\n</textarea>`);
  await builder.field('Try again').fill('<b>many</b>');
  await builder.press('Save');
  await expect(page.locator('#problems')).toBeVisible();
  await expect(builder.field('Arguments')).toHaveValue(text);
  await builder.field('Try again').fill('1');
  await builder.press('Save');
  await page.waitForURL(/\/definitions\/1/);
  await page.goto('/definitions/1/edit');
  await builder.alive();
  await expect(builder.name).toHaveValue(HOSTILE[0] ?? '');
  await expect(builder.stepName).toHaveValue(HOSTILE[1] ?? '');
  await expect(builder.field('Arguments')).toHaveValue(text);
  await expect(builder.field('Standard input')).toHaveValue(`\n${text}\n</textarea>`);
  const { config } = (await api.get('/definitions/1')).body.steps[0];
  expect(config.args).toEqual(text.split('\n'));
  expect(config.stdin).toBe(`\n${text}\n</textarea>`);
});

test.describe(() => {
  // A filter that does not exist is answered 422, and browsers print that.
  test.use({ allowedComplaints: /422/ });

  test('hostile texts in the URL are only text', async ({ signedIn: page }) => {
    for (const text of HOSTILE) {
      const q = encodeURIComponent(text);
      for (const path of [`/workflows?q=${q}`, `/workflows?status=${q}`, `/login?name=${q}&problem=${q}&next=${q}`]) {
        await page.goto(path);
        await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
      }
    }
  });
});
