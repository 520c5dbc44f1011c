// Usage: node scenarios.cjs URL CHROMIUM PLAYWRIGHT-CORE. Prints "SCENARIO: ok", or what is not as expected, for each.
"use strict";
const assert = require("node:assert/strict");
const [url, executablePath, playwright] = process.argv.slice(2);
const { chromium } = require(playwright);

const scenarios = {
  "typing-shows-completions": async page => {
    const input = page.getByRole("combobox", { name: "Search words" });
    assert.equal(await input.getAttribute("aria-expanded"), "false");
    await type(page, "the");
    assert.equal(await input.getAttribute("aria-expanded"), "true");
    assert.deepEqual((await texts(page)).slice(0, 3), ["the", "they", "their"]);
    assert.equal(await page.locator("#count").textContent(), "8 suggestions.");
    assert.ok(await page.getByRole("listbox", { name: "Suggestions" }).isVisible());
    await input.fill("");
    await page.getByRole("listbox").waitFor({ state: "hidden" });
  },

  "arrows-and-enter-choose": async page => {
    const input = page.getByRole("combobox");
    await type(page, "progra");
    const found = await texts(page);
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    assert.equal(await input.inputValue(), found[1]);
    const chosen = page.locator("[role=option][aria-selected=true]");
    assert.equal(await chosen.count(), 1);
    assert.equal(await input.getAttribute("aria-activedescendant"), await chosen.getAttribute("id"));
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("ArrowUp");
    assert.equal(await input.inputValue(), "progra"); // past the first: what was typed
    assert.equal(await input.getAttribute("aria-activedescendant"), null);
    await page.keyboard.press("ArrowUp");
    assert.equal(await input.inputValue(), found.at(-1)); // and round to the last
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.getByText(`You searched for ${found[0]}.`).waitFor();
    assert.ok(await page.getByRole("listbox").isHidden());
    assert.ok(await input.evaluate(element => element === document.activeElement));
  },

  "escape-closes-and-keeps-what-was-typed": async page => {
    const input = page.getByRole("combobox");
    await type(page, "hou");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Escape");
    assert.equal(await input.inputValue(), "hou");
    assert.ok(await page.getByRole("listbox").isHidden());
    assert.equal(await input.getAttribute("aria-expanded"), "false");
  },

  "a-click-chooses": async page => {
    await type(page, "hou");
    await page.getByRole("option", { name: "house", exact: true }).click();
    await page.getByText("You searched for house.").waitFor();
    assert.equal(await page.getByRole("combobox").inputValue(), "house");
  },

  "a-misspelling-finds-its-word": async page => {
    await page.getByRole("combobox").pressSequentially("progarm");
    await page.getByRole("option", { name: "program similar", exact: true }).waitFor();
  },

  "a-new-term-appears-after-it-was-searched": async page => {
    const input = page.getByRole("combobox");
    await input.pressSequentially("zyzzyva qwertzu");
    await page.keyboard.press("Enter");
    await page.getByText("You searched for zyzzyva qwertzu.").waitFor();
    for (const beginning of ["zyzzyva q", "qwertz"]) { // at the start of a word, too
      await input.fill("");
      await type(page, beginning);
      assert.ok((await texts(page)).includes("zyzzyva qwertzu"));
    }
  },

  "markup-in-a-term-stays-text": async page => {
    const term = "<img src=x onerror=alert(1)>";
    const input = page.getByRole("combobox");
    await input.fill(term);
    await page.keyboard.press("Enter");
    await page.getByText(`You searched for ${term}.`).waitFor();
    await input.fill("<im");
    await page.getByRole("option", { name: term, exact: true }).waitFor();
    assert.equal(await page.locator("img").count(), 0);
  },

  "an-overtaken-answer-is-dropped": async page => {
    // The answer for "q" is held back until that for "qu" is shown.
    const held = await hold(page, /suggest\?q=q$/);
    await type(page, "qu");
    const before = await texts(page);
    await held.release();
    assert.deepEqual(await texts(page), before);
    assert.ok(before.every(text => text.startsWith("qu")));
  },

  "an-answer-after-escape-or-a-choice-is-dropped": async page => {
    const input = page.getByRole("combobox");
    await type(page, "hou");
    const found = await texts(page);
    const held = await hold(page, /suggest\?q=hous$/);
    await input.press("s");
    await page.keyboard.press("ArrowDown");
    await held.release();
    assert.equal(await input.inputValue(), found[0]);
    assert.deepEqual(await texts(page), found);
    await page.keyboard.press("Escape");
    assert.equal(await input.inputValue(), "hous");
    const late = await hold(page, /suggest\?q=housi$/);
    await input.press("i");
    await page.keyboard.press("Escape");
    await late.release();
    assert.ok(await page.getByRole("listbox").isHidden());
  },
};

// Types and waits until the list is that of all that was typed, not of its beginning.
const type = async (page, text) => {
  await page.getByRole("combobox").pressSequentially(text);
  await page.locator(`#suggestions[data-for="${text}"]`).waitFor();
};

// Holds an answer back. When it is released, all that the page does about it has been done.
const hold = async (page, url) => {
  let release;
  let asked;
  const held = new Promise(resolve => { release = resolve; });
  const done = new Promise(resolve => { asked = resolve; });
  await page.route(url, async route => {
    await held;
    const response = await route.fetch();
    await route.fulfill({ response }).catch(() => {}); // aborted by the page, as it should be
    asked();
  });
  return {
    release: async () => {
      release();
      await done;
      // Later than any answer: a request of the page's own, and what is queued behind its answer.
      await page.evaluate(() => fetch("healthz").then(response => response.text()).then(() => new Promise(resolve => setTimeout(resolve))));
    },
  };
};

const texts = page => page.getByRole("option").evaluateAll(options => options.map(option => option.dataset.text));

(async () => {
  const browser = await chromium.launch({ executablePath, timeout: 180000, args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"] });
  try {
    for (const [name, scenario] of Object.entries(scenarios)) {
      const page = await browser.newPage();
      page.setDefaultTimeout(60000); // for a loaded machine; nothing waits that long otherwise
      const errors = [];
      page.on("pageerror", error => errors.push(error.message));
      try {
        await page.goto(url);
        await scenario(page);
        assert.deepEqual(errors, []);
        console.log(`${name}: ok`);
      } catch (error) {
        console.log(`${name}: ${error.stack}`);
      }
      await page.close();
    }
  } finally {
    await browser.close();
  }
})().catch(error => {
  console.error(error);
  process.exitCode = 1;
});
