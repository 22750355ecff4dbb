import { expect, test } from "vitest";
import type { BoardAccount } from "../../server/dashboard/add-board/commands.js";
import { FlashAccounts } from "../../server/dashboard/add-board/flash/accounts.js";

/** Creates the accounts of a page with a server that refuses names that exist. */
function openPage() {
  const server = new Set<string>();
  const page = { name: "porch", shown: undefined as BoardAccount | undefined };
  const accounts = new FlashAccounts({
    name: () => page.name,
    shown: () => page.shown,
    create: async (name) => {
      await Promise.resolve();
      if (server.has(name)) throw new Error(`The user ${name} exists already.`);
      server.add(name);
      return { name, password: `the password of ${name}` };
    },
    delete: async (name) => {
      await Promise.resolve();
      server.delete(name);
    },
  });
  return { server, page, accounts };
}

test("an account that no board has received is deleted, also while the server is still creating it", async () => {
  const { server, accounts } = openPage();
  const creation = accounts.obtain();
  await accounts.release();
  await creation;
  expect([...server]).toEqual([]);
});

test("an account that a board may have received is kept, and used by the next attempt", async () => {
  const { server, accounts } = openPage();
  const account = await accounts.obtain();
  accounts.keep();
  await accounts.release();
  expect([...server]).toEqual(["porch"]);
  expect(await accounts.obtain()).toBe(account);
});

test("another name for the board replaces the account, and a further board does not get the account", async () => {
  const { server, page, accounts } = openPage();
  await accounts.obtain();
  accounts.keep();
  page.name = "attic";
  expect((await accounts.obtain())?.name).toBe("attic");
  expect([...server]).toEqual(["attic"]);
  accounts.complete();
  await expect(accounts.obtain()).rejects.toThrow("exists already");
  await accounts.release();
  expect([...server]).toEqual(["attic"]);
});

test("an account whose password the page shows is used and never deleted", async () => {
  const { server, page, accounts } = openPage();
  page.shown = { name: "porch", password: "shown" };
  expect(await accounts.obtain()).toBe(page.shown);
  await accounts.release();
  expect([...server]).toEqual([]);
  page.shown = undefined;
  await accounts.obtain();
  expect([...server]).toEqual(["porch"]);
});
