// The app as a person uses it: by the words and names on the screen, never by its inner workings.

import assert from "node:assert/strict";

import { until } from "./waiting.mjs";

// A direct connection is made after both met at the hub, with offers and answers through it.
const MEETING_MS = 40_000;

export class App {
  constructor(device, page) {
    this.device = device;
    this.ownPage = page;
  }

  // The page changes when the browser is started again, so it is asked for each time.
  get page() {
    return this.ownPage ?? this.device.page;
  }

  heading(name) {
    return this.page.getByRole("heading", { level: 1, name, exact: true });
  }

  button(name, options = { exact: true }) {
    return this.page.getByRole("button", { name, ...options });
  }

  link(name, options = { exact: true }) {
    return this.page.getByRole("link", { name, ...options });
  }

  field(name) {
    return this.page.getByLabel(name, { exact: true });
  }

  // Where a post or an answer is written. Its label also holds a hidden copy of the text, which gives the field its height.
  get text() {
    return this.page.getByRole("textbox", { name: /^(?:What do you want to share\?|Your reply)$/ });
  }

  // The first start. The name is all that is asked for.
  async start(name, picture) {
    this.name = name;
    await this.field("Your name").fill(name);
    if (picture) await this.page.locator(".face-field input[type=file]").setInputFiles(picture);
    if (picture) await this.page.getByAltText("The picture you chose").waitFor();
    await this.button("Start").click();
    await this.heading("Home").waitFor();
  }

  // Waits until what was kept has been read.
  async opened() {
    await this.page.locator("nav[aria-label=Main]").waitFor();
  }

  // Goes to a place by its name in the bar: Home, People, Write, You.
  async tap(entry) {
    await this.page.locator("nav[aria-label=Main]").getByRole("link", { name: entry, exact: true }).click();
  }

  // Goes to a place by its address, without loading the page again.
  async go(hash) {
    await this.page.evaluate((there) => { location.hash = there; }, hash);
  }

  // Writes and sends a post. Returns when the app says that it is kept.
  async post(text, pictures = []) {
    await this.tap("Write");
    await this.compose(text, pictures);
    await this.sendPost();
  }

  async compose(text, pictures = []) {
    await this.heading("New post").waitFor();
    if (text !== undefined) await this.insert(text);
    for (const { file, alt } of pictures) {
      const before = await this.page.locator(".slot").count();
      await this.page.locator(".composer input[type=file][accept]").setInputFiles(file);
      await this.describe(before, alt);
    }
  }

  // Attaches a file, or a folder by its path, to what is being written, and waits until it can be posted.
  async attach(file, takes = "any") {
    await this.page.locator(`.composer input[data-takes=${takes}]`).setInputFiles(file);
    await this.page.locator("[data-attach]").getByText("Ready to be posted.").waitFor({ timeout: 120_000 });
  }

  // Puts a text into the field at once, as a paste does. (To let Chromium type thousands of lines takes minutes.)
  async insert(text) {
    await this.text.evaluate((field, value) => {
      field.focus();
      field.value = value;
      field.dispatchEvent(new InputEvent("input", { bubbles: true, inputType: "insertFromPaste" }));
    }, text);
  }

  // Waits for the picture with this number and describes it.
  async describe(number, alt) {
    const slot = this.page.locator(".slot").nth(number);
    await slot.waitFor();
    if (alt) await slot.getByLabel(/Describe it/).fill(alt);
  }

  async sendPost() {
    await this.button("Post").click();
    await this.page.getByText("Posted. It is on this device and on its way.").waitFor();
    await this.heading("Home").waitFor();
  }

  // The cards of posts with this text.
  cards(text) {
    return this.page.locator("main article[data-post]").filter({ hasText: text });
  }

  // Waits until a post is shown where the person is.
  async sees(text, patience) {
    await this.cards(text).first().waitFor({ timeout: patience });
    return this.cards(text).first();
  }

  async seesNot(text) {
    await until(`no post "${text}" is shown`, async () => (await this.cards(text).count()) === 0);
  }

  // What stands below one's own post about where it has got to.
  async delivery(text) {
    return (await this.cards(text).first().locator(".delivery").innerText()).trim();
  }

  async delivered(text, words, patience = MEETING_MS) {
    await until(`"${text}" says ${words}`, async () => words.test(await this.delivery(text)), patience);
  }

  async status() {
    return (await this.page.locator(".status-line").first().innerText()).trim();
  }

  async statusBecomes(words, patience = MEETING_MS) {
    await until(`the status line says ${words}`, async () => {
      const now = await this.status();
      if (words.test(now)) return true;
      throw new Error(`it says "${now}"`);
    }, patience);
  }

  // Opens People › Add and reads one of the ways in which my code is shown.
  async inviteLink() {
    return this.#invite("Link");
  }

  async inviteText() {
    return this.#invite("Short text");
  }

