// Usage: node scenarios.cjs URL CHROMIUM PLAYWRIGHT-CORE. Prints "SCENARIO: ok", or what is not as expected, for each.
"use strict";
const assert = require("node:assert/strict");
const [url, executablePath, playwright] = process.argv.slice(2);
const { chromium } = require(playwright);

const scenarios = {
  "typing-shows-completions": async page => {
    const input = page.getByRole("combobox", { name: "Search words" });
    assert.equal(await input.getAttribute("aria-expanded"), "false");
    await input.pressSequentially("the");
    await page.getByRole("option").nth(7).waitFor();
    assert.equal(await input.getAttribute("aria-expanded"), "true");
    assert.deepEqual((await texts(page)).slice(0, 3), ["the", "they", "their"]);
    assert.equal(await page.locator("#count").textContent(), "8 suggestions.");
    assert.ok(await page.getByRole("listbox", { name: "Suggestions" }).isVisible());
    await input.fill("");
    await page.getByRole("listbox").waitFor({ state: "hidden" });
  },

  "arrows-and-enter-choose": async page => {
    const input = page.getByRole("combobox");
    await input.pressSequentially("progra");
    await page.getByRole("option", { name: "program", exact: true }).waitFor();
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
    await input.pressSequentially("hou");
    await page.getByRole("option").first().waitFor();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Escape");
    assert.equal(await input.inputValue(), "hou");
    assert.ok(await page.getByRole("listbox").isHidden());
    assert.equal(await input.getAttribute("aria-expanded"), "false");
  },

  "a-click-chooses": async page => {
    await page.getByRole("combobox").pressSequentially("hou");
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
    await input.pressSequentially("zyzzyva express");
    await page.keyboard.press("Enter");
    await page.getByText("You searched for zyzzyva express.").waitFor();
    await input.fill("");
    await input.pressSequentially("zyzzyva e");
    await page.getByRole("option", { name: "zyzzyva express", exact: true }).waitFor();
    await input.fill("");
    await input.pressSequentially("expres"); // at the start of a word, too
    await page.getByRole("option").first().waitFor();
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
    let release;
    const held = new Promise(resolve => { release = resolve; });
    await page.route(/suggest\?q=q$/, async route => {
      await held;
      await route.continue().catch(() => {}); // aborted by the page, as it should be
    });
    await page.getByRole("combobox").pressSequentially("qu");
    await page.getByRole("option").first().waitFor();
    const before = await texts(page);
    release();
    await page.waitForTimeout(200);
    assert.deepEqual(await texts(page), before);
    assert.ok(before.every(text => text.startsWith("qu")));
  },
};

const texts = page => page.getByRole("option").evaluateAll(options => options.map(option => option.dataset.text));

(async () => {
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"] });
  try {
    for (const [name, scenario] of Object.entries(scenarios)) {
      const page = await browser.newPage();
      page.setDefaultTimeout(10000);
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