  async #invite(label) {
    await this.tap("People");
    await this.link("Add").click();
    await this.heading("Add a friend").waitFor();
    const field = this.field(label);
    await field.waitFor();
    return until("my code is there", async () => (await field.inputValue()) || undefined);
  }

  async addByText(text) {
    if (!(await this.heading("Add a friend").isVisible())) {
      await this.tap("People");
      await this.link("Add").click();
    }
    await this.field("Link or code you were sent").fill(text);
    await this.button("Use it").click();
  }

  // Shows the recovery words, answers for the three that are asked for, and has this device forget them. Gives the words.
  async writesDownWords() {
    await this.go("#/you/backup");
    await this.button("Show my words").click();
    await this.page.locator(".words-grid li").first().waitFor();
    const words = await this.page.locator(".words-grid li").allInnerTexts();
    await this.button("I have written them down").click();
    for (const field of await this.page.getByLabel(/^Word \d+$/).all()) {
      const number = Number((await field.locator("xpath=..").innerText()).match(/\d+/)[0]);
      await field.fill(words[number - 1]);
    }
    await this.button("Confirm").click();
    await this.page.getByText("Your words are kept by you").waitFor();
    return words;
  }

  // In a browser that knows nothing: enters the words of an account.
  async entersWords(text) {
    await this.button("I already have an account").click();
    await this.pastesWords(text);
    await this.button("Find my account").click();
  }

  // In a browser that knows nothing: makes it one more device of the account of these words.
  async joinsByWords(words) {
    await this.entersWords(words.join(" "));
    await this.heading("Is this you?").waitFor();
    await this.page.getByText(/^(\d+) of \1 posts and changes are here; no picture or file is missing\.$/).waitFor({ timeout: MEETING_MS });
    await this.button("Yes, this is my account").click();
    await this.heading("Welcome back").waitFor();
    await this.button("Open Effigy").click();
    await this.opened();
  }

  // Answers the question of a dialog.
  async answers(name) {
    await this.page.getByRole("dialog").getByRole("button", { name, exact: true }).click();
  }

  // A picture for whoever looks at the screens: EFFIGY_SHOTS says in which folder.
  // Messages that come and go are not what a picture is about.
  async dismissAll() {
    for (let left = await this.button("Dismiss").count(); left > 0; left -= 1) {
      // Some go by themselves.
      await this.button("Dismiss").first().click({ timeout: 2_000 }).catch(() => undefined);
    }
  }

  async shot(name) {
    if (process.env.EFFIGY_SHOTS) await this.page.screenshot({ path: `${process.env.EFFIGY_SHOTS}/${name}.png`, fullPage: true });
  }

  // Puts a text into the first field for words, as a paste does.
  async pastesWords(text) {
    await this.field("Word 1").evaluate((field, value) => {
      field.focus();
      const clipboardData = new DataTransfer();
      clipboardData.setData("text", value);
      field.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
    }, text);
  }

  // Opens somebody's page from the list of people.
  async openPerson(name, group = "Following") {
    await this.tap("People");
    await this.page.getByRole("group", { name: "Which people" }).getByRole("button", { name: group }).click();
    await this.page.locator(".rows").getByRole("link", { name: new RegExp(name) }).click();
    await this.heading(name).waitFor();
  }

  // How many people are in each group of People.
  async groups() {
    await this.tap("People");
    await this.heading("People").waitFor();
    const tabs = await this.page.getByRole("group", { name: "Which people" }).getByRole("button").allInnerTexts();
    return Object.fromEntries(tabs.map((text) => [text.match(/^\w+/)[0], Number(text.match(/\d+/)[0])]));
  }

  async befriended(name) {
    await until(`${name} is a friend`, async () => (await this.groups()).Friends > 0, MEETING_MS);
    await this.page.locator(".rows").getByRole("link", { name: new RegExp(name) }).waitFor();
  }

  // What the Network screen tells, as data.
  async network() {
    await this.go("#/you/network");
    await this.heading("Network").waitFor();
    return this.page.evaluate(() => {
      const rows = (title) => [...document.querySelectorAll(`section[aria-labelledby=${title}] .rows > li`)];
      const text = (element, selector) => element.querySelector(selector)?.textContent.trim() ?? "";
      return {
        hubs: rows("hubs-title").map((row) => ({ origin: text(row, ".row-title"), state: text(row, ".row-note") })),
        peers: rows("peers-title").map((row) => ({
          name: text(row, ".row-title bdi"), path: text(row, ".badge"), traffic: text(row, ".row-note"),
        })),
        ledger: rows("ledger-title").map((row) => ({ name: text(row, ".row-title"), words: text(row, ".row-note") })),
        feeds: rows("feeds-title").map((row) => ({
          who: text(row, ".row-title"),
          words: text(row, ".row-note"),
          held: Number(text(row, ".row-note").match(/^(\d+) of (\d+)/)?.[1]),
          known: Number(text(row, ".row-note").match(/^(\d+) of (\d+)/)?.[2]),
          isForked: row.querySelector(".badge-trouble") !== null,
        })),
      };
    });
  }

  // Waits until somebody is connected by this way: "Direct", "via hub", "via relay".
  async connected(name, path = "Direct") {
    await until(`${name} is connected ${path}`, async () => {
      const { peers } = await this.network();
      if (peers.some((peer) => peer.name === name && peer.path === path)) return true;
      throw new Error(`connected are ${JSON.stringify(peers)}`);
    }, MEETING_MS);
  }

  // Every feed here is whole and has one continuation only. What the screen says of it is up to a second old.
  async isWhole() {
    return until("every feed is whole", async () => {
      const { feeds } = await this.network();
      assert.ok(feeds.length > 0, "there are feeds");
      for (const feed of feeds) {
        assert.equal(feed.isForked, false, `${feed.who} has two versions`);
        assert.equal(feed.held, feed.known, `${feed.who}: ${feed.words}`);
      }
      return feeds;
    });
  }
}
